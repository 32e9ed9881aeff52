"""Which jobs would run and why, on the toy graph."""

from __future__ import annotations

import json
import logging

import pytest
from checkout import changed
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase
from snakemake_interface_logger_plugins.tests import TestLogHandlerBase as InterfaceTests

from snakemake_logger_plugin_triptych_plan import LogHandler
from triptych.inspect.plan import PlannedJob, plan
from triptych.inspect.why import Why, as_text, by_dotted_name, differences, why
from triptych.runtime.store import content_digest


@pytest.fixture(scope="module")
def built(shared_toy):
    """Return the toy with its results; every test leaves it as it was."""
    shared_toy.snakemake("all")
    return shared_toy


def ask(checkout, *words):
    """Return what the command says for machines: the jobs by rule."""
    answer = json.loads(checkout.triptych("why", *words, "--json").stdout)
    return {job["rule"]: job for job in answer["jobs"]}


@pytest.fixture
def ask_both(built, monkeypatch):
    """Return what gives both answers to one plan: for machines, and for people."""
    monkeypatch.chdir(built.folder)
    monkeypatch.setenv("PYTHONPATH", str(built.folder / "src"))
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)

    def ask_both(*settings):
        jobs = [why(job) for job in plan(["all"], [], list(settings))]
        plain = json.loads(json.dumps([job.as_json() for job in jobs]))
        return {job["rule"]: job for job in plain}, as_text(jobs)

    return ask_both


def test_after_a_run_nothing_would_run(built):
    done = built.triptych("why", "all")
    assert done.stdout.startswith("Nothing would run")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_a_changed_parameter_is_named_with_both_values(ask_both):
    jobs, text = ask_both("toy={start: 2, other: {a: [3]}}")
    assert list(jobs) == ["make", "double", "tell", "draw"]
    assert jobs["make"]["changes"] == [
        {"kind": "param", "name": "other.a.0", "old": "2", "new": "3"},
        {"kind": "param", "name": "other.b", "old": "1"},
        {"kind": "param", "name": "start", "old": "1", "new": "2"},
    ]
    assert jobs["double"]["changes"] == []
    assert jobs["double"]["remade"] == {"make.txt": "make"}
    assert text == (
        "4 jobs would run.\n\n"
        "make\n"
        "    makes  make.txt\n"
        '    param  other.a.0: "2" → "3"\n'
        '    param  other.b: "1" → absent\n'
        '    param  start: "1" → "2"\n\n'
        "3 jobs only because of these: double, tell, draw\n"
    )


def test_settings_may_come_from_files(built, tmp_path):
    (tmp_path / "mine.yaml").write_text("toy: {colour: blue}")
    jobs = ask(built, "draw.txt", "--configfile", str(tmp_path / "mine.yaml"))
    assert list(jobs) == ["draw"]
    (change,) = jobs["draw"]["changes"]
    assert change == {"kind": "param", "name": "colour", "old": "red", "new": "blue"}


def test_a_job_after_another_also_tells_its_own_changes(built):
    jobs = ask(built, "all", "--config", "toy={start: 2, colour: blue}")
    assert [change["name"] for change in jobs["draw"]["changes"]] == ["colour"]
    assert jobs["draw"]["remade"] == {"double.txt": "double"}


def test_edited_code_is_named_for_the_jobs_that_reach_it(built, ask_both):
    file = "src/triptych/toy/base.py"
    with changed(built.folder / file, "x * by", "x * by * 10"):
        jobs, text = ask_both()
    assert list(jobs) == ["double", "draw"]
    (change,) = jobs["double"]["changes"]
    assert (change["kind"], change["name"]) == ("code", file)
    assert change["old"] != change["new"]
    assert jobs["draw"]["changes"] == []
    assert f"    code   {file}: {change['old'][:8]} → {change['new'][:8]}\n" in text


def test_a_file_that_code_newly_reaches_is_named(built):
    script = built.folder / "scripts" / "double.py"
    with changed(script, "import double\n", "import double\nimport triptych.toy.words\n"):
        jobs = ask(built, "double")
    added, edited = sorted(jobs["double"]["changes"], key=lambda change: "old" in change)
    assert (added["name"], "old" in added) == ("src/triptych/toy/words.py", False)
    assert edited["name"] == "scripts/double.py"


def test_code_of_which_no_files_were_kept_is_told_as_one(built):
    aside = (built.folder / "jobs" / "code").rename(built.folder / "jobs" / "aside")
    try:
        with changed(built.folder / "src/triptych/toy/words.py", "'word'", "'other'"):
            jobs = ask(built, "tell")
    finally:
        aside.rename(built.folder / "jobs" / "code")
    (change,) = jobs["tell"]["changes"]
    assert change["name"] == "scripts/tell.py with all it imports"
    record = json.loads((built.folder / "jobs" / "tell.txt.json").read_text())
    assert change["old"] == record["code"] != change["new"]


def test_a_missing_output_is_said(built, ask_both):
    output = built.folder / "draw.txt"
    aside = output.rename(built.folder / "aside.txt")
    try:
        jobs, text = ask_both()
    finally:
        aside.rename(output)
    assert list(jobs) == ["draw"]
    assert jobs["draw"]["missing"] == ["draw.txt"]
    assert jobs["draw"]["changes"] == [], "its record outlived it, and is of nothing there is"
    assert "draw\n    makes  draw.txt\n    output not there yet\n" in text


def test_an_input_of_other_content_is_named(built):
    path = built.folder / "make.txt"
    before = content_digest(path)
    with changed(path, "1", "7"):
        after = content_digest(path)
        jobs = ask(built, "all")
    assert list(jobs) == ["double", "tell", "draw"]
    change = {"kind": "input", "name": "make.txt", "old": before, "new": after}
    assert jobs["double"]["changes"] == jobs["tell"]["changes"] == [change]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["all", "--config", "scal=laptop"], "scal: unknown key"),
        (["all", "--config", "scal"], "name=value"),
        (["all", "--configfile", "nowhere.yaml"], "nowhere.yaml"),
        (["no_such_rule"], "no_such_rule"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_words(built, words, said):
    done = built.triptych("why", *words, check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def planned(rule, number=0, **more):
    """Return a planned job of a rule, among many of them."""
    return PlannedJob(rule, [f"results/{rule}_{number}.zarr"], **more)


def test_many_jobs_of_one_cause_are_few_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    many = [planned(rule, number) for rule in ("a", "b") for number in range(150)]
    text = as_text([why(job) for job in many])
    assert text == (
        "300 jobs would run.\n\n"
        "a ×150, b ×150\n"
        "    makes  results/a_0.zarr, results/a_1.zarr, results/a_2.zarr, and 297 more\n"
        "    output not there yet\n"
    )


def test_one_edit_is_one_paragraph_for_all_rules_that_reach_it():
    edit = {"kind": "code", "name": "src/triptych/x.py", "old": "0123456789", "new": "abcdef0123"}
    first = Why(planned("a"), [], [edit])
    second = Why(planned("b", remade={"results/a_0.zarr": "a"}), [], [edit])
    third = Why(planned("c", remade={"results/b_0.zarr": "b"}), [], [])
    assert as_text([first, second, third]) == (
        "3 jobs would run.\n\n"
        "a, b\n"
        "    makes  results/a_0.zarr, results/b_0.zarr\n"
        "    code   src/triptych/x.py: 01234567 → abcdef01\n\n"
        "1 job only because of these: c\n"
    )


def test_long_lists_and_values_are_cut():
    names = [f"p{number:02}" for number in range(20)]
    many = [{"kind": "param", "name": name, "old": "x" * 500, "new": 1} for name in names]
    text = as_text([Why(planned("a"), [], many)])
    assert "p05" in text
    assert "p06" not in text
    assert "and 14 more (--json says which)" in text
    assert max(map(len, text.splitlines())) < 100


def test_what_is_beyond_our_records_is_told_in_snakemakes_words():
    reason = "Software environment definition has changed since last execution"
    text = as_text([Why(planned("a", reason=reason), (), ())])
    assert f"    reason {reason}\n" in text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {}, []),
        ({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [1, 2]}, "a": 1}, []),
        ({"a": {"b": {"c": 1, "d": 2}}}, {"a": {"b": {"c": 3, "d": 2}}}, [("a.b.c", 1, 3)]),
        ({"a": 1, "b": 2}, {"c": 2, "a": 1}, [("b", 2, ...), ("c", ..., 2)]),
        ({"a": None}, {}, [("a", None, ...)]),
        ({}, {"a": {"b": 1}}, [("a.b", ..., 1)]),
        ({"a": {"b": 1}}, {"a": [1]}, [("a.0", ..., 1), ("a.b", 1, ...)]),
        ({"a": 1}, {"a": 1.0}, [("a", 1, 1.0)]),
        ({"a": 1}, {"a": True}, [("a", 1, True)]),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, [("a.1.b", 2, 3)]),
        ({"a": [1, 2]}, {"a": [1, 2, 3]}, [("a.2", ..., 3)]),
        ({"a": []}, {"a": {}}, [("a", [], {})]),
    ],
)
def test_parameters_differ_by_their_deepest_names(old, new, expected):
    changes = differences("param", by_dotted_name(old), by_dotted_name(new))
    assert [(c["name"], c.get("old", ...), c.get("new", ...)) for c in changes] == expected


def test_every_job_leaves_which_files_its_code_was_taken_of(built):
    for rule in ("make", "double"):
        record = json.loads((built.folder / "jobs" / f"{rule}.txt.json").read_text())
        files = json.loads((built.folder / "jobs/code" / f"{record['code']}.json").read_text())
        assert {f"scripts/{rule}.py", "runtime version"} <= set(files)
        assert ("src/triptych/toy/base.py" in files) == (rule == "double")


class TestDryRunForPrograms(InterfaceTests):
    """What Snakemake's interface asks of every logger, and what a plan relies on."""

    __test__ = True

    def get_log_handler_cls(self):
        return LogHandler

    def get_log_handler_settings(self):
        return LogHandlerSettingsBase()

    def test_a_job_that_cannot_be_described_is_no_silence(self, capsys):
        values = {"event": LogEvent.JOB_INFO, "jobid": 7, "rule_name": "a"}
        self._create_handler().handle(logging.makeLogRecord(values))
        shown = capsys.readouterr()
        assert shown.out == ""
        assert "Traceback" in shown.err
