"""Verdicts: a measured quantity against its threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from triptych.claims.registry import COUNTS_AT, Claim, Finding

HOLDS, FAILS, INCONCLUSIVE, NOT_EVALUATED = (
    "holds",
    "does not hold",
    "inconclusive",
    "not evaluated",
)
VERDICTS = (HOLDS, FAILS, INCONCLUSIVE, NOT_EVALUATED)


def verdict(low: float, high: float, claim: Claim) -> str:
    """Return the verdict on an interval: it holds or fails only when all of it does.

    Raises
    ------
    ValueError
        If an end of the interval is not a number; infinite ones are allowed.
    """
    if math.isnan(low) or math.isnan(high):
        raise ValueError(f"the interval [{low}, {high}] is not a number")
    if claim.at_least is not None:
        good, bad = low >= claim.at_least, high < claim.at_least
    else:
        assert claim.at_most is not None  # a claim has one of the two
        good, bad = high <= claim.at_most, low > claim.at_most
    return HOLDS if good else FAILS if bad else INCONCLUSIVE


def evaluate(
    claims: Mapping[str, Claim],
    measured: Mapping[str, Mapping[str, Any]],
    scale: str,
) -> list[dict[str, Any]]:
    """Return one row a claim, in the order of the registry.

    Parameters
    ----------
    measured
        As from :func:`triptych.claims.measure.measure`, of all papers together. A claim that is
        not in it was not run.

    Returns
    -------
    list of dict
        The claim's own fields, with ``claim``, ``verdict``, ``value``, ``low``, ``high``, ``basis``
        (None where not evaluated), ``why_not`` and ``counts``: whether it counts at this scale.
    """
    rows = []
    for name, claim in claims.items():
        row: dict[str, Any] = {"claim": name, **_measured(name, claim, measured)}
        row["counts"] = scale in COUNTS_AT
        run = row["why_not"] is None
        row["verdict"] = verdict(row["low"], row["high"], claim) if run else NOT_EVALUATED
        rows.append(row)
    return rows


def collect(
    findings: Mapping[str, Finding], measured: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return one row a finding, as :func:`evaluate` does for claims, but without a verdict."""
    return [
        {"finding": name, **_measured(name, finding, measured)}
        for name, finding in findings.items()
    ]


def _measured(
    name: str, finding: Finding, measured: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the fields of a claim or finding with what was measured, or why nothing was."""
    measurement = measured.get(name, {"reason": "the paper was not run at this scale"})
    row = {**finding.model_dump(), "why_not": measurement.get("reason")}
    row |= {key: measurement.get(key) for key in ("value", "low", "high", "basis")}
    if row["why_not"] is None and any(math.isnan(row[key]) for key in ("value", "low", "high")):
        row["why_not"] = "the measured value is not a number"
    return row


def broken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that do not hold or could not be evaluated, at a scale where they count."""
    return [row for row in rows if row["counts"] and row["verdict"] in (FAILS, NOT_EVALUATED)]
