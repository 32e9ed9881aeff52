"""The schedule of a run's jobs on other numbers of cores."""

from __future__ import annotations

import json

import pytest
from cores import Job, makespan, recorded_jobs


def diamond():
    """One job, then three that can run at once, then one that needs all of them."""
    middle = {name: Job(seconds, {"end"}) for name, seconds in (("a", 2), ("b", 3), ("c", 5))}
    return {"start": Job(1, set(middle)), **middle, "end": Job(1)}


@pytest.mark.parametrize(("cores", "seconds"), [(1, 12), (2, 7), (3, 7), (8, 7)])
def test_jobs_wait_for_each_other_and_for_a_core(cores, seconds):
    assert makespan(diamond(), cores) == seconds


def test_the_longest_way_comes_first():
    """Taken in another order, the long chain would start only after a short job."""
    jobs = {"long": Job(4, {"longer"}), "longer": Job(4), "s1": Job(3), "s2": Job(3), "s3": Job(2)}
    assert makespan(jobs, 2) == 8


def test_jobs_are_read_from_records_and_benchmarks(tmp_path):
    made = {
        "first": ("then/logs/first.log", [], ["then/x.zarr"]),
        "second": ("then/logs/second.log", ["then/x.zarr", "then/raw"], ["then/y.zarr"]),
        "replayed": (None, ["then/x.zarr"], ["then/mine.zarr"]),
    }
    for name, (log, inputs, outputs) in made.items():
        record = {"script": "s", "log": log, "inputs": {"i": inputs}, "outputs": {"o": outputs}}
        path = tmp_path / f"r/jobs/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
    (tmp_path / "r/benchmarks").mkdir()
    (tmp_path / "r/benchmarks/first.tsv").write_text("s\tmax_rss\n7.5\t100\n")
    jobs = recorded_jobs(tmp_path / "r")
    assert jobs == {"first": Job(7.5, {"second"}), "second": Job(0.0)}
    with pytest.raises(FileNotFoundError, match="no records of jobs"):
        recorded_jobs(tmp_path / "nowhere")
