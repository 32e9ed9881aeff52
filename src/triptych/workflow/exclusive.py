"""One run at a time in a results folder, and no job that outlives its run.

The run holds a lock that the system lets go of when the process ends, however it ends: a killed run
never stops the next one. Its jobs wait for that same lock, and end themselves when they get it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

from triptych.workflow.store import PARTIAL, remove

LOCK_VARIABLE = "TRIPTYCH_RUN_LOCK"
"""Tells the jobs of a run the file of its lock."""

PATIENCE_S = 2.0
"""How long a run waits for what is left of a killed one."""


class ResultsInUse(OSError):
    """Another run that is alive works in the results folder."""


def hold(results: Path) -> int:
    """Make this process the only run in a results folder until it ends, and tidy the folder.

    What killed jobs had half written is removed.

    Returns
    -------
    int
        The descriptor of the lock.

    Raises
    ------
    ResultsInUse
        If another run holds it; says which process.
    OSError
        If the folder cannot be written; names it.
    """
    results.mkdir(parents=True, exist_ok=True)
    lock = results.resolve() / ".lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    if not _taken(descriptor):
        holder = os.read(descriptor, 32).decode().strip()
        raise ResultsInUse(
            f"{results} is in use: another run, process {holder}, works there; wait for its end, "
            "or give another folder with --config results=FOLDER"
        )
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
    except OSError as error:  # a full disk does not say where it is
        raise OSError(error.errno, error.strerror, str(lock)) from error
    os.environ[LOCK_VARIABLE] = str(lock)
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


def _taken(descriptor: int) -> bool:
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


def _wait_and_end(lock: str) -> None:
    with open(lock) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        os._exit(1)
