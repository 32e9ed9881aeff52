"""What a run shows: the logger's lines for records of Snakemake, and a real run's output."""

from __future__ import annotations

import logging
import os
import time

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase
from snakemake_interface_logger_plugins.tests import MockOutputSettings
from snakemake_interface_logger_plugins.tests import TestLogHandlerBase as InterfaceTests

import snakemake_logger_plugin_triptych as plugin
from snakemake_logger_plugin_triptych.jobs import Run, duration

TITLE = "cycles: train the free population with 4 latent states"


class TestInterface(InterfaceTests):
    """What Snakemake's interface asks of every logger."""

    __test__ = True

    def get_log_handler_cls(self):
        return plugin.LogHandler

    def get_log_handler_settings(self):
        return LogHandlerSettingsBase()


def record(event, created=1000.0, level=logging.INFO, **values):
    made = logging.makeLogRecord({"msg": "", "levelno": level, "event": event, **values})
    made.created = created
    return made


def started(number=1, created=1000.0, **values):
    known = {
        "jobid": number,
        "rule_name": "cycles_train",
        "rule_msg": TITLE,
        "wildcards": {},
        "log": [],
        "benchmark": None,
        "output": ["weights.safetensors"],
    }
    return record(LogEvent.JOB_INFO, created, **{**known, **values})


def begun(total=10, created=1000.0):
    stats = {"cycles_train": total, "total": total}
    return record(LogEvent.RUN_INFO, created, stats=stats)


@pytest.fixture
def show(capsys):
    """Return a function that hands records to a logger and returns the lines that it prints."""
    made = []

    def shown(*records, **settings):
        known = MockOutputSettings()
        for name, value in settings.items():
            setattr(known, name, value)
        made.append(plugin.LogHandler(known, None))
        for one in records:
            made[-1].handle(one)
        output = capsys.readouterr()
        return (output.out if known.stdout else output.err).splitlines()

    yield shown
    for handler in made:
        handler.close()


def test_a_finished_job_is_one_line(show):
    lines = show(
        begun(),
        started(),
        record(LogEvent.JOB_STARTED, jobs=[1]),
        record(LogEvent.JOB_FINISHED, 1041.0, job_id=1),
        record(LogEvent.PROGRESS, 1041.0, done=1, total=10),
    )
    assert lines[0] == "10 jobs to do"
    assert lines[1].startswith(f"[ 1/10] · {TITLE} · 41 s · about ")
    assert len(lines) == 2


def test_a_job_without_a_message_is_named_by_its_rule(show):
    lines = show(
        begun(1),
        started(rule_msg=None, wildcards={"states": "4", "seed": "0"}),
        record(LogEvent.JOB_FINISHED, 1002.0, job_id=1),
        record(LogEvent.PROGRESS, done=1, total=1),
    )
    assert lines[1:] == ["[1/1] · cycles_train states=4, seed=0 · 2 s", "1 of 1 jobs done"]


def test_a_job_that_makes_nothing_is_counted_only(show):
    lines = show(
        started(output=[]),
        record(LogEvent.JOB_FINISHED, job_id=1),
        record(LogEvent.PROGRESS, done=5, total=9),
    )
    assert lines == []


def test_seconds_are_those_of_the_benchmark(show, tmp_path):
    """A job of a cluster has also waited."""
    measured = tmp_path / "train.tsv"
    measured.write_text("s\th:m:s\n12.25\t0:00:12\n")
    lines = show(
        started(benchmark=str(measured)),
        record(LogEvent.JOB_FINISHED, 1500.0, job_id=1),
        record(LogEvent.PROGRESS, done=1, total=1),
    )
    assert lines[0].endswith(f"{TITLE} · 12 s")


def test_a_long_job_shows_the_last_line_of_its_log(show, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(plugin, "LOOK_S", 0.01)
    log = tmp_path / "train.log"
    log.write_text("07:10:00 K4: 5/70, loss 1.5\n07:10:05 K4: 9/70, loss 0.25, 3 s left\n")
    since = time.time() - 40
    shown = show(begun(created=since), started(created=since, log=[str(log)]))
    deadline = time.monotonic() + 60
    while len(shown) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
        shown += capsys.readouterr().err.splitlines()
    assert shown[1].strip().startswith(f"{TITLE} · 4")
    assert shown[1].endswith(" s · K4: 9/70, loss 0.25, 3 s left")


def test_a_long_job_shows_the_last_line_of_its_log_every_half_minute(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(plugin, "LOOK_S", 3600.0)  # the test looks itself
    log = tmp_path / "train.log"
    log.write_text("07:10:00 K4: 5/70, loss 1.5\n07:10:05 K4: 9/70, loss 0.25, 3 s left\n")
    handler = plugin.LogHandler(MockOutputSettings(), None)
    handler.handle(begun(created=1000.0))
    handler.handle(started(created=1000.0, log=[str(log)]))
    capsys.readouterr()
    said = []
    for now in (1029.9, 1040.0, 1069.9, 1070.0):
        handler._long_jobs(now)
        said.append(capsys.readouterr().err.strip())
    handler.close()
    line = f"{TITLE} · {{}} s · K4: 9/70, loss 0.25, 3 s left"
    assert said == ["", line.format(40), "", line.format(70)]


def test_the_log_of_an_older_run_is_not_shown(tmp_path):
    log = tmp_path / "train.log"
    log.write_text("07:10:05 K4: 9/70, loss 0.25\n")
    os.utime(log, (999.0, 999.0))
    run = Run()
    run.start(started(log=[str(log)]))
    assert run.running[1].says(1042.0) == f"{TITLE} · 42 s"


def test_an_error_is_passed_on_as_snakemake_words_it(show):
    failed = record(
        LogEvent.JOB_ERROR, 1009.0, logging.ERROR, jobid=1, msg="Error in rule\n  [log: x]"
    )
    lines = show(started(), failed, record(None, level=logging.ERROR, msg="Exiting"))
    assert lines == [f"failed after 9 s · {TITLE}", "Error in rule", "  [log: x]", "Exiting"]


def test_no_color_is_heeded(show, monkeypatch):
    failed = record(None, level=logging.ERROR, msg="no good")
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[31m" in "".join(show(failed, nocolor=False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert show(failed, nocolor=False) == ["no good"]


def test_chatter_is_left_out_and_what_is_not_known_is_shown(show):
    said = ["Select jobs to execute...", "None", "Trying to restart job 2.", "Nothing to be done"]
    records = [record(None, msg=text) for text in said]
    assert show(*records) == said[2:]
    assert show(*records, verbose=True) == [said[0], *said[2:]]


def test_a_dry_run_lists_jobs_and_their_numbers(show):
    table = "Job stats:\njob   count\n----  -----\nmake      1"
    lines = show(
        record(LogEvent.WORKFLOW_STARTED, msg="Workflow has started!"),
        record(LogEvent.RUN_INFO, msg=table, stats={"make": 1, "total": 1}),
        started(msg="Job 1: cycles: train"),
        dryrun=True,
        stdout=True,
    )
    assert lines == [*table.splitlines(), "", "Job 1: cycles: train"]


def run_of(**jobs):
    """Return a run that began at 0 s, with jobs of each rule that have not been started."""
    run = Run()
    run.plan(jobs, 0.0)
    return run


def passed(run, rule, first, last):
    run.start(started(rule, first, rule_name=rule))
    run.finish(rule, last)


def test_the_time_left_knows_what_each_rule_takes():
    run = run_of(train=3, draw=4)
    assert run.seconds_left(0.0) is None
    passed(run, "train", 0.0, 30.0)
    passed(run, "draw", 30.0, 32.0)
    # One job at a time so far: two trainings and three figures are left.
    assert run.seconds_left(32.0) == pytest.approx(2 * 30 + 3 * 2)
    run.start(started(7, 32.0, rule_name="train"))
    assert run.seconds_left(42.0) == pytest.approx(30 + 20 + 3 * 2)


def test_no_time_is_told_while_what_waits_for_a_failed_job_is_counted():
    run = run_of(train=3)
    passed(run, "train", 0.0, 30.0)
    run.start(started(7, 30.0, rule_name="train"))
    run.fail(7)
    assert run.seconds_left(40.0) is None
    run.start(started(7, 40.0, rule_name="train"))
    assert run.seconds_left(40.0) == pytest.approx(40 / 30 * 60), "it was tried again"


def test_the_time_left_with_two_cores_is_half():
    run = run_of(train=4)
    run.start(started(1, 0.0, rule_name="train"))
    passed(run, "train", 0.0, 30.0)
    run.finish(1, 30.0)
    assert run.seconds_left(30.0) == pytest.approx(2 * 30 / 2)


def test_a_rule_that_is_new_takes_an_average_or_what_it_has_had():
    run = run_of(draw=1, train=2)
    passed(run, "draw", 0.0, 10.0)
    assert run.seconds_left(10.0) == pytest.approx(2 * 10)
    run.start(started(2, 10.0, rule_name="train"))
    assert run.seconds_left(14.0) == pytest.approx(6 + 10)
    assert run.seconds_left(70.0) == pytest.approx(60), "the other takes what this one has had"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (101, "2 min"), (5940, "99 min"), (7500, "2 h 5 min")],
)
def test_times_for_people(seconds, text):
    assert duration(seconds) == text


def test_a_run_shows_a_line_a_job_and_its_log_keeps_everything(toy):
    done = toy.snakemake()
    assert done.stdout == ""
    for rule in ("make", "double", "draw", "tell"):
        assert len([line for line in done.stderr.splitlines() if f"/5] · {rule} · " in line]) == 1
    assert "5 of 5 jobs done" in done.stderr
    assert "make.txt" not in done.stderr
    (log,) = (toy.folder / ".snakemake/log").iterdir()
    for text in ("Building DAG", "rule double:", "input: make.txt", "4 of 5 steps (80%) done"):
        assert text in log.read_text()
    assert "Nothing to be done" in toy.snakemake().stderr


def test_a_job_that_fails_is_shown_with_its_log(toy):
    toy.edit(
        "Snakefile",
        'x="double.txt",\n    params',
        'x="double.txt",\n    log:\n        "double.log",\n    params',
    )
    toy.edit("scripts/double.py", "    number =", "    raise ValueError('no good')\n    number =")
    done = toy.snakemake(check=False)
    assert done.returncode == 1
    assert "failed after" in done.stderr
    assert "Error in rule double:" in done.stderr
    assert "Traceback" in done.stderr, "the log's own"
    assert "At least one job did not complete successfully." in done.stderr
    quiet = toy.snakemake("--quiet", "all", check=False)
    assert quiet.returncode == 1
    assert "no good" in quiet.stderr, "the script's own line"
    assert "Error in rule" not in quiet.stderr
