"""The judged claims as tables for people: Markdown and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from triptych.claims.files import read_json
from triptych.claims.judge import NOT_RUN, VERDICTS, judged
from triptych.claims.ledger import Claim

PAPERS = {
    "ssno": "Stable spectral neural operator",
    "cycles": "Nonequilibrium latent cycles",
    "toxicity": "Sparse task masks for toxicity",
}
HEADINGS = ("", "claim", "measured [interval]", "needed", "verdict", "shown by")
Row = Mapping[str, Any]


def number(value: float) -> str:
    """Return a number with three digits that count."""
    return f"{value:.3g}"


def found(row: Row) -> str:
    """Return the measured value with its interval, or why there is none."""
    if row["verdict"] == NOT_RUN:
        return str(row["reason_not_run"])
    if row["low"] == row["high"]:
        return number(row["value"])
    return f"{number(row['value'])} [{number(row['low'])}, {number(row['high'])}]"


def needed(row: Row) -> str:
    """Return the threshold in words."""
    if row["at_least"] is not None:
        return f"≥ {number(row['at_least'])}"
    return f"≤ {number(row['at_most'])}"


def cells(row: Row) -> list[str]:
    """Return what a row of the table says, in the order of :data:`HEADINGS`."""
    verdict = row["verdict"] if row["counts"] else f"({row['verdict']}: not counted)"
    return [row["claim"], row["says"], found(row), needed(row), verdict, row["figure"]]


def totals(rows: Sequence[Row]) -> str:
    """Return how many claims met which verdict."""
    counts = {v: sum(row["verdict"] == v for row in rows) for v in VERDICTS}
    return ", ".join(f"{n} {v}" for v, n in counts.items() if n)


def as_markdown(rows: Sequence[Row]) -> str:
    """Return one table, claims down."""
    lines = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    lines += ["| " + " | ".join(c.replace("|", "\\|") for c in cells(row)) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def section(claims: Mapping[str, Any], measured: Path, scale: str) -> str:
    """Return the verdicts on a paper's claims as Markdown, from the file of what was measured."""
    ledger = {name: Claim.model_validate(claim) for name, claim in claims.items()}
    rows = judged(ledger, read_json(measured), scale)
    return f"{totals(rows)}.\n\n{as_markdown(rows)}"


def as_html(rows: Sequence[Row], scale: str) -> str:
    """Return a page that stands alone: one table a paper, with what was measured and why."""
    parts = [f"<h1>Claims, {escape(scale)} scale</h1><p>{escape(totals(rows))}.</p>"]
    for paper in dict.fromkeys(row["paper"] for row in rows):
        parts.append(f"<h2>{escape(PAPERS[paper])}</h2><div class='wide'><table><tr>")
        parts += [f"<th>{escape(heading)}</th>" for heading in HEADINGS]
        parts.append("</tr>")
        parts += [_html_row(row) for row in rows if row["paper"] == paper]
        parts.append("</table></div>")
    return _PAGE.format(title=f"Claims, {escape(scale)} scale", body="\n".join(parts))


def _html_row(row: Row) -> str:
    values = [f"<td>{escape(text)}</td>" for text in cells(row)]
    why = f"{row['quantity']}: {row['about'] or row['reason_not_run']}. {row['reason']}"
    kind = row["verdict"].replace(" ", "-")
    return f"<tr class='{kind}' title='{escape(why, quote=True)}'>{''.join(values)}</tr>"


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ddd;
  vertical-align: top; }}
td:nth-child(5) {{ font-weight: 600; }}
.holds td:nth-child(5) {{ color: #00694d; }}
.does-not-hold td:nth-child(5) {{ color: #a84300; }}
.inconclusive td:nth-child(5), .not-run td:nth-child(5) {{ color: #666; }}
</style></head><body>
{body}
</body></html>
"""
