"""The readings of a run as one table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from readings import KINDS, LESS, Reading, Session

HEADINGS = ("subject", "case", "threads", "what", "measured", "target", "met", "note")


def as_text(session: Session) -> str:
    """Return machine, readings and the count of the targets that are met, for a terminal."""
    rows = [HEADINGS, *map(_cells, session.readings)]
    shown = [list(HEADINGS), *(_unrepeated(row, before) for before, row in pairwise(rows))]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = [_aligned(row, widths) for row in shown]
    return "\n".join([machine(session), "", *lines, "", verdict(session)]) + "\n"


def machine(session: Session) -> str:
    """Return what the run was made on, in a line."""
    description = ", ".join(f"{name} {value}" for name, value in session.machine.items())
    return f"{session.date}, commit {session.commit}: {description}"


def verdict(session: Session) -> str:
    """Return how many targets are met, and the names of those that are not."""
    aimed = [reading for reading in session.readings if reading.met is not None]
    missed = [reading for reading in aimed if not reading.met]
    lines = [f"{len(aimed) - len(missed)} of {len(aimed)} targets met"]
    lines += [
        f"not met: {reading.name}: {number(reading, reading.value)}, wanted {_target(reading)}"
        for reading in missed
    ]
    return "\n".join(lines)


def number(reading: Reading, value: float) -> str:
    """Return a value of a reading's kind with its unit, to three digits."""
    unit = KINDS[reading.kind].unit
    if unit == "%":
        return f"{100 * value:.0f} %"
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def _target(reading: Reading) -> str:
    if reading.target is None:
        return ""
    sign = "≤" if KINDS[reading.kind].better == LESS else "≥"
    return f"{sign} {number(reading, reading.target)}"


def _cells(reading: Reading) -> tuple[str, ...]:
    return (
        reading.subject,
        reading.case,
        str(reading.threads),
        reading.what,
        number(reading, reading.value),
        _target(reading),
        {None: "", True: "yes", False: "no"}[reading.met],
        reading.note,
    )


def _unrepeated(row: Sequence[str], before: Sequence[str]) -> list[str]:
    """Return a row with the first cells blank that only repeat those of the row before."""
    cells, same = list(row), True
    for place in range(3):
        same = same and row[place] == before[place]
        if same:
            cells[place] = ""
    return cells


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        text.rjust(width) if name in ("measured", "target") else text.ljust(width)
        for name, text, width in zip(HEADINGS, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()
