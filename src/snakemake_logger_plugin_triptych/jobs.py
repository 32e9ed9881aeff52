"""What is known of a run from what Snakemake says: jobs, their seconds, the time that is left."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

TAIL_BYTES = 4096
"""Of a job's log, to find its last line in."""

CLOCK = re.compile(r"^\d\d:\d\d:\d\d ")


@dataclass
class Job:
    """A job that was started, with its title in the rule's words; times are seconds since 1970.

    A job that makes no files only gathers those of others. ``seconds`` is what it took, 0 as long
    as it runs; ``reported`` when it was last said how far it is, at first its start.
    """

    rule: str
    title: str
    started: float
    reported: float
    log: Path | None = None
    benchmark: Path | None = None
    makes_files: bool = True
    seconds: float = 0.0

    def says(self, now: float) -> str:
        """Return what it does, since when, and the last line of its log."""
        return " · ".join(
            filter(None, (self.title, duration(now - self.started), self.last_line()))
        )

    def measured(self, now: float) -> float:
        """Return its seconds by its benchmark file: without the wait in a scheduler's queue."""
        try:
            _, *rows = self.benchmark.read_text().splitlines() if self.benchmark else [""]
            measured = sum(float(row.partition("\t")[0]) for row in rows)
        except (OSError, ValueError):
            measured = 0.0
        return measured or now - self.started

    def last_line(self) -> str:
        """Return the last line of the log without its clock; empty for the log of an older run."""
        try:
            if self.log is None or self.log.stat().st_mtime < self.started:
                return ""
            with self.log.open("rb") as file:
                file.seek(max(self.log.stat().st_size - TAIL_BYTES, 0))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        return next((CLOCK.sub("", line) for line in reversed(lines) if line.strip()), "")


@dataclass
class Run:
    """The jobs of a run: how many wait and what finished ones took, by rule; running by number.

    ``done`` and ``total`` are as Snakemake counts jobs, ``started`` is in seconds since 1970.
    """

    waiting: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    running: dict[int, Job] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    failed: set[int] = field(default_factory=set)
    started: float = 0.0

    def plan(self, stats: Mapping[str, int], now: float) -> None:
        """Take down how many jobs of each rule there are."""
        self.waiting = Counter({name: number for name, number in stats.items() if name != "total"})
        self.total = self.waiting.total()
        self.started = now

    def start(self, record: Any) -> None:
        """Take down a job that was started, from Snakemake's record of it."""
        self.failed.discard(record.jobid)  # it is tried again
        details = ", ".join(f"{name}={value}" for name, value in record.wildcards.items())
        self.running[record.jobid] = Job(
            rule=record.rule_name,
            title=record.rule_msg or f"{record.rule_name} {details}".strip(),
            started=record.created,
            reported=record.created,
            log=Path(record.log[0]) if record.log else None,
            benchmark=Path(record.benchmark) if record.benchmark else None,
            makes_files=bool(record.output),
        )

    def finish(self, number: int, now: float) -> Job | None:
        """Take down that a job is done, and return it; None if nothing is known of its start."""
        job = self.running.pop(number, None)
        self.done += 1
        if job is not None:
            job.seconds = job.measured(now)
            self.waiting[job.rule] -= 1
            if job.makes_files:
                self.seconds.setdefault(job.rule, []).append(job.seconds)
        return job

    def fail(self, number: int) -> Job | None:
        """Take down that a job has failed, and return it; None if nothing is known of its start."""
        self.failed.add(number)
        return self.running.pop(number, None)

    def count(self) -> str:
        """Return done of total, as wide at the start as at the end."""
        return f"[{self.done:{len(str(self.total))}}/{self.total}]"

    def seconds_left(self, now: float) -> float | None:
        """Estimate the seconds until all jobs are done.

        None before a job has finished, and after one has failed.

        A job is taken to need what others of its rule took on average, or an average job if none
        has finished, and at least what a running one has had. Seconds of jobs go by as fast as
        they did so far: with two cores in use, twice as fast as the clock.
        """
        finished = [seconds for rule in self.seconds.values() for seconds in rule]
        # What waits for a failed job never runs, and how much that is nobody says.
        if not finished or self.failed or self.done >= self.total:
            return None
        average = fmean(finished)
        elapsed = [(job.rule, now - job.started) for job in list(self.running.values())]
        needs = {
            rule: fmean(self.seconds[rule])
            if rule in self.seconds
            else max(average, *(seconds for other, seconds in elapsed if other == rule), 0)
            for rule in self.waiting
        }
        work = sum(number * needs[rule] for rule, number in self.waiting.items())
        work -= sum(min(seconds, needs[rule]) for rule, seconds in elapsed)
        passed = sum(finished) + sum(seconds for _, seconds in elapsed)
        return work * (now - self.started) / passed if passed else None


def duration(seconds: float) -> str:
    """Return a time for people, in its two largest units."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
