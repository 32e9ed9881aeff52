"""The critical path of a run: what it would take with as many cores as there are jobs.

Read from what every job leaves: the record that names its inputs and outputs, and the time in its
benchmark file. Nothing is asked of Snakemake.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from triptych.workflow.costs import job_name, measured_jobs
from triptych.workflow.step import all_paths


@dataclass(frozen=True)
class TimedJob:
    """A job that is done.

    Attributes
    ----------
    name
        Such as ``ssno/ks2d/train_ssno_default_n5_s0``.
    inputs, outputs
        Paths.
    seconds
        Its wall time.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Critical:
    """The longest chain of jobs that wait for each other.

    Attributes
    ----------
    jobs
        The chain, the first job first.
    seconds
        What it takes, and so what the run takes at least, on any number of cores.
    total
        What all jobs take, one after another.
    """

    jobs: tuple[TimedJob, ...]
    seconds: float
    total: float

    @property
    def bound(self) -> float:
        """Return the largest speed-up that any number of cores can give."""
        return self.total / self.seconds


def critical_path(jobs: Iterable[TimedJob]) -> Critical:
    """Return the longest chain, by the jobs' seconds.

    An input that no job made is there from the start.

    Raises
    ------
    ValueError
        If there are no jobs, or two make one file.
    graphlib.CycleError
        If jobs wait for each other in a circle; a ``ValueError`` too.
    """
    jobs = list(jobs)
    makers: dict[str, int] = {}
    for number, job in enumerate(jobs):
        for path in job.outputs:
            if makers.setdefault(path, number) != number:
                raise ValueError(f"{jobs[makers[path]].name} and {job.name} both make {path}")
    if not jobs:
        raise ValueError("no jobs to find a critical path in")
    needs = {n: {makers[p] for p in job.inputs if p in makers} for n, job in enumerate(jobs)}
    chains: dict[int, tuple[float, tuple[int, ...]]] = {}
    for number in TopologicalSorter(needs).static_order():
        seconds, chain = max((chains[n] for n in needs[number]), default=(0.0, ()))
        chains[number] = seconds + jobs[number].seconds, (*chain, number)
    seconds, chain = max(chains.values())
    return Critical(tuple(jobs[n] for n in chain), seconds, sum(job.seconds for job in jobs))


def as_text(found: Critical) -> str:
    """Return the chain, a job a line, and what it says about more cores."""
    lines = [f"{job.seconds:10.1f} s  {job.name}" for job in found.jobs]
    return "\n".join(
        [
            f"critical path: {found.seconds:,.0f} s of {found.total:,.0f} s of jobs, "
            f"so at most {found.bound:.1f} times faster on any number of cores",
            *lines,
            "",
        ]
    )


def recorded_jobs(folder: Path) -> list[TimedJob]:
    """Return a scale's jobs from their records, with the wall times of their benchmark files.

    A job without such a file takes no time: the few rules that have none are over in a moment.

    Parameters
    ----------
    folder
        The scale's folder: ``results/<scale>``.
    """
    seconds = {name: cost.wall_s or 0.0 for name, cost in measured_jobs(folder).items()}
    found = []
    for record in sorted(folder.rglob("jobs/*.json")):
        job = json.loads(record.read_text())
        name = job_name(job) or record.stem
        inputs, outputs = (tuple(all_paths(job[kind])) for kind in ("inputs", "outputs"))
        found.append(TimedJob(name, inputs, outputs, seconds.get(name, 0.0)))
    return found
