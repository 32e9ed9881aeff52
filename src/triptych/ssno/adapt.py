"""From a scale's settings to a system and its model: the same equations, other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from triptych.ssno.system import Split, System
from triptych.ssno.systems import get_system

GRID_FIELDS = ("source_points", "points", "solver_step", "storage_step", "dt")
"""The settings that are fields of a system under the same name."""


def adapt(name: str, settings: Mapping[str, Any], points: int | None = None) -> System:
    """Return a registered system with the numbers of a scale.

    Parameters
    ----------
    name : str
        Of a registered system.
    settings : mapping of str to Any
        As ``grid`` in the configuration.
    points : int, optional
        Another model grid than the scale's: the same initial fields seen at another resolution.

    Raises
    ------
    KeyError
        If there is no such system; the message lists those known.
    ValueError
        If grid and steps do not fit each other.
    """
    registered = get_system(name)
    fields = {field: settings[field] for field in GRID_FIELDS}
    if points is not None:
        fields["points"] = points
    splits = {key: _split(key, split, settings) for key, split in registered.splits.items()}
    return replace(registered, **fields, splits=splits)


def _split(name: str, split: Split, grid: Mapping[str, Any]) -> Split:
    if name in ("train", "val"):
        count = grid["trajectories"] if name == "train" else split.trajectories
        return replace(split, horizon=grid["horizon"], trajectories=count)
    horizon = grid["test_horizon"] * (grid["long"] if name == "long" else 1)
    return replace(split, horizon=horizon, trajectories=grid["test_trajectories"])
