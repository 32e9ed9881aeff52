"""Verdicts: a measured quantity against its threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from triptych.claims.registry import COUNTS_AT, Claim, Finding

VERDICTS = ("holds", "does not hold", "inconclusive", "not evaluated")
HOLDS, FAILS, INCONCLUSIVE, NOT_EVALUATED = VERDICTS


def verdict(low: float, high: float, claim: Claim) -> str:
    """Return the verdict on an interval, no end of which is NaN: what all of it does."""
    if claim.at_least is not None:
        good, bad = low >= claim.at_least, high < claim.at_least
    else:
        assert claim.at_most is not None  # a claim has one of the two
        good, bad = high <= claim.at_most, low > claim.at_most
    return HOLDS if good else FAILS if bad else INCONCLUSIVE


def evaluate(
    entries: Mapping[str, Finding],
    measured: Mapping[str, Mapping[str, Any]],
    scale: str,
) -> list[dict[str, Any]]:
    """Return one row a claim or finding, in the order of the registry.

    Parameters
    ----------
    entries : mapping of str to Finding
        By name.
    measured : mapping of str to mapping of str to object
        As from :func:`triptych.claims.measure.measure`, of all papers together. What is not in it
        was not run.
    scale : str
        At which it was measured.

    Returns
    -------
    list of dict
        The entry's own fields, with ``name``, ``value``, ``low``, ``high``, ``basis`` (None where
        nothing was measured) and ``why_not``; of a claim ``verdict``, too, and ``counts``: whether
        verdicts do at this scale.
    """
    rows = []
    for name, entry in entries.items():
        row: dict[str, Any] = {"name": name, **_measured(name, entry, measured)}
        if isinstance(entry, Claim):
            run = row["why_not"] is None
            row["verdict"] = verdict(row["low"], row["high"], entry) if run else NOT_EVALUATED
            row["counts"] = scale in COUNTS_AT
        rows.append(row)
    return rows


def _measured(
    name: str, entry: Finding, measured: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the fields of a claim or finding with what was measured, or why nothing was."""
    measurement = measured.get(name, {"reason": "it is not among what was measured at this scale"})
    row = {**entry.model_dump(), "why_not": measurement.get("reason")}
    row |= {key: measurement.get(key) for key in ("value", "low", "high", "basis")}
    if row["why_not"] is None and any(math.isnan(row[key]) for key in ("value", "low", "high")):
        row["why_not"] = "the measured value is not a number"
    return row


def by_kind(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the rows of claims and those of findings, which have no verdict."""
    claims = [row for row in rows if "verdict" in row]
    return claims, [row for row in rows if "verdict" not in row]


def broken(claims: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that do not hold or could not be evaluated, at a scale where they count."""
    return [row for row in claims if row["counts"] and row["verdict"] in (FAILS, NOT_EVALUATED)]
