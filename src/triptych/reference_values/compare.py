"""Measured numbers against their reference values: what moved, what is missing, what agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triptych.reference_values.measure import Measurement, Unmeasurable
from triptych.reference_values.registry import ReferenceValue, Registry, Tolerance

AGREES, MOVED, MISSING, NEW = "agrees", "moved", "missing", "never measured"
Measurements = Mapping[tuple[str, str], Measurement | Unmeasurable]
"""By figure and name, as from :func:`triptych.reference_values.measure.measure_all`."""


@dataclass(frozen=True)
class Outcome:
    """The state of one reference value, and the reason of it; empty where the numbers agree."""

    figure: str
    name: str
    state: str
    reason: str


def compare(registry: Registry, scale: str, measurements: Measurements) -> list[Outcome]:
    """Return the outcome of every reference value of a scale, in the order of the file."""
    return [
        Outcome(
            figure,
            entry.name,
            *_verdict(entry, registry.tolerances[entry.within], measurements[figure, entry.name]),
        )
        for figure, entries in registry.of_scale(scale).items()
        for entry in entries
    ]


def renewed(registry: Registry, scale: str, measurements: Measurements) -> Registry:
    """Return the registry with a scale's values as measured; those that could not be stay."""
    figures = {
        figure: [_renewed(entry, measurements[figure, entry.name]) for entry in entries]
        for figure, entries in registry.of_scale(scale).items()
    }
    return registry.model_copy(update={"scales": {**registry.scales, scale: figures}})


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return what does not agree, by kind, and last how many there are of each."""
    counts = Counter(outcome.state for outcome in outcomes)
    summary = f"{counts[AGREES]} of {len(outcomes)} reference values agree"
    lines = []
    for state in (MOVED, MISSING, NEW):
        if counts[state]:
            lines.append(f"{state}:")
            lines += [f"  {o.figure}, {o.name}: {o.reason}" for o in outcomes if o.state == state]
            summary += f", {counts[state]} {state}"
    return "\n".join([*lines, summary]) + "\n"


def _verdict(
    entry: ReferenceValue, tolerance: Tolerance, measurement: Measurement | Unmeasurable
) -> tuple[str, str]:
    """Return the state and the reason of it."""
    if isinstance(measurement, Unmeasurable):
        return MISSING, str(measurement)
    if not entry.measured:
        return NEW, "its value is null"
    value, finite = measurement.value, measurement.finite
    if finite != entry.finite:
        return MOVED, f"share of finite values {finite:.4g} instead of {entry.finite:.4g}"
    if entry.value is None or value is None:
        return AGREES, ""
    low, high = tolerance.band(entry.value)
    if low <= value <= high:
        return AGREES, ""
    change = f"{value:.6g} instead of {entry.value:.6g}, outside {low:.4g} to {high:.4g}"
    return MOVED, f"{change} ({entry.within}: {tolerance.because})"


def _renewed(entry: ReferenceValue, measurement: Measurement | Unmeasurable) -> ReferenceValue:
    if isinstance(measurement, Unmeasurable):
        return entry
    return entry.model_copy(update={"value": measurement.value, "finite": measurement.finite})
