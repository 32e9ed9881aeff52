"""Two runs at once in one results folder, and what a killed run leaves behind."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from triptych.runtime.lock import LOCK_VARIABLE, ResultsInUse, hold, remove_partials

NO_LOCKS = """
import errno, fcntl

def refuse(*words):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = refuse
"""
"""Put before other code: a file system without locks."""

HOLD = (
    "import sys; from pathlib import Path; from triptych.runtime.lock import hold; "
    "hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
)
JOB = (
    "import sys; from triptych.runtime.lock import end_with_run; "
    "end_with_run(); print('working', flush=True); sys.stdin.read()"
)


def start(code, *words, **environment):
    """Start a process, and return it when it has said its word."""
    started = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    started.stdout.readline()
    return started


@pytest.fixture
def keep_environment(monkeypatch):
    monkeypatch.setenv(LOCK_VARIABLE, "")


@pytest.fixture(params=["", NO_LOCKS], ids=["locks", "no locks"])
def file_system(request, monkeypatch):
    """Return code that a process starts with; this one sees the same kind of file system."""
    if request.param:
        monkeypatch.setattr(fcntl, "flock", fcntl.flock)  # put back after the test
        exec(request.param, {})
    return request.param


@pytest.fixture
def other_run(tmp_path, file_system):
    run = start(file_system + HOLD, str(tmp_path / "results"))
    yield run
    run.kill()
    run.communicate()


def test_a_second_run_is_refused_by_name_and_process(tmp_path, other_run, keep_environment):
    with pytest.raises(ResultsInUse, match=rf"results is in use.*process {other_run.pid}"):
        hold(tmp_path / "results")
    os.close(hold(tmp_path / "elsewhere"))


def test_a_killed_run_holds_nothing(tmp_path, other_run, keep_environment):
    other_run.kill()
    other_run.wait()
    lock = tmp_path / "results/.lock"
    lock.write_text("9" * 20)  # longer than the number of any process
    os.close(hold(tmp_path / "results"))
    assert lock.read_text() == str(os.getpid())


def test_a_job_ends_with_its_run(tmp_path, other_run, file_system):
    job = start(file_system + JOB, **{LOCK_VARIABLE: str(tmp_path / "results/.lock")})
    assert job.poll() is None
    other_run.kill()
    assert job.wait(timeout=60) == -signal.SIGKILL
    job.communicate()


def test_without_locks_a_run_says_what_keeps_others_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv(LOCK_VARIABLE, "")
    monkeypatch.setattr(fcntl, "flock", fcntl.flock)
    exec(NO_LOCKS, {})
    os.close(hold(tmp_path / "results"))
    said = capsys.readouterr().err
    assert "knows no locks (No locks available): .lock.run keeps other runs out" in said
    assert (tmp_path / "results/.lock.run").exists()


def test_another_error_of_the_lock_is_not_passed_over(tmp_path, monkeypatch):
    def broken(*words):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", broken)
    with pytest.raises(OSError, match="Input/output error"):
        hold(tmp_path / "results")


def test_a_job_of_no_run_goes_on(tmp_path):
    job = start(JOB, **{LOCK_VARIABLE: ""})
    job.communicate()
    assert job.returncode == 0


def test_what_was_half_written_is_removed_and_nothing_else(tmp_path, keep_environment):
    results = tmp_path / "results"
    half = [".a.zarr.partial-12.zarr/x/0.0", "cycles/.w.safetensors.partial-3.safetensors",
            "cycles/jobs/.a.json.partial-7.json"]  # fmt: skip
    whole = ["a.zarr/.zattrs", "a.zarr/x/0.0", "notes.partial-1.txt", "cycles/.hidden"]
    for name in (*half, *whole):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("1")
    elsewhere = tmp_path / "precious"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("1")
    (results / ".link.partial-5").symlink_to(elsewhere)
    remove_partials(results)
    left = {str(p.relative_to(results)) for p in results.rglob("*") if p.is_file()}
    assert left == set(whole)
    assert not (results / ".link.partial-5").is_symlink()
    assert (elsewhere / "file").exists()


def test_two_live_runs_of_the_workflow(toy):
    """The second is refused, a dry run is not; the first ends well."""
    toy.edit(
        "scripts/make.py",
        "def main(inputs, outputs, params, log):",
        "def main(inputs, outputs, params, log):\n"
        "    import pathlib, time\n"
        "    while not pathlib.Path('go').exists():\n"
        "        time.sleep(0.05)",
    )
    first = toy.started()
    lock = toy.folder / "results/laptop/.lock"
    while not (lock.exists() and lock.read_text()):
        assert first.poll() is None
        time.sleep(0.05)
    second = toy.snakemake(check=False)
    assert second.returncode != 0
    assert f"results/laptop is in use: another run, process {first.pid}" in second.stderr
    assert toy.planned()
    (toy.folder / "go").touch()
    first.communicate()
    assert first.returncode == 0
    assert toy.planned() == {}


def test_two_runs_at_once_with_folders_of_their_own_share_the_rest(toy):
    """They share `.snakemake`: what Snakemake notes there is told apart by the outputs' paths."""
    toy.edit("Snakefile", '"make.txt"', 'f"{RESULTS}/make.txt"')
    for name in ("double", "draw", "tell"):
        toy.edit("Snakefile", f'"{name}.txt"', f'f"{{RESULTS}}/{name}.txt"')
    folders = ("one", "two")
    runs = [toy.started("--config", f"results={folder}") for folder in folders]
    for run in runs:
        _, errors = run.communicate()
        assert run.returncode == 0, errors
    for folder in folders:
        assert (toy.folder / folder / "laptop/draw.txt").read_text() == "2red"
    assert toy.planned("--config", "results=one") == {}
    changed = "toy={colour: blue}"
    assert toy.planned("--config", "results=one", changed) == {"all": 1, "draw": 1}
    toy.snakemake("--config", "results=one", changed)
    # Neither of the runs in the other folder has touched it.
    assert toy.planned("--config", "results=two") == {}


def test_the_lock_of_a_dead_run_stops_nothing(toy):
    """Neither ours nor the one that Snakemake leaves where its own is not switched off."""
    locks = toy.folder / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("make.txt\ndouble.txt\ndraw.txt\ntell.txt\n")
    lock = toy.folder / "results/laptop/.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(str(2**22 + 1))
    toy.snakemake()
    assert (toy.folder / "draw.txt").read_text() == "2red"
