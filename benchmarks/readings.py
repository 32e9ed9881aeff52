"""What the benchmarks measured: named numbers, each of a kind that says when it is better.

A benchmark stores its readings in pytest-benchmark's ``extra_info``: tables and comparisons are
made from that file alone.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MORE, LESS, NEITHER = 1, -1, 0


@dataclass(frozen=True)
class Kind:
    """What a number is.

    Attributes
    ----------
    unit
        Printed behind it; fractions are printed as per cent.
    better
        Whether more of it is better, or less, or neither.
    kept
        Whether a baseline keeps it: it says the same on a machine twice as fast, and all runs have
        it.
    """

    unit: str
    better: int
    kept: bool


KINDS = {
    "speed-up": Kind("×", MORE, kept=True),
    "ahead": Kind("×", MORE, kept=False),
    "overhead": Kind("×", LESS, kept=True),
    "of peak": Kind("%", MORE, kept=True),
    "share": Kind("%", NEITHER, kept=False),
    "time": Kind("s", LESS, kept=False),
    "memory": Kind("MiB", LESS, kept=False),
    "GFLOP/s": Kind("GFLOP/s", MORE, kept=False),
    "molecules/s": Kind("molecules/s", MORE, kept=False),
}
"""Readings by kind. ``ahead`` is of code that only some runs have at hand: no baseline keeps it. An
overhead is a time over that of something that the project has no part in; ``of peak`` is a rate
over the same machine's best, measured in the same run."""


@dataclass(frozen=True)
class Reading:
    """One number that was measured.

    Attributes
    ----------
    subject, case, what
        Such as ``SSNO training step``, ``64², batch 5``, ``against the reference form``.
    kind
        One of :data:`KINDS`.
    value
        The number; a fraction, not per cent.
    threads
        Threads of the numeric libraries.
    target
        What it should reach: at least this where more is better, at most where less is.
    note
        Such as how it was measured, where that is not plain.
    """

    subject: str
    case: str
    what: str
    kind: str
    value: float
    threads: int = 1
    target: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.name}: no kind {self.kind!r}; known: {', '.join(KINDS)}")

    @property
    def name(self) -> str:
        """What the number is called, on any machine."""
        threads = "" if self.threads == 1 else f" | {self.threads} threads"
        return f"{self.subject} | {self.case} | {self.what}{threads}"

    @property
    def met(self) -> bool | None:
        """Whether the target is reached; None without one."""
        if self.target is None:
            return None
        better = KINDS[self.kind].better
        return better * self.value >= better * self.target


@dataclass(frozen=True)
class Session:
    """One run of the benchmarks.

    Attributes
    ----------
    date, commit
        When, and of which sources.
    machine
        Processor, cores, memory, versions, by name.
    readings
        All that was measured, in the order of the run.
    """

    date: str
    commit: str
    machine: Mapping[str, Any]
    readings: tuple[Reading, ...]


def faster(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return how many times faster the second form is: the median of the rounds' own ratios.

    The two were timed in turn, so that what else a machine does in a round is in both.
    """
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def load_session(path: Path) -> Session:
    """Read the file that pytest-benchmark wrote.

    Raises
    ------
    ValueError
        If it is no such file, holds no readings, or two of one name.
    """
    try:
        content = json.loads(path.read_text())
        info = content["machine_info"]
        readings = tuple(
            Reading(**stored)
            for entry in content["benchmarks"]
            for stored in entry["extra_info"].get("readings", [])
        )
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} holds no readings of benchmarks: {error!r}") from None
    names = [reading.name for reading in readings]
    if not names:
        raise ValueError(f"{path}: no readings")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{path}: two readings {twice[0]!r}")
    commit = content["commit_info"]
    changed = " with changes" if commit.get("dirty") else ""
    return Session(
        date=content["datetime"][:10],
        commit=f"{str(commit.get('id', 'unknown'))[:10]}{changed}",
        machine=info["triptych"],
        readings=readings,
    )
