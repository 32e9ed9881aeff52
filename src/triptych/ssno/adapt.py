"""From a scale's settings to a system and its model: the same equations, other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from triptych.ssno.specs import ModelSpec
from triptych.ssno.system import Split, System
from triptych.ssno.systems import get_system


@dataclass(frozen=True)
class GridSettings:
    """Grid, steps and times of a system at one scale; see the configuration for their meaning."""

    source_points: int
    points: int
    solver_step: float
    storage_step: float
    dt: float
    horizon: float
    test_horizon: float
    long: int
    trajectories: int
    test_trajectories: int


def adapt(name: str, settings: Mapping[str, Any], points: int | None = None) -> System:
    """Return a registered system with the numbers of a scale.

    Parameters
    ----------
    name
        Of a registered system.
    settings
        As ``grid`` in the configuration.
    points
        Another model grid than the scale's: the same initial fields seen at another resolution.

    Raises
    ------
    KeyError
        If there is no such system; the message lists those known.
    ValueError
        If grid and steps do not fit each other.
    """
    registered = get_system(name)
    grid = GridSettings(**settings)
    return replace(
        registered,
        source_points=grid.source_points,
        points=points or grid.points,
        solver_step=grid.solver_step,
        storage_step=grid.storage_step,
        dt=grid.dt,
        splits={key: _split(key, split, grid) for key, split in registered.splits.items()},
    )


def model_spec(settings: Mapping[str, Any]) -> ModelSpec:
    """Return the shape of an SSNO from its sizes, padding and substeps."""
    return ModelSpec(**settings)


def _split(name: str, split: Split, grid: GridSettings) -> Split:
    if name in ("train", "val"):
        count = grid.trajectories if name == "train" else split.trajectories
        return replace(split, horizon=grid.horizon, trajectories=count)
    horizon = grid.long * grid.test_horizon if name == "long" else grid.test_horizon
    return replace(split, horizon=horizon, trajectories=grid.test_trajectories)
