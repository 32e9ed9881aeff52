"""The evaluated claims as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from triptych.claims.evaluate import FAILS, HOLDS, VERDICTS, collect, evaluate
from triptych.claims.measure import ROUNDING, read_json
from triptych.claims.registry import Claim, Finding, Registry
from triptych.config.papers import PAPERS
from triptych.runtime.layout import measured_claims

HEADINGS = ("", "claim", "measured [interval]", "needed", "verdict", "on", "shown by")
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


def threshold_text(row: Row) -> str:
    """Return the threshold."""
    if row["at_least"] is not None:
        return f"≥ {number(row['at_least'])}"
    return f"≤ {number(row['at_most'])}"


def needed_text(row: Row) -> str:
    """Return what is measured, and its threshold."""
    return f"{row['measures']} {threshold_text(row)}"


def cells(row: Row) -> list[str]:
    """Return what a row of the table says, in the order of :data:`HEADINGS`."""
    measured = [value_text(row), needed_text(row), row["verdict"], row["basis"] or "–"]
    return [row["claim"], row["says"], *measured, row["figure"]]


def finding_cells(row: Row) -> list[str]:
    """Return what a row of findings says, in the order of :data:`FINDING_HEADINGS`."""
    return [row["finding"], row["says"], value_text(row), row["basis"] or "–", row["figure"]]


def totals(rows: Sequence[Row]) -> str:
    """Return how many rows met which verdict, and whether verdicts count at this scale."""
    counts = {v: sum(row["verdict"] == v for row in rows) for v in VERDICTS}
    words = {v: v if n == 1 else _PLURAL.get(v, v) for v, n in counts.items()}
    met = ", ".join(f"{n} {words[v]}" for v, n in counts.items() if n)
    return met if any(row["counts"] for row in rows) else f"{met} (at this scale they do not count)"


def as_markdown(rows: Sequence[Row]) -> str:
    """Return how many claims met which verdict, and one table, claims down."""
    return f"{totals(rows)}.\n\n{_table(HEADINGS, map(cells, rows))}"


def findings_markdown(rows: Sequence[Row]) -> str:
    """Return one table, findings down."""
    return _table(FINDING_HEADINGS, map(finding_cells, rows))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|---" * len(headings) + "|"]
    lines += ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def section(claims: Mapping[str, Any], measured: Path, scale: str) -> str:
    """Return the verdicts on a paper's claims as Markdown, for its notebook.

    Parameters
    ----------
    claims
        Fields of :class:`triptych.claims.registry.Claim` by the claim's name.
    measured
        The file of what was measured.
    """
    registry = {name: Claim.model_validate(claim) for name, claim in claims.items()}
    return as_markdown(evaluate(registry, read_json(measured), scale))


def findings_section(findings: Mapping[str, Any], measured: Path) -> str:
    """Return what was found beyond the claims as Markdown; parameters as of :func:`section`."""
    registry = {name: Finding.model_validate(finding) for name, finding in findings.items()}
    return findings_markdown(collect(registry, read_json(measured)))


def verdicts_block(registry: Registry, scales: Sequence[Path]) -> str:
    """Return one table of verdicts, claims down and scales across.

    Parameters
    ----------
    scales
        Folders of scales, in which the claims of papers were measured.
    """
    columns = [evaluate(registry.claims, _measured(scale), scale.name) for scale in scales]
    runs = "; ".join(
        f"{scale.name}: {totals(rows)}" for scale, rows in zip(scales, columns, strict=True)
    )
    headings = ("", "claim", "needed", *(scale.name for scale in scales), "shown by")
    rows = (
        [row["claim"], row["says"], needed_text(row), *map(_verdict_text, same), row["figure"]]
        for row, *same in zip(columns[0], *columns, strict=True)
    )
    return f"{runs}.\n\n{_table(headings, rows)}"


def results_block(registry: Registry, scales: Sequence[Path]) -> str:
    """Return claims and findings of scales in full, a section a scale; folders as for verdicts."""
    sections = []
    for scale in scales:
        measured = _measured(scale)
        claims = as_markdown(evaluate(registry.claims, measured, scale.name))
        findings = findings_markdown(collect(registry.findings, measured))
        sections.append(f"## At the {scale.name} scale\n\n{claims}\n{findings}")
    return "\n".join(sections)


def outcome_texts(registry: Registry, scale: Path) -> dict[str, str]:
    """Return what came out of each claim and finding, by name; a folder as for verdicts."""
    measured = _measured(scale)
    verdicts = evaluate(registry.claims, measured, scale.name)
    findings = collect(registry.findings, measured)
    return {row["claim"]: _verdict_text(row) for row in verdicts} | {
        row["finding"]: value_text(row) for row in findings
    }


def _verdict_text(row: Row) -> str:
    """Return the verdict with what was measured; why there is none is for a longer table."""
    verdict = str(row["verdict"])
    return verdict if row["why_not"] is not None else f"{value_text(row)}: {verdict}"


def _measured(scale: Path) -> dict[str, Any]:
    """Return what was measured of every paper that was run at a scale."""
    files = (measured_claims(paper, scale) for paper in PAPERS)
    return dict(chain.from_iterable(read_json(file).items() for file in files if file.exists()))
