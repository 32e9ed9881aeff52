"""Whether a run agrees with the reference values of its scale: a few numbers behind each figure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from triptych.claims.registry import FigureName
from triptych.config.base import Name, Section, Text
from triptych.config.load import validated
from triptych.runtime.store import DamagedResult, atomic, read_store

AGREES, MOVED, MISSING, NEW = "agrees", "moved", "missing", "never measured"
DIGITS = 8
"""Digits that are kept of a number."""

Reduction = Literal["mean", "median", "min", "max", "sum", "std"]
Value = bool | int | float | str


class Tolerance(Section):
    """How far a number may come out from its reference value, and why that far.

    Attributes
    ----------
    relative, absolute
        The larger of the two counts; without any the number has to come out exactly.
    factor
        How many times larger or smaller it may be at most, within what the others leave: for
        numbers that a margin would let vanish.
    because
        What moves such a number on another machine, or that nothing does.
    """

    relative: float = Field(default=0.0, ge=0)
    absolute: float = Field(default=0.0, ge=0)
    factor: float | None = Field(default=None, gt=1)
    because: Text

    def band(self, value: float) -> tuple[float, float]:
        """Return the lowest and the highest number that agree with a reference value."""
        margin = max(self.absolute, self.relative * abs(value))
        low, high = value - margin, value + margin
        if self.factor is None:
            return low, high
        smallest, largest = sorted((value / self.factor, value * self.factor))
        return max(low, smallest), min(high, largest)


class ReferenceValue(Section):
    """One number of one store.

    Attributes
    ----------
    name
        What it is, for people.
    store
        Path of the store below ``results/<scale>``.
    variable
        The variable that is put together into the number.
    select
        The part of it that is taken: by the name of a one-dimensional coordinate or variable, or of
        a dimension, the value or values there.
    first
        Dimensions that are put together before all others, in this order, and how.
    reduce
        How the rest is put together; what is not finite is left out.
    within
        The name of its tolerance.
    value
        The reference value itself; null until it has been measured, and where nothing is finite.
    finite
        The share of the values that were finite; any other share is a change.
    """

    name: Text
    store: Annotated[str, Field(pattern=r"^[^/].*\.zarr$")]
    variable: Text
    select: dict[str, Value | Annotated[list[Value], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    first: dict[str, Reduction] = Field(default_factory=dict)
    reduce: Reduction = "mean"
    within: Name
    value: float | None
    finite: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _number_of_something(self) -> ReferenceValue:
        if self.finite == 0 and self.value is not None:
            raise ValueError("a value needs something finite, but finite is 0")
        return self

    @property
    def measured(self) -> bool:
        """Whether it is known what to expect."""
        return self.value is not None or self.finite == 0


class Registry(Section):
    """Tolerances by name, and reference values by scale and figure."""

    tolerances: dict[Name, Tolerance]
    scales: dict[Name, dict[FigureName, list[ReferenceValue]]]

    @model_validator(mode="after")
    def _complete(self) -> Registry:
        for scale, figures in self.scales.items():
            for figure, entries in figures.items():
                place, names = f"{scale}.{figure}", [entry.name for entry in entries]
                for entry in entries:
                    if names.count(entry.name) > 1:
                        raise ValueError(f"{place}: {entry.name!r} comes more than once")
                    if entry.within not in self.tolerances:
                        raise ValueError(
                            f"{place}: {entry.name!r} is within {entry.within!r}, which is no "
                            f"tolerance; known: {', '.join(self.tolerances)}"
                        )
        return self


class Measurement(NamedTuple):
    """A number in its variable's unit, None where nothing is finite; the share that was finite."""

    value: float | None
    finite: float


class Outcome(NamedTuple):
    """What came out for one reference value, and in words what was expected or lacks."""

    figure: str
    entry: ReferenceValue
    state: str
    reason: str
    measurement: Measurement | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what was measured of what, and how it compares, as plain values."""
        return {
            "figure": self.figure,
            "name": self.entry.name,
            "state": self.state,
            "value": self.measurement and self.measurement.value,
            "reference": self.entry.value,
            "reason": self.reason,
        }


class Unmeasurable(Exception):
    """What a number is measured on is not among the results; the message says what."""


def load_registry(path: Path) -> Registry:
    """Read the file of reference values.

    Raises
    ------
    ValueError
        If it is no JSON, or with one line for every key that is wrong.
    """
    try:
        values = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    return validated(Registry, values, str(path))


def save_registry(registry: Registry, path: Path) -> None:
    """Write the file, one reference value a line, so that a difference shows each that changed."""
    with atomic(path) as sibling:
        sibling.write_text(_json(registry.model_dump(exclude_defaults=True)) + "\n")


def compare(registry: Registry, results: Path) -> list[Outcome]:
    """Return the outcome of every reference value of a scale, in the order of the file.

    Raises
    ------
    ValueError
        If none are kept of the scale that the folder is named after; names those that have some.
    """
    scale = results.resolve().name
    if scale not in registry.scales:
        known = ", ".join(registry.scales)
        raise ValueError(f"no reference values are kept of the scale {scale!r}; known: {known}")
    opened = cache(_open)
    return [
        _outcome(
            figure, entry, registry.tolerances[entry.within], partial(opened, results / entry.store)
        )
        for figure, entries in registry.scales[scale].items()
        for entry in entries
    ]


def renewed(registry: Registry, scale: str, outcomes: Iterable[Outcome]) -> Registry:
    """Return the registry with a scale's values as measured; those that could not be stay."""
    figures: dict[str, list[ReferenceValue]] = {}
    for figure, entry, _, _, measurement in outcomes:
        values = measurement._asdict() if measurement else {}
        figures.setdefault(figure, []).append(entry.model_copy(update=values))
    return registry.model_copy(update={"scales": {**registry.scales, scale: figures}})


def as_text(outcomes: Sequence[Outcome], full: bool = False) -> str:
    """Return by figure how many numbers agree, and what of the others, or in ``full`` of all."""
    lines = []
    for figure, group in groupby(outcomes, key=lambda outcome: outcome.figure):
        own = list(group)
        lines.append(f"{figure}: {_count(own)} agree")
        shown = (outcome for outcome in own if full or outcome.state != AGREES)
        lines += [f"  {o.state}: {o.entry.name}: {o.reason}" for o in shown]
    counts = Counter(outcome.state for outcome in outcomes)
    others = "".join(f", {counts[s]} {s}" for s in (MOVED, MISSING, NEW) if counts[s])
    return "\n".join([*lines, f"{_count(outcomes)} reference values agree{others}"]) + "\n"


def measure(store: xr.Dataset, entry: ReferenceValue) -> Measurement:
    """Return the number that belongs to one reference value, rounded to eight digits.

    Raises
    ------
    Unmeasurable
        If the store lacks the variable, a dimension or a value that is asked for. The message
        names those that there are.
    """
    _variable(store, entry.variable)
    for name, values in entry.select.items():
        store = _select(store, entry.variable, name, values)
    selected = store[entry.variable]
    if selected.dtype.kind not in "biuf":
        raise Unmeasurable(f"{entry.variable} holds no numbers but {selected.dtype}")
    numbers = selected.astype(np.float64)
    finite = np.isfinite(numbers)
    reduced = numbers.where(finite)
    for dim, reduction in entry.first.items():
        if dim not in reduced.dims:
            raise Unmeasurable(f"{entry.variable} has no dimension {dim!r}{_options(reduced.dims)}")
        reduced = _reduce(reduced, reduction, dim)
    value = _reduce(reduced, entry.reduce)
    return Measurement(_rounded(value) if finite.any() else None, _rounded(finite.mean()))


def verdict(
    entry: ReferenceValue, tolerance: Tolerance, measurement: Measurement
) -> tuple[str, str]:
    """Return the state of what was measured for a reference value, and the reason of it."""
    value, finite = measurement
    if not entry.measured:
        return NEW, "its value is null"
    if finite != entry.finite:
        return MOVED, f"share of finite values {finite:.4g} instead of {entry.finite:.4g}"
    if entry.value is None or value is None:
        return AGREES, "nothing is finite"
    low, high = tolerance.band(entry.value)
    why = f"{low:.4g} to {high:.4g} ({entry.within}: {tolerance.because})"
    if low <= value <= high:
        return AGREES, f"{value:.6g}, within {why}"
    return MOVED, f"{value:.6g} instead of {entry.value:.6g}, outside {why}"


def _outcome(
    figure: str, entry: ReferenceValue, tolerance: Tolerance, store: Callable[[], xr.Dataset]
) -> Outcome:
    try:
        measurement = measure(store(), entry)
    except Unmeasurable as missing:
        return Outcome(figure, entry, MISSING, str(missing))
    return Outcome(figure, entry, *verdict(entry, tolerance, measurement), measurement)


def _open(path: Path) -> xr.Dataset:
    if not path.exists():
        raise Unmeasurable(f"there is no {path}")
    try:
        return read_store(path)
    except DamagedResult as damage:
        raise Unmeasurable(str(damage)) from damage


def _variable(store: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable, or the places along a dimension that has no coordinate."""
    if name not in store and name not in store.dims:
        raise Unmeasurable(f"there is no {name!r}{_options(sorted(map(str, store.variables)))}")
    return store[name]


def _select(store: xr.Dataset, variable: str, name: str, values: Any) -> xr.Dataset:
    """Return the part of a store where ``name`` has one of the given values."""
    labels = _variable(store, name)
    if labels.ndim != 1 or labels.dims[0] not in store[variable].dims:
        raise Unmeasurable(f"{name} does not run along one dimension of {variable}")
    chosen = np.zeros(labels.size, dtype=bool)
    for value in values if isinstance(values, list) else [values]:
        if labels.dtype.kind == "f" and not isinstance(value, str):
            matches = np.isclose(labels, value, rtol=1e-6, atol=0)
        else:
            matches = labels.values == value
        if not matches.any():
            present = dict.fromkeys(labels.values.tolist())
            raise Unmeasurable(f"{name} has no {value!r}{_options(present)}")
        chosen |= matches
    return store.isel({labels.dims[0]: chosen})


def _reduce(values: xr.DataArray, reduction: str, dim: str | None = None) -> xr.DataArray:
    """Put finite values together; NaN stays where there was none, also in a sum."""
    return getattr(values, reduction)(dim).where(values.notnull().any(dim))


def _rounded(value: xr.DataArray) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _options(options: Iterable[object]) -> str:
    return "; there are " + ", ".join(map(str, options))


def _count(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(o.state == AGREES for o in outcomes)} of {len(outcomes)}"


def _json(value: Any, margin: str = "") -> str:
    """Return JSON, a tolerance or a reference value on one line."""
    if "because" in value or "within" in value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = margin + " "
    if isinstance(value, list):
        ends, parts = "[]", [_json(item, inner) for item in value]
    else:
        ends, parts = "{}", [f"{json.dumps(k)}: {_json(v, inner)}" for k, v in value.items()]
    return f"{ends[0]}\n{inner}" + f",\n{inner}".join(parts) + f"\n{margin}{ends[1]}"
