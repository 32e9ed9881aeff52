"""From a store to the number that a fingerprint is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import xarray as xr

from triptych.fingerprints.ledger import Fingerprint
from triptych.workflow.store import DamagedResult, read_store

DIGITS = 8
"""Digits that are kept of a number."""


@dataclass(frozen=True)
class Found:
    """A number, None where nothing is finite, and the share of the values that were finite."""

    value: float | None
    finite: float


class Unmeasurable(Exception):
    """What a fingerprint is made of is not among the results; the message says what."""


def measure_all(
    figures: Mapping[str, list[Fingerprint]], results: Path
) -> dict[tuple[str, str], Found | Unmeasurable]:
    """Measure every fingerprint, or say why it cannot be.

    Parameters
    ----------
    figures
        Fingerprints by figure.
    results
        The folder of the scale, ``results/<scale>``.

    Returns
    -------
    dict
        By figure and name.
    """
    opened = cache(_opened)
    found: dict[tuple[str, str], Found | Unmeasurable] = {}
    for figure, entries in figures.items():
        for entry in entries:
            try:
                found[figure, entry.name] = measure(opened(results / entry.store), entry)
            except Unmeasurable as reason:
                found[figure, entry.name] = reason
    return found


def measure(store: xr.Dataset, entry: Fingerprint) -> Found:
    """Return the number of one fingerprint.

    Raises
    ------
    Unmeasurable
        If the store lacks the variable, a dimension or a value that is asked for (the message names
        those that there are).
    """
    _variable(store, entry.variable)
    for name, wanted in entry.select.items():
        store = _selected(store, entry.variable, name, wanted)
    values = store[entry.variable]
    if values.dtype.kind not in "biuf":
        raise Unmeasurable(f"{entry.variable} holds no numbers but {values.dtype}")
    numbers = values.astype(np.float64)
    finite = np.isfinite(numbers)
    known = numbers.where(finite)
    for dim, reduction in entry.first.items():
        if dim not in known.dims:
            raise Unmeasurable(f"{entry.variable} has no dimension {dim!r}{_list(known.dims)}")
        known = _reduced(known, reduction, dim)
    value = _reduced(known, entry.reduce)
    return Found(_kept(value) if finite.any() else None, _kept(finite.mean()))


def _opened(path: Path) -> xr.Dataset:
    if not path.exists():
        raise Unmeasurable(f"there is no {path}")
    try:
        return read_store(path)
    except DamagedResult as damage:
        raise Unmeasurable(str(damage)) from damage


def _variable(store: xr.Dataset, name: str) -> xr.DataArray:
    """Return a variable, or the places along a dimension that has no coordinate."""
    if name not in store and name not in store.dims:
        raise Unmeasurable(f"there is no {name!r}{_list(sorted(map(str, store.variables)))}")
    return store[name]


def _selected(store: xr.Dataset, variable: str, name: str, wanted: object) -> xr.Dataset:
    """Return the part of a store where ``name`` has one of the values wanted."""
    labels = _variable(store, name)
    if labels.ndim != 1 or labels.dims[0] not in store[variable].dims:
        raise Unmeasurable(f"{name} does not run along one dimension of {variable}")
    held = labels.values.tolist()
    choices = wanted if isinstance(wanted, list) else [wanted]
    for choice in choices:
        if not any(_same(value, choice) for value in held):
            raise Unmeasurable(f"{name} has no {choice!r}{_list(dict.fromkeys(held))}")
    places = [n for n, value in enumerate(held) if any(_same(value, c) for c in choices)]
    return store.isel({labels.dims[0]: places})


def _same(held: object, wanted: object) -> bool:
    if isinstance(held, float) and isinstance(wanted, (int, float)):
        return math.isclose(held, wanted, rel_tol=1e-6)
    return held == wanted


def _reduced(values: xr.DataArray, reduction: str, dim: str | None = None) -> xr.DataArray:
    """Put finite values together; NaN stays where there was none, also in a sum."""
    return getattr(values, reduction)(dim).where(values.notnull().any(dim))


def _kept(value: xr.DataArray) -> float:
    return float(f"{float(value):.{DIGITS}g}")


def _list(there: Iterable[object]) -> str:
    return "; there are " + ", ".join(map(str, there))
