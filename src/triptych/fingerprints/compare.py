"""Measured numbers against their reference values: what moved, what is missing, what agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triptych.fingerprints.measure import Measurement, Unmeasurable
from triptych.fingerprints.registry import ReferenceValue, Registry, Tolerance

AGREES, MOVED, MISSING, NEW = "agrees", "moved", "missing", "never measured"
Measurements = Mapping[tuple[str, str], Measurement | Unmeasurable]


@dataclass(frozen=True)
class Outcome:
    """The state of one reference value, and the reason of it; empty where the numbers agree."""

    figure: str
    name: str
    state: str
    reason: str


def compare(registry: Registry, scale: str, measurements: Measurements) -> list[Outcome]:
    """Return the outcome of every reference value of a scale, in the order of the file.

    Parameters
    ----------
    registry : Registry
    scale : str
    measurements : mapping
        As from :func:`triptych.fingerprints.measure.measure_all`.

    Returns
    -------
    list of Outcome

    Raises
    ------
    ValueError
        If the scale has no reference values.
    """
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
    """Return the registry with a scale's values as measured; those that could not be stay.

    Parameters
    ----------
    registry : Registry
    scale : str
    measurements : mapping
        As from :func:`triptych.fingerprints.measure.measure_all`.

    Returns
    -------
    Registry

    Raises
    ------
    ValueError
        If the scale has no reference values.
    """
    figures = {
        figure: [_renewed(entry, measurements[figure, entry.name]) for entry in entries]
        for figure, entries in registry.of_scale(scale).items()
    }
    return registry.model_copy(update={"scales": {**registry.scales, scale: figures}})


def as_text(outcomes: Sequence[Outcome]) -> str:
    """Return what does not agree, by kind, and last how many there are of each."""
    lines = []
    for state in (MOVED, MISSING, NEW):
        listed = [outcome for outcome in outcomes if outcome.state == state]
        lines += [f"{state}:"] if listed else []
        lines += [f"  {one.figure}, {one.name}: {one.reason}" for one in listed]
    counts = {state: sum(one.state == state for one in outcomes) for state in (MOVED, MISSING, NEW)}
    agreeing = len(outcomes) - sum(counts.values())
    rest = "".join(f", {count} {state}" for state, count in counts.items() if count)
    lines.append(f"{agreeing} of {len(outcomes)} reference values agree{rest}")
    return "\n".join(lines) + "\n"


def _verdict(
    entry: ReferenceValue, tolerance: Tolerance, measurement: Measurement | Unmeasurable
) -> tuple[str, str]:
    """Return the state and the reason of it."""
    if isinstance(measurement, Unmeasurable):
        return MISSING, str(measurement)
    if not entry.measured:
        return NEW, "its value is null"
    if measurement.finite != entry.finite:
        return (
            MOVED,
            f"share of finite values {measurement.finite:.4g} instead of {entry.finite:.4g}",
        )
    if entry.value is None or measurement.value is None:
        return AGREES, ""
    low, high = tolerance.band(entry.value)
    if low <= measurement.value <= high:
        return AGREES, ""
    change = (
        f"{measurement.value:.6g} instead of {entry.value:.6g}, outside {low:.4g} to {high:.4g}"
    )
    return MOVED, f"{change} ({entry.within}: {tolerance.because})"


def _renewed(entry: ReferenceValue, measurement: Measurement | Unmeasurable) -> ReferenceValue:
    if isinstance(measurement, Unmeasurable):
        return entry
    return entry.model_copy(update={"value": measurement.value, "finite": measurement.finite})
