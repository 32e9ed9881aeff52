"""The longest chain of jobs that wait for each other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.__main__ import main
from triptych.workflow.critical import TimedJob, critical_path, recorded_jobs

HEAD = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"
DIAMOND = [
    TimedJob("draw", ("slow.txt", "fast.txt"), ("figure.pdf", "figure.png"), 1.0),
    TimedJob("slow", ("data.txt",), ("slow.txt",), 7.0),
    TimedJob("fast", ("data.txt", "not made here.csv"), ("fast.txt",), 2.0),
    TimedJob("make", (), ("data.txt",), 3.0),
]


def test_the_longest_branch_counts():
    found = critical_path(DIAMOND)
    assert [job.name for job in found.jobs] == ["make", "slow", "draw"]
    assert (found.seconds, found.total) == (11.0, 13.0)
    assert found.bound == pytest.approx(13 / 11)


def test_a_job_that_waits_for_none_can_be_the_whole_path():
    found = critical_path([*DIAMOND, TimedJob("alone", (), ("alone.txt",), 12.0)])
    assert [job.name for job in found.jobs] == ["alone"]


@given(st.lists(st.floats(0.1, 100.0), min_size=1, max_size=20), st.data())
def test_no_schedule_is_shorter(seconds, data):
    """With a core a job, each starting when its inputs are there, the last ends on the path."""
    jobs, ends = [], []
    for number, spent in enumerate(seconds):
        before = sorted(data.draw(st.sets(st.integers(0, max(0, number - 1))))) if number else []
        inputs = tuple(f"{n}.txt" for n in before)
        jobs.append(TimedJob(str(number), inputs, (f"{number}.txt",), spent))
        ends.append(spent + max((ends[n] for n in before), default=0.0))
    assert critical_path(reversed(jobs)).seconds == pytest.approx(max(ends))


def test_what_is_no_graph_of_jobs_is_refused():
    with pytest.raises(ValueError, match="no jobs"):
        critical_path([])
    with pytest.raises(ValueError, match=r"make and again both make data\.txt"):
        critical_path([*DIAMOND, TimedJob("again", (), ("data.txt",), 1.0)])
    with pytest.raises(ValueError, match="cycle"):
        critical_path([TimedJob("a", ("y",), ("x",), 1.0), TimedJob("b", ("x",), ("y",), 1.0)])


@pytest.fixture
def results(tmp_path):
    """Return a scale's folder with two timed jobs, one after the other, and an untimed one."""
    folder = tmp_path / "laptop"
    for name, inputs, outputs, seconds in (
        ("ssno/a/generate_train", {}, {"data": "r/laptop/ssno/a/train.zarr"}, 2.5),
        ("ssno/fig1", {"scores": ["r/laptop/ssno/a/train.zarr"]}, {"pdf": "r/fig1.pdf"}, 1.0),
        ("claims/verify", {}, {"verified": "r/laptop/claims/verified.txt"}, None),
    ):
        job = {"script": "scripts/ssno/generate.py", "inputs": inputs, "outputs": outputs}
        job["log"] = f"r/laptop/logs/{name}.log"
        record = folder / name / "jobs" / "output.json"
        record.parent.mkdir(parents=True)
        record.write_text(json.dumps(job))
        if seconds:
            benchmark = folder / "benchmarks" / f"{name}.tsv"
            benchmark.parent.mkdir(parents=True, exist_ok=True)
            benchmark.write_text(f"{HEAD}{seconds}\t0:00:02\t400\t1\t1\t1\t0\t0\t90\t2\n")
    return folder


def test_jobs_are_read_from_records_and_benchmark_files(results):
    found = critical_path(recorded_jobs(results))
    assert [job.name for job in found.jobs] == ["ssno/a/generate_train", "ssno/fig1"]
    assert (found.seconds, found.total) == (3.5, 3.5)


def test_costs_prints_the_path(results, capsys):
    assert main(["costs", str(results)]) == 0
    *_, title, first, second = capsys.readouterr().out.splitlines()
    assert title.startswith("critical path: 4 s of 4 s of jobs, so at most 1.0 times faster")
    assert (first.split(), second.split()) == (
        ["2.5", "s", "ssno/a/generate_train"],
        ["1.0", "s", "ssno/fig1"],
    )
