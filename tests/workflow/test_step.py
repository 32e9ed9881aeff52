import json
import logging
import runpy
import subprocess
import sys
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest
import torch

from triptych.runtime.progress import LoopMonitor
from triptych.runtime.step import Job, execute, from_command_line, from_snakemake, read_job
from triptych.runtime.store import write_weights
from triptych.runtime.tracking import code_digest

SCRIPT = '''"""Add a number to what a file holds.

Inputs: ``number``. Outputs: ``sum``. Params: ``add``.
"""
from triptych.runtime.step import run_step


def main(inputs, outputs, params, log):
    log.info("adding %s", params.add)
    total = int(inputs.number.read_text()) + params.add["by"]
    if total < 0:
        raise ValueError(f"the sum {total} is negative")
    outputs.sum.write_text(str(total))


if __name__ == "__main__":
    run_step(main)
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "scripts" / "toy" / "add.py"
    path.parent.mkdir(parents=True)
    path.write_text(SCRIPT)
    (tmp_path / "number.txt").write_text("40")
    return path


def call(script, *words):
    command = [sys.executable, str(script), *words]
    return subprocess.run(command, cwd=script.parents[2], capture_output=True, text=True)


def test_command_line_then_replay_of_the_record(script, tmp_path):
    done = call(
        script, "--input", "number=number.txt", "--output", "sum=out/sum.txt", "--param", "add.by=2"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/sum.txt").read_text() == "42"
    record = tmp_path / "out/jobs/sum.txt.json"
    assert json.loads(record.read_text())["script"] == "scripts/toy/add.py"
    assert str(tmp_path) not in record.read_text()

    (tmp_path / "out/sum.txt").unlink()
    assert call(script, "--job", str(record)).returncode == 0
    assert (tmp_path / "out/sum.txt").read_text() == "42"
    again = call(script, "--job", str(record), "--output", "sum=other.txt", "--param", "add.by=3")
    assert again.returncode == 0
    assert (tmp_path / "other.txt").read_text() == "43"


def test_a_replay_renews_the_record_that_it_is_of(tmp_path):
    """Also where the first output is not the first by name, as a training's history is not."""
    outputs = {name: str(tmp_path / f"{name}.txt") for name in ("weights", "history")}

    def write_both(inputs, outputs, params, log):
        for path in vars(outputs).values():
            path.write_text("done")

    record = execute_and_find(write_both, Job("scripts/toy/train.py", {}, outputs), tmp_path)
    then = record.stat().st_mtime_ns
    assert execute_and_find(write_both, read_job(record), tmp_path) == record
    assert record.name == "weights.txt.json"
    assert record.stat().st_mtime_ns > then


def execute_and_find(main, job, folder):
    """Run a job and return its record, the only one in the folder."""
    execute(main, job)
    (record,) = folder.glob("jobs/*.json")
    return record


def test_a_damaged_input_ends_in_its_name_and_the_command_that_rebuilds_it(script, tmp_path):
    words = ("--input", "number=number.txt", "--output", "sum=sum.txt", "--param", "add.by=2")
    assert call(script, *words).returncode == 0
    (tmp_path / "sum.txt").write_text("41")
    done = call(script, "--input", "number=sum.txt", "--output", "sum=next.txt")
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "DamagedResult: sum.txt is damaged" in last
    assert "rebuild it with: snakemake --cores 1 --force sum.txt" in last
    assert not (tmp_path / "next.txt").exists()


def test_help_tells_what_the_step_does(script):
    assert "Add a number to what a file holds." in call(script, "--help").stdout


def test_a_replay_leaves_the_log_of_its_job_alone(script, tmp_path):
    words = ("--input", "number=number.txt", "--output", "sum=sum.txt", "--param", "add.by=2")
    first = call(script, *words, "--log", "log.txt")
    log = (tmp_path / "log.txt").read_text()
    assert "adding {'by': 2}" in log
    assert first.stderr == log, "the terminal shows it too"

    more = ("--output", "sum=other.txt", "--param", "add.by=3")
    again = call(script, "--job", "jobs/sum.txt.json", *more)
    assert "adding {'by': 3}" in again.stderr
    assert (tmp_path / "log.txt").read_text() == log
    assert json.loads((tmp_path / "jobs/other.txt.json").read_text())["log"] is None


def test_code_and_log_are_those_of_the_replay(project, tmp_path):
    path, record = project / "scripts/cycles/walk.py", tmp_path / "walk.zarr.json"
    then = {"script": "scripts/cycles/walk.py", "outputs": {"walk": "walk.zarr"}}
    then["params"] = {"seed": 0}
    record.write_text(json.dumps({**then, "code": "that of then", "log": "logs/walk.log"}))
    module = type("Script", (), {"__doc__": "", "__file__": str(path)})
    job = from_command_line(module, ["--job", str(record)])
    assert (job.code, job.log) == (code_digest(path, project / "src"), None)
    elsewhere = ["--output", "walk=other.zarr", "--log", "mine.log"]
    words = ["--job", str(record), "--param", "seed=1", *elsewhere]
    changed = from_command_line(module, words)
    assert (changed.code, changed.log) == (job.code, "mine.log")


def test_errors_end_in_one_line_after_the_log_with_the_traceback(script, tmp_path):
    done = call(
        script, "--input", "number=number.txt", "--output", "sum=s.txt",
        "--param", 'add={"by": -50}', "--log", "log.txt",
    )  # fmt: skip
    assert done.returncode == 1
    log = (tmp_path / "log.txt").read_text()
    assert done.stderr == f"{log}scripts/toy/add.py: ValueError: the sum -10 is negative\n"
    assert "Traceback" in log
    assert not (tmp_path / "s.txt").exists()


def test_a_missing_input_is_named(script):
    done = call(script, "--input", "number=nowhere.txt", "--output", "sum=s.txt")
    assert done.returncode == 1
    assert "nowhere.txt" in done.stderr


JOB = {
    "script": "scripts/toy/add.py",
    "inputs": {"number": "number.txt"},
    "outputs": {"sum": "sum.txt", "log": "log.txt"},
    "params": {"seed": 1, "by": {"y": 2}},
}


ELSEWHERE = ("--output", "sum=a", "--output", "log=b")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "no output"),
        (["--output", "x"], "NAME=VALUE"),
        (["--output", "x=1", "--param", "=3"], "NAME=VALUE"),
        (["--output", "x=1", "--param", "a=1", "--param", "a.b=1"], "--param a.b: 'a' holds 1"),
        (["--job", "nowhere.json"], "nowhere.json cannot be read"),
        (["--job", "number.txt"], "number.txt cannot be read: it holds no mapping"),
        (["--job", "other.json"], "other.json is no record of a job"),
        (
            ["--job", "job.json", "--param", "sed=2", *ELSEWHERE],
            "--param sed: the job has no 'sed' but seed, by",
        ),
        (
            ["--job", "job.json", "--param", "by.x=2", *ELSEWHERE],
            "--param by.x: the job has no 'x' but y",
        ),
        (["--job", "job.json", "--param", "seed=2"], "give --output for sum, log as well"),
        (["--job", "job.json", "--input", "nr=n"], "--input nr: the job has number"),
        (["--job", "job.json", "--output", "o=x"], "--output o: the job has sum, log"),
        (["--job", "job.json", "--output", "sum=x"], "--output sum: the job writes log as well"),
    ],
)
def test_bad_command_lines_say_why(script, tmp_path, monkeypatch, capsys, words, message):
    (tmp_path / "other.json").write_text('{"cells": []}')
    (tmp_path / "job.json").write_text(json.dumps(JOB))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script), *words])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(script), run_name="__main__")
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_parameters_reach_inside(script):
    module = type("Script", (), {"__doc__": "", "__file__": str(script)})
    job = from_command_line(
        module, ["--output", "o=x", "--param", "a.b=1", "--param", "a.c=[1,2]", "--param", "d=text"]
    )
    assert job.params == {"a": {"b": 1, "c": [1, 2]}, "d": "text"}


def test_a_name_stands_for_a_list_where_it_comes_twice_or_did_in_the_record(script, tmp_path):
    module = type("Script", (), {"__doc__": "", "__file__": str(script)})
    job = from_command_line(
        module, ["--output", "o=x", "--input", "one=a", "--input", "many=b", "--input", "many=c"]
    )
    assert job.inputs == {"one": "a", "many": ["b", "c"]}
    record = tmp_path / "job.json"
    record.write_text(json.dumps(asdict(job)))
    words = ["--job", str(record), "--input", "many=d", "--output", "o=y"]
    again = from_command_line(module, words)
    assert again.inputs == {"one": "a", "many": ["d"]}


class Unnamed(list):
    """Files of which the first has a name, as Snakemake hands them."""

    def items(self):
        return [("data", self[0])]


def test_a_file_of_a_rule_without_a_name_is_refused():
    rule = SimpleNamespace(input=Unnamed(["a.zarr", "b.zarr"]))
    with pytest.raises(ValueError, match=r"needs a name: b\.zarr$"):
        from_snakemake(rule, "scripts/toy/add.py")


def count_to(total):
    """Return a step that counts, fails at 5 the first time, and keeps its state all the while."""

    def main(inputs, outputs, params, log):
        monitor = log.monitor("count")
        state = monitor.load_checkpoint()
        at = int(state["at"]) if state else 0
        seen.append(at)
        while at < total:
            at += 1
            monitor.report(at, total, value=float(at))
            monitor.save_checkpoint(lambda at=at: {"at": torch.tensor(at)})
            if at == 5 and len(seen) == 1:
                raise KeyboardInterrupt
        outputs.count.write_text(str(at))

    seen: list[int] = []
    return main, seen


@pytest.fixture
def saved_at_once(monkeypatch):
    monkeypatch.setattr("triptych.runtime.progress.SAVE_EVERY_S", 0.0)


@pytest.mark.usefixtures("saved_at_once")
def test_a_killed_loop_resumes_and_cleans_up(tmp_path):
    main, seen = count_to(9)
    job = Job("scripts/toy/count.py", {}, {"count": str(tmp_path / "count.txt")}, {"n": 1})
    with pytest.raises(KeyboardInterrupt):
        execute(main, job)
    assert len(list(job.checkpoint_dir.glob("*.safetensors"))) == 1
    execute(main, job)
    assert seen == [0, 5]
    assert (tmp_path / "count.txt").read_text() == "9"
    assert not job.checkpoint_dir.exists()


@pytest.mark.usefixtures("saved_at_once")
@pytest.mark.parametrize("changed", ["script", "params", "input", "code"])
def test_another_job_never_resumes_from_it(tmp_path, changed):
    main, seen = count_to(9)
    given = tmp_path / "given.txt"
    given.write_text("1")
    inputs, outputs = {"given": str(given)}, {"count": str(tmp_path / "count.txt")}
    job = Job("scripts/toy/count.py", inputs, outputs, {"n": 1}, code="a")
    with pytest.raises(KeyboardInterrupt):
        execute(main, job)
    given.write_text("2" if changed == "input" else "1")
    others = {"script": "scripts/toy/other.py", "params": {"n": 2}, "code": "b"}
    execute(main, replace(job, **({changed: others[changed]} if changed in others else {})))
    assert seen == [0, 0]


def test_a_damaged_checkpoint_is_not_used(tmp_path, caplog):
    kept = tmp_path / "k.safetensors"
    write_weights({"at": torch.tensor(3)}, kept)
    kept.write_bytes(kept.read_bytes()[:-2])
    with caplog.at_level(logging.WARNING):
        assert LoopMonitor("loop", logging.getLogger("test"), kept).load_checkpoint() is None
    assert "starting afresh" in caplog.text


def test_log_line_tells_rate_and_time_left(caplog, tmp_path, monkeypatch):
    clock = iter([0.0, 0.0, 10.0, 20.0])
    monkeypatch.setattr("triptych.runtime.progress.time.monotonic", lambda: next(clock))
    monitor = LoopMonitor("train", logging.getLogger("test"), tmp_path / "k")
    with caplog.at_level(logging.INFO):
        for iteration in (1, 101, 201):
            monitor.report(iteration, 401, loss=0.5)
    assert caplog.messages == [
        "train: 101/401, loss 0.5, 10.1 it/s, 30 s left",
        "train: 201/401, loss 0.5, 10.1 it/s, 20 s left",
    ]


def test_the_rate_of_a_training_that_went_back_counts_from_there(caplog, tmp_path, monkeypatch):
    clock = iter([0.0, 0.0, 20.0, 40.0])
    monkeypatch.setattr("triptych.runtime.progress.time.monotonic", lambda: next(clock))
    monitor = LoopMonitor("train", logging.getLogger("test"), tmp_path / "k")
    with caplog.at_level(logging.INFO):
        for iteration in (101, 51, 71):  # resumed at 100, then back to 50
            monitor.report(iteration, 111)
    assert caplog.messages[-1] == "train: 71/111, 1.05 it/s, 38 s left"


FROM_SNAKEMAKE = '''
import gc
from types import SimpleNamespace

from triptych.runtime.step import run_step


class Files(dict):
    """Named files, as Snakemake hands them."""


snakemake = SimpleNamespace(
    input=Files(),
    output=Files(sum="sum.txt"),
    params=SimpleNamespace(settings={}, code=""),
    threads=1,
    log=[],
)


def main(inputs, outputs, params, log):
    outputs.sum.write_text("42")


run_step(main)
print(gc.get_freeze_count() > 10_000)
'''


def test_what_a_job_holds_is_not_searched_at_its_end(tmp_path):
    path = tmp_path / "scripts" / "toy" / "end.py"
    path.parent.mkdir(parents=True)
    path.write_text(FROM_SNAKEMAKE)
    done = call(path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")
    assert (tmp_path / "sum.txt").read_text() == "42"


FREED = """
import os
from pathlib import Path

from triptych.runtime.memory import keep_freed_memory, return_freed_memory


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20  # MiB


keep_freed_memory()
start = resident()
pieces = [bytearray(b"x" * 100_000) for _ in range(1000)]
last = pieces[-1]
del pieces
print(resident() - start > 80)
return_freed_memory()
print(resident() - start < 20, len(last))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what a process holds")
def test_freed_memory_is_kept_until_it_is_returned():
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\nTrue 100000\n", "")


def test_no_script_hides_a_module_of_the_standard_library(project):
    """Python looks beside a script first: its ``select.py`` would be everybody's ``select``."""
    names = {path.stem for path in (project / "scripts").glob("*/*.py")}
    assert len(names) > 20
    assert not names & sys.stdlib_module_names
