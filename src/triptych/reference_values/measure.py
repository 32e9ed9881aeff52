"""From a store to the number that is compared with a reference value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from triptych.reference_values.registry import ReferenceValue
from triptych.runtime.store import DamagedResult, read_store

DIGITS = 8
"""Digits that are kept of a number."""


@dataclass(frozen=True)
class Measurement:
    """A number measured on a store.

    Attributes
    ----------
    value
        In the variable's unit; None where nothing is finite.
    finite
        Share of the values that were finite.
    """

    value: float | None
    finite: float


class Unmeasurable(Exception):
    """What a number is measured on is not among the results; the message says what."""


def measure_all(
    figures: Mapping[str, list[ReferenceValue]], results: Path
) -> dict[tuple[str, str], Measurement | Unmeasurable]:
    """Measure each figure's numbers in a scale's folder, or say why not, by figure and name."""
    open_once = cache(_open)
    measurements: dict[tuple[str, str], Measurement | Unmeasurable] = {}
    for figure, entries in figures.items():
        for entry in entries:
            try:
                measurements[figure, entry.name] = measure(open_once(results / entry.store), entry)
            except Unmeasurable as reason:
                measurements[figure, entry.name] = reason
    return measurements


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
        if labels.dtype.kind == "f" and isinstance(value, (int, float)):
            matches = np.isclose(labels, value, rtol=1e-6, atol=0)
        else:
            matches = labels.values == value
        if not matches.any():
            raise Unmeasurable(
                f"{name} has no {value!r}{_options(dict.fromkeys(labels.values.tolist()))}"
            )
        chosen |= matches
    return store.isel({labels.dims[0]: chosen})


def _reduce(values: xr.DataArray, reduction: str, dim: str | None = None) -> xr.DataArray:
    """Put finite values together; NaN stays where there was none, also in a sum."""
    return getattr(values, reduction)(dim).where(values.notnull().any(dim))


def _rounded(value: xr.DataArray) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _options(options: Iterable[object]) -> str:
    return "; there are " + ", ".join(map(str, options))
