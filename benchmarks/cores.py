"""How long a finished run would take on other numbers of cores, by what its jobs took.

    python benchmarks/cores.py results/laptop 1 2 8

The jobs' records say which job waited for which, Snakemake's benchmarks how long each took. They
are laid out by list scheduling: a core that is free takes, of the jobs whose inputs are there, the
one with the longest way to the end (Graham 1969). Snakemake's own order knows no times and may be
worse; its own overhead is left out.
"""

from __future__ import annotations

import heapq
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from triptych.reports.costs import measured_jobs
from triptych.runtime.step import all_paths, read_job


@dataclass(frozen=True)
class Job:
    """What a job took, and the jobs that wait for it, by their names.

    Attributes
    ----------
    seconds
        0 for those that Snakemake does not time: they take seconds.
    then
        Names of jobs that read what it wrote.
    """

    seconds: float
    then: set[str] = field(default_factory=set)


def recorded_jobs(results: Path) -> dict[str, Job]:
    """Return the jobs of a scale's folder by the name that a job's log and its benchmark share.

    What was replayed there by hand has no such log, and is left out.

    Raises
    ------
    FileNotFoundError
        If no job left a record or a benchmark there.
    """
    records = {}
    for path in results.rglob("jobs/[!.]*.json"):
        record = read_job(path)
        _, logs, name = (record.log or "").rpartition("/logs/")
        if logs:
            records[name.removesuffix(".log")] = record
    if not records:
        raise FileNotFoundError(f"no records of jobs in {results}")
    measured = measured_jobs(results).set_index("job").s
    jobs = {name: Job(float(measured.get(name, 0.0))) for name in sorted(records)}
    maker = {path: name for name, job in records.items() for path in all_paths(job.outputs)}
    for name, record in records.items():
        for path in all_paths(record.inputs):
            if path in maker:
                jobs[maker[path]].then.add(name)
    return jobs


def makespan(jobs: Mapping[str, Job], cores: int) -> float:
    """Return the seconds until the last job has ended, each on one core of so many."""

    @cache
    def to_the_end(name: str) -> float:
        return jobs[name].seconds + max(map(to_the_end, jobs[name].then), default=0.0)

    waits = dict.fromkeys(jobs, 0)
    for job in jobs.values():
        for name in job.then:
            waits[name] += 1
    ready = [(-to_the_end(name), name) for name, count in waits.items() if not count]
    heapq.heapify(ready)
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < cores:
            _, name = heapq.heappop(ready)
            heapq.heappush(running, (now + jobs[name].seconds, name))
        now, ended = heapq.heappop(running)
        for name in jobs[ended].then:
            waits[name] -= 1
            if not waits[name]:
                heapq.heappush(ready, (-to_the_end(name), name))
    return now


def main(results: str, *cores: str) -> None:
    """Print the minutes on each number of cores.

    Raises
    ------
    ValueError
        If one is no number, or less than 1.
    """
    counts = [int(count) for count in cores]
    if min(counts, default=1) < 1:
        raise ValueError(f"{min(counts)} cores: at least 1 is needed")
    jobs = recorded_jobs(Path(results))
    print(f"{len(jobs)} jobs, {sum(job.seconds for job in jobs.values()):,.0f} s")
    for count in counts:
        print(f"{count} cores: {makespan(jobs, count) / 60:.1f} min")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (OSError, ValueError) as error:
        sys.exit(str(error))
