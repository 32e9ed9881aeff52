"""One run at a time in a results folder, and no job that outlives its run.

The run holds a lock that the system lets go of when the process ends, however it ends: a killed run
never stops the next one. Its jobs wait for that same lock, and end themselves when they get it.

Some network file systems have no such locks. There a file stands for the run: the next one on the
same machine takes it away if the run it names is dead, and jobs look now and then whether it lives.
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import os
import signal
import sys
import threading
import time
from pathlib import Path

from triptych.runtime.store import PARTIAL, remove

LOCK, MARKER = ".lock", ".lock.run"
"""Files in a results folder: the lock, and what stands for a run where there are no locks."""

LOCK_VARIABLE = "TRIPTYCH_RUN_LOCK"
"""Tells the jobs of a run the file of its lock."""

PATIENCE_S = 2.0
"""How long a run waits for what is left of a killed one."""

LOOK_EVERY_S = 1.0
"""How often a job looks whether its run lives, where it cannot wait for a lock."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What a file system answers that knows no locks."""


class ResultsInUse(OSError):
    """Another run that is alive works in the results folder."""


def hold(results: Path) -> int:
    """Make this process the only run in a results folder until it ends, and tidy the folder.

    What killed jobs had half written is removed. Returns the descriptor of the lock.

    Raises
    ------
    ResultsInUse
        If another run holds it; says which process.
    OSError
        If the folder cannot be written; names it.
    """
    results.mkdir(parents=True, exist_ok=True)
    path = results.resolve() / LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        free = _locked(descriptor)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        free = _marked(path.with_name(MARKER), error)
    if not free:
        holder = os.read(descriptor, 32).decode().strip() or "of unknown number"
        raise ResultsInUse(
            f"{results} is in use: another run, process {holder}, works there; wait for its end, "
            "or give another folder with --config results=FOLDER"
        )
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
    except OSError as error:  # a full disk does not say where it is
        raise OSError(error.errno, error.strerror, str(path)) from error
    os.environ[LOCK_VARIABLE] = str(path)
    remove_partials(results)
    return descriptor


def end_with_run() -> None:
    """End this process, a job, as soon as the run that started it has ended without it.

    Does nothing where the job was not started by a run on this machine.
    """
    lock = os.environ.get(LOCK_VARIABLE)
    if lock:
        threading.Thread(target=_wait_and_end, args=(lock,), daemon=True).start()


def remove_partials(results: Path) -> None:
    """Remove what jobs that were killed had half written, everywhere below a folder."""
    for folder, names, files in os.walk(results):
        for name in (*names, *files):
            if name.startswith(".") and PARTIAL in name:
                remove(Path(folder, name))
        names[:] = [name for name in names if not name.endswith(".zarr")]


def _locked(descriptor: int) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        else:
            return True


def _marked(marker: Path, reason: OSError) -> bool:
    """Say that there are no locks, and let a file keep other runs out until this process ends."""
    from filelock import SoftFileLock, Timeout  # takes long to load, and is seldom needed

    print(
        f"the file system of {marker.parent} knows no locks ({reason.strerror}): {marker.name} "
        "keeps other runs out; if a run dies on another machine, remove that file",
        file=sys.stderr,
    )
    lock = SoftFileLock(marker)
    try:
        lock.acquire(timeout=PATIENCE_S)
    except Timeout:
        return False
    atexit.register(lock.release)
    return True


def _wait_and_end(lock: str) -> None:
    with open(lock) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
        except OSError:  # no locks here
            run = int(file.read())
            while _lives(run):
                time.sleep(LOOK_EVERY_S)
        # From a thread, and in the midst of whatever the job does: nothing of it may go on.
        signal.raise_signal(signal.SIGKILL)


def _lives(process: int) -> bool:
    import psutil

    try:
        return bool(psutil.Process(process).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
