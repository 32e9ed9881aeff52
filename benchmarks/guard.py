"""Whether anything got slower: ratios of a run against those that are kept.

Times are never compared: they say more about the machine than about the project.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from readings import KINDS, Reading, Session
from table import number

ALLOWANCE = 0.2
"""How much worse a ratio may be before it counts: ratios wobble, too."""


@dataclass(frozen=True)
class Baseline:
    """The ratios that are kept, by name, with the date and the processor of their run."""

    date: str
    processor: str
    ratios: dict[str, float]


@dataclass(frozen=True)
class Comparison:
    """What became of the kept ratios.

    Attributes
    ----------
    slower, faster
        Readings beyond the allowance, each with the value that was kept.
    missing, new
        Names that only the baseline has, or only the run.
    same
        Names of those within the allowance.
    """

    slower: list[tuple[Reading, float]]
    faster: list[tuple[Reading, float]]
    missing: list[str]
    new: list[str]
    same: list[str]


def kept(session: Session) -> Baseline:
    """Return the baseline that a run makes."""
    ratios = {r.name: float(f"{r.value:.4g}") for r in _guarded(session)}
    return Baseline(session.date, str(session.machine.get("processor", "unknown")), ratios)


def load_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises
    ------
    ValueError
        If the file is no baseline.
    """
    try:
        content = json.loads(path.read_text())
        ratios = {name: float(value) for name, value in content["ratios"].items()}
        return Baseline(content["date"], content["processor"], ratios)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path} is no baseline of benchmarks: {error!r}") from None


def save_baseline(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON."""
    path.write_text(json.dumps(vars(baseline), indent=1, ensure_ascii=False) + "\n")


def compare(baseline: Baseline, session: Session) -> Comparison:
    """Return what got slower or faster by more than :data:`ALLOWANCE`, and what came or went."""
    readings = {reading.name: reading for reading in _guarded(session)}
    comparison = Comparison(
        [], [], [], [name for name in readings if name not in baseline.ratios], []
    )
    for name, before in baseline.ratios.items():
        if name not in readings:
            comparison.missing.append(name)
            continue
        worse = slowdown(readings[name], before)
        if worse > 1 + ALLOWANCE:
            comparison.slower.append((readings[name], before))
        elif worse < 1 / (1 + ALLOWANCE):
            comparison.faster.append((readings[name], before))
        else:
            comparison.same.append(name)
    return comparison


def slowdown(reading: Reading, before: float) -> float:
    """Return how many times worse a reading is than the value kept for it."""
    ratio = reading.value / before
    return ratio if KINDS[reading.kind].better < 0 else 1 / ratio


def as_text(baseline: Baseline, session: Session, comparison: Comparison) -> str:
    """Return a line for each reading that changed, what got slower first."""
    lines = [
        f"{word}: {reading.name}: {number(reading, before)} → {number(reading, reading.value)}"
        for word, changed in (("slower", comparison.slower), ("faster", comparison.faster))
        for reading, before in changed
    ]
    lines += [f"not measured any more: {name}" for name in comparison.missing]
    lines += [f"new, not in the baseline: {name}" for name in comparison.new]
    lines.append(
        f"{len(comparison.same)} ratios within {ALLOWANCE:.0%} of the baseline of {baseline.date}, "
        f"{len(comparison.slower)} slower, {len(comparison.faster)} faster"
    )
    processor = session.machine.get("processor", "unknown")
    if processor != baseline.processor:
        lines.append(f"the baseline is of another processor: {baseline.processor}, not {processor}")
    return "\n".join(lines) + "\n"


def _guarded(session: Session) -> list[Reading]:
    return [reading for reading in session.readings if KINDS[reading.kind].kept]
