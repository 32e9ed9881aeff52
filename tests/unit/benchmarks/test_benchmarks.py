"""Tables of readings, and what got slower, from made-up runs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from guard import compare, kept
from readings import Reading, faster, load_session
from table import as_text
from test_generation import CASES, problem_of

from report import main

READINGS = [
    Reading("training step", "64²", "time", "time", 0.05),
    Reading("training step", "64²", "against the reference form", "speed-up", 3.0, target=2.0),
    Reading("training step", "64²", "against the reference form", "speed-up", 2.5, threads=2),
    Reading("training step", "64²", "transforms, of the best FFT", "of peak", 0.8),
    Reading("workflow", "no-op", "time", "time", 6.0, target=5.0),
    Reading("workflow", "no-op", "against a start of Snakemake", "overhead", 4.0),
    Reading("training step", "64²", "transforms' share", "share", 0.4),
]
RATIO = "training step | 64² | against the reference form"


@pytest.fixture
def run(tmp_path):
    """Return a writer of benchmark files with the readings given."""

    def write(readings=READINGS, processor="fast one"):
        content = {
            "machine_info": {"triptych": {"processor": processor, "cores": 2, "torch": "2.9"}},
            "commit_info": {"id": "0123456789abcdef", "dirty": False},
            "datetime": "2026-11-25T10:00:00",
            "benchmarks": [
                {"extra_info": {"readings": [asdict(r) for r in readings[:3]]}},
                {"extra_info": {"readings": [asdict(r) for r in readings[3:]]}},
                {"extra_info": {}},
            ],
        }
        path = tmp_path / "bench.json"
        path.write_text(json.dumps(content))
        return path

    return write


def changed(place, value):
    """Return the readings with one value changed."""
    readings = list(READINGS)
    readings[place] = replace(readings[place], value=value)
    return readings


def test_a_ratio_is_the_median_of_the_rounds_own():
    """A round in which the machine was slow is slow for both forms."""
    assert faster([2.0, 40.0, 9.0], [1.0, 20.0, 3.0]) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="shorter"):
        faster([1.0, 2.0], [1.0])


def test_the_table_says_what_is_met(run):
    text = as_text(load_session(run()))
    lines = text.splitlines()
    assert lines[0] == "2026-11-25, commit 0123456789: processor fast one, cores 2, torch 2.9"
    (met,) = [line for line in lines if "≥ 2 ×" in line]
    assert met.split()[-6:] == ["3", "×", "≥", "2", "×", "yes"]
    assert "40 %" in text
    assert "1 of 2 targets met" in lines
    assert lines[-1] == "not met: workflow | no-op | time: 6 s, wanted ≤ 5 s"


def test_a_target_is_met_on_its_own_side():
    at_most = Reading("workflow", "no-op", "time", "time", 5.0, target=5.0)
    assert at_most.met
    assert not replace(at_most, value=5.1).met
    at_least = Reading("training step", "64²", "x", "speed-up", 2.0, target=2.0)
    assert at_least.met
    assert not replace(at_least, value=1.9).met


def test_a_run_agrees_with_itself(run):
    session = load_session(run())
    comparison = compare(kept(session), session)
    assert (comparison.slower, comparison.faster, comparison.missing, comparison.new) == (
        [],
        [],
        [],
        [],
    )
    assert len(comparison.same) == 4  # two speed-ups, a rate, an overhead; no time, no share


@pytest.mark.parametrize(
    ("place", "worse", "within", "better"),
    [(1, 2.4, 2.6, 3.7), (3, 0.6, 0.7, 1.0), (5, 4.9, 4.7, 3.2)],
)
def test_a_ratio_is_worse_on_its_own_side(run, place, worse, within, better):
    baseline, name = kept(load_session(run())), READINGS[place].name
    comparison = compare(baseline, load_session(run(changed(place, worse))))
    assert [reading.name for reading, _ in comparison.slower] == [name]
    assert comparison.faster == []
    comparison = compare(baseline, load_session(run(changed(place, within))))
    assert (comparison.slower, comparison.faster) == ([], [])
    comparison = compare(baseline, load_session(run(changed(place, better))))
    assert [reading.name for reading, _ in comparison.faster] == [name]
    assert comparison.slower == []


def test_a_machine_half_as_fast_is_no_change(run):
    baseline = kept(load_session(run()))
    half = [replace(r, value=2 * r.value) if r.kind == "time" else r for r in READINGS]
    comparison = compare(baseline, load_session(run(half)))
    assert (comparison.slower, comparison.faster, len(comparison.same)) == ([], [], 4)


def test_the_command_keeps_checks_and_fails(run, tmp_path, capsys):
    where = ["--kept", str(tmp_path / "baseline.json")]
    assert main([str(run()), "--renew", *where]) == 0
    assert main([str(run()), "--check", *where]) == 0
    assert "4 ratios within 20% of the baseline of 2026-11-25, 0 slower, 0 faster" in (
        capsys.readouterr().out
    )
    slow = [*changed(1, 1.5)[:3], replace(READINGS[3], case="128²"), *READINGS[4:]]
    assert main([str(run(slow, "another")), "--check", *where]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"slower: {RATIO}: 3 × → 1.5 ×",
        "not measured any more: training step | 64² | transforms, of the best FFT",
        "new, not in the baseline: training step | 128² | transforms, of the best FFT",
        "2 ratios within 20% of the baseline of 2026-11-25, 1 slower, 0 faster",
        "the baseline is of another processor: fast one, not another",
    ]
    renamed = [*READINGS[:3], replace(READINGS[3], case="128²"), *READINGS[4:]]
    assert main([str(run(renamed, "fast one")), "--check", *where]) == 1, "one is not measured"


def test_what_holds_no_readings_is_named(run, tmp_path, capsys):
    assert main([str(tmp_path / "nowhere.json")]) == 1
    other = tmp_path / "other.json"
    for text in ("{}", "[1]", "no json"):
        other.write_text(text)
        assert main([str(other)]) == 1
        assert "other.json holds no readings" in capsys.readouterr().err
        assert main([str(run()), "--check", "--kept", str(other)]) == 1
        assert "other.json is no baseline" in capsys.readouterr().err
    with pytest.raises(ValueError, match=r"two readings 'training step . 64² . time'"):
        load_session(run([*READINGS, READINGS[0]]))
    with pytest.raises(ValueError, match="no kind 'rate'"):
        Reading("a", "b", "c", "rate", 1.0)


@pytest.mark.parametrize(("name", "scale"), CASES)
def test_every_data_set_that_is_timed_has_its_system(name, scale):
    assert problem_of(name, scale).system.name == name
