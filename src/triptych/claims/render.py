"""The evaluated claims as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triptych.claims.evaluate import FAILS, HOLDS, NOT_RUN, VERDICTS, evaluate
from triptych.claims.files import read_json
from triptych.claims.registry import Claim
from triptych.config.papers import PAPERS, Paper

HEADINGS = ("", "claim", "measured [interval]", "needed", "verdict", "shown by")
Row = Mapping[str, Any]
_PLURAL = {HOLDS: "hold", FAILS: "do not hold"}


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.3g}"


def value_text(row: Row) -> str:
    """Return the measured value with its interval, or why there is none."""
    if row["verdict"] == NOT_RUN:
        return str(row["reason_not_run"])
    if row["low"] == row["high"]:
        return number(row["value"])
    return f"{number(row['value'])} [{number(row['low'])}, {number(row['high'])}]"


def threshold_text(row: Row) -> str:
    """Return the threshold in words."""
    if row["at_least"] is not None:
        return f"≥ {number(row['at_least'])}"
    return f"≤ {number(row['at_most'])}"


def cells(row: Row) -> list[str]:
    """Return what a row of the table says, in the order of :data:`HEADINGS`."""
    verdict = row["verdict"] if row["counts"] else f"({row['verdict']}: not counted)"
    return [row["claim"], row["says"], value_text(row), threshold_text(row), verdict, row["figure"]]


def totals(rows: Sequence[Row]) -> str:
    """Return how many claims met which verdict."""
    counts = {v: sum(row["verdict"] == v for row in rows) for v in VERDICTS}
    words = {v: v if n == 1 else _PLURAL.get(v, v) for v, n in counts.items()}
    return ", ".join(f"{n} {words[v]}" for v, n in counts.items() if n)


def as_markdown(rows: Sequence[Row]) -> str:
    """Return one table, claims down."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    lines += ["| " + " | ".join(c.replace("|", "\\|") for c in cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def section(claims: Mapping[str, Any], measured: Path, scale: str) -> str:
    """Return the verdicts on a paper's claims as Markdown.

    Parameters
    ----------
    claims : mapping of str to mapping
        Fields of :class:`triptych.claims.registry.Claim` by the claim's name.
    measured : Path
        The file of what was measured.
    scale : str
        Such as ``laptop``.

    Returns
    -------
    str
    """
    registry = {name: Claim.model_validate(claim) for name, claim in claims.items()}
    rows = evaluate(registry, read_json(measured), scale)
    return f"{totals(rows)}.\n\n{as_markdown(rows)}"


def by_paper(rows: Sequence[Row]) -> list[tuple[Paper, list[Row]]]:
    """Return the papers in the order of the rows, each with its own.

    Parameters
    ----------
    rows : sequence of mapping
        As from :func:`triptych.claims.evaluate.evaluate`.

    Returns
    -------
    list of tuple of Paper and list
    """
    names = dict.fromkeys(row["paper"] for row in rows)
    return [(PAPERS[name], [row for row in rows if row["paper"] == name]) for name in names]
