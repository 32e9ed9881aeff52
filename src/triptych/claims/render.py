"""The evaluated claims and findings as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from triptych.claims.evaluate import FAILS, HOLDS, VERDICTS, by_kind, evaluate
from triptych.claims.measure import read_json
from triptych.claims.measured import ROUNDING
from triptych.claims.registry import Claim, Finding

CLAIM_HEADINGS = ("", "claim", "measured [interval]", "needed", "verdict", "on", "shown by")
FINDING_HEADINGS = ("", "beyond the papers", "measured [interval]", "on", "shown by")
Row = Mapping[str, Any]
_PLURAL = {HOLDS: "hold", FAILS: "do not hold"}


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.3g}"


def value_text(row: Row) -> str:
    """Return the measured value with its interval, or why there is none."""
    if row["why_not"] is not None:
        return str(row["why_not"])
    if max(abs(row["low"]), abs(row["high"])) < ROUNDING:
        return "0 to rounding"
    if row["low"] == row["high"]:
        return number(row["value"])
    return f"{number(row['value'])} [{number(row['low'])}, {number(row['high'])}]"


def needed_text(row: Row) -> str:
    """Return what is measured, and its threshold."""
    sign, line = ("≤", row["at_most"]) if row["at_least"] is None else ("≥", row["at_least"])
    return f"{row['measures']} {sign} {number(line)}"


def cells(row: Row) -> list[str]:
    """Return what a row of a table says, in the order of the headings of its kind."""
    line = [needed_text(row), row["verdict"]] if "verdict" in row else []
    return [row["name"], row["says"], value_text(row), *line, row["basis"] or "–", row["figure"]]


def totals(rows: Sequence[Row]) -> str:
    """Return how many rows met which verdict, and whether verdicts count at this scale."""
    counts = {v: sum(row["verdict"] == v for row in rows) for v in VERDICTS}
    words = {v: v if n == 1 else _PLURAL.get(v, v) for v, n in counts.items()}
    met = ", ".join(f"{n} {words[v]}" for v, n in counts.items() if n)
    return met if any(row["counts"] for row in rows) else f"{met} (at this scale they do not count)"


def as_markdown(rows: Sequence[Row]) -> str:
    """Return how many claims met which verdict, a table of claims, and one of what was found."""
    claims, findings = by_kind(rows)
    text = f"{totals(claims)}.\n\n{table(CLAIM_HEADINGS, map(cells, claims))}"
    return f"{text}\n{table(FINDING_HEADINGS, map(cells, findings))}" if findings else text


def section(
    claims: Mapping[str, Any], findings: Mapping[str, Any], measured: Path, scale: str
) -> str:
    """Return a paper's claims and findings as Markdown, for its notebook.

    Parameters
    ----------
    claims, findings : mapping of str to mapping of str to object
        Fields of :class:`triptych.claims.registry.Claim` and of ``Finding``, by name.
    measured : Path
        The file of what was measured.
    scale : str
        At which it was measured.
    """
    entries: dict[str, Finding] = {n: Claim.model_validate(claim) for n, claim in claims.items()}
    entries |= {name: Finding.model_validate(finding) for name, finding in findings.items()}
    return as_markdown(evaluate(entries, read_json(measured), scale))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as Markdown, cell by cell as text."""
    lines = ["| " + " | ".join(headings) + " |", "|---" * len(headings) + "|"]
    lines += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
