"""How the trajectories of a split lie in a store."""

from __future__ import annotations

import numpy as np
import xarray as xr

from triptych.ssno.domains import Sphere
from triptych.ssno.system import System

CHUNK_FRAMES = 16
"""Frames of one trajectory in a chunk: what is read and written at once."""


def blank(system: System, split: str, seed: int) -> xr.Dataset:
    """Return the dataset of a split, all but its values: ``state`` is NaN and takes no memory.

    Parameters
    ----------
    system : System
    split : str
        Name of one of the system's splits.
    seed : int
        Seed of the data, for the attributes.

    Returns
    -------
    xarray.Dataset
        ``state`` (trajectory, time, channel, *grid) float32, coordinates, attributes, and the
        shape of the chunks.

    Raises
    ------
    KeyError
        If the system has no such split.
    """
    frames, trajectories = system.frames(split), system.splits[split].trajectories
    axes = system.domain.transform(system.points).coordinates()
    grid = [len(values) for values in axes.values()]
    units = "degrees" if isinstance(system.domain, Sphere) else "1"
    shape = (trajectories, frames, len(system.channels), *grid)
    times = np.arange(frames) * system.storage_step
    unset = np.broadcast_to(np.float32(np.nan), shape)
    dataset = xr.Dataset(
        {"state": (("trajectory", "time", "channel", *axes), unset)},
        coords={
            "trajectory": np.arange(trajectories),
            "time": ("time", times, {"units": system.time_units}),
            "channel": list(system.channels),
            **{name: (name, values, {"units": units}) for name, values in axes.items()},
        },
        attrs={"system": system.name, "split": split, "data_seed": seed, "title": system.title},
    )
    dataset["state"].encoding["chunks"] = (1, min(frames, CHUNK_FRAMES), *shape[2:])
    return dataset
