"""Measured numbers against those that are kept: what moved, what is missing, what agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triptych.fingerprints.ledger import Fingerprint, Ledger, Tolerance
from triptych.fingerprints.measure import Found, Unmeasurable

AGREES, MOVED, MISSING, NEW = "agrees", "moved", "missing", "never measured"
Measured = Mapping[tuple[str, str], Found | Unmeasurable]


@dataclass(frozen=True)
class Outcome:
    """What became of one fingerprint: its state, and what is to be said about it."""

    figure: str
    name: str
    state: str
    about: str


def compare(ledger: Ledger, scale: str, found: Measured) -> list[Outcome]:
    """Return what became of every fingerprint of a scale, in the order of the file.

    Parameters
    ----------
    found
        As from :func:`triptych.fingerprints.measure.measure_all`.
    """
    return [
        Outcome(
            figure,
            entry.name,
            *_verdict(entry, ledger.tolerances[entry.within], found[figure, entry.name]),
        )
        for figure, entries in ledger.of_scale(scale).items()
        for entry in entries
    ]


def renewed(ledger: Ledger, scale: str, found: Measured) -> Ledger:
    """Return the ledger with a scale's values as measured; those that could not be stay."""
    figures = {
        figure: [_renewed(entry, found[figure, entry.name]) for entry in entries]
        for figure, entries in ledger.of_scale(scale).items()
    }
    return ledger.model_copy(update={"scales": {**ledger.scales, scale: figures}})


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return what does not agree, by kind, and last how many there are of each."""
    lines = []
    for state in (MOVED, MISSING, NEW):
        told = [outcome for outcome in outcomes if outcome.state == state]
        lines += [f"{state}:"] if told else []
        lines += [f"  {one.figure}, {one.name}: {one.about}" for one in told]
    counts = {state: sum(one.state == state for one in outcomes) for state in (MOVED, MISSING, NEW)}
    agreeing = len(outcomes) - sum(counts.values())
    rest = "".join(f", {count} {state}" for state, count in counts.items() if count)
    lines.append(f"{agreeing} of {len(outcomes)} fingerprints agree{rest}")
    return "\n".join(lines) + "\n"


def _verdict(
    entry: Fingerprint, tolerance: Tolerance, found: Found | Unmeasurable
) -> tuple[str, str]:
    """Return the state, and what is to be said: nothing where all is well."""
    if isinstance(found, Unmeasurable):
        return MISSING, str(found)
    if not entry.measured:
        return NEW, "its value is null"
    if found.finite != entry.finite:
        return MOVED, f"share of finite values {found.finite:.4g} instead of {entry.finite:.4g}"
    if entry.value is None or found.value is None:
        return AGREES, ""
    low, high = tolerance.band(entry.value)
    if low <= found.value <= high:
        return AGREES, ""
    change = f"{found.value:.6g} instead of {entry.value:.6g}, outside {low:.4g} to {high:.4g}"
    return MOVED, f"{change} ({entry.within}: {tolerance.because})"


def _renewed(entry: Fingerprint, found: Found | Unmeasurable) -> Fingerprint:
    if isinstance(found, Unmeasurable):
        return entry
    return entry.model_copy(update={"value": found.value, "finite": found.finite})
