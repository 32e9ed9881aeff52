"""The evaluated claims as tables for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from triptych.claims.evaluate import FAILS, HOLDS, NOT_RUN, VERDICTS, evaluate
from triptych.claims.measure import read_json
from triptych.claims.registry import Claim

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
    claims
        Fields of :class:`triptych.claims.registry.Claim` by the claim's name.
    measured
        The file of what was measured.
    """
    registry = {name: Claim.model_validate(claim) for name, claim in claims.items()}
    return _with_totals(evaluate(registry, read_json(measured), scale), "")


def readme_block(claims: Path) -> str:
    """Return the verdicts of ``results/<scale>/claims.json`` with the date of the run."""
    created = json.loads(claims.read_text())["record"].get("created", "unknown date")
    return _with_totals(read_json(claims), f": {claims.parent.name} scale, {created[:10]}")


def _with_totals(rows: Sequence[Row], run: str) -> str:
    return f"{totals(rows)}{run}.\n\n{as_markdown(rows)}"
