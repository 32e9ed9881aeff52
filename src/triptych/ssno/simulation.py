"""From a system to its trajectories."""

from __future__ import annotations

import zlib

import numpy as np
import torch
import xarray as xr

from triptych.ssno.etdrk4 import integrate
from triptych.ssno.system import System, multiple


def split_rng(system: System, split: str, seed: int) -> np.random.Generator:
    """Return the generator of one split: its numbers depend on these three and on nothing else."""
    keys = [seed, zlib.crc32(system.name.encode()), zlib.crc32(split.encode())]
    return np.random.default_rng(np.random.SeedSequence(keys))


def simulate(
    system: System, split: str, *, seed: int = 0, device: torch.device | str = "cpu"
) -> xr.Dataset:
    """Solve the equation for one split and store the frames on the model's grid.

    The solver runs in float64 on the source grid. Frames are cut to the modes that the model grid
    resolves, never sampled with a stride (which would fold the others back in), and stored as
    float32 as they come: only the present state is kept in double precision.

    Parameters
    ----------
    split
        Name of one of the system's splits.
    seed
        Seed of the data, the same for all splits of a run.

    Returns
    -------
    xr.Dataset
        ``state`` with dimensions (trajectory, time, channel, *grid).

    Raises
    ------
    KeyError
        If the system has no such split.
    """
    if split not in system.splits:
        known = ", ".join(system.splits)
        raise KeyError(f"system {system.name} has no split {split!r}; known: {known}")
    chosen = system.splits[split]
    solver = system.domain.transform(system.source_points, system.source_cutoff, device=device)
    kept = min(system.source_cutoff, system.domain.cutoff(system.points, 1.0))
    stored = system.domain.transform(system.points, kept, device=device)
    law = chosen.initial or system.initial
    rng = split_rng(system, split, seed)
    initial = law.sample(system.domain, solver, chosen.trajectories, rng)
    frames = multiple(chosen.horizon, system.storage_step, "horizon", "storage_step") + 1
    shape = (chosen.trajectories, frames, len(system.channels), *stored.grid)
    state = np.empty(shape, np.float32)
    steps = multiple(system.storage_step, system.solver_step, "storage_step", "solver_step")
    states = integrate(
        system.equation,
        solver,
        initial.to(device),
        step_size=system.solver_step,
        steps_per_frame=steps,
        frames=frames,
        onset=system.onset,
    )
    for frame, coefficients in enumerate(states):
        field = stored.inverse(solver.embed(coefficients, stored))
        state[:, frame] = field.to(torch.float32).cpu().numpy()
    return as_dataset(system, state, split, seed)


def as_dataset(system: System, state: np.ndarray, split: str, seed: int) -> xr.Dataset:
    """Return frames ``(trajectory, time, channel, *grid)`` with coordinates and attributes."""
    axes = system.domain.transform(system.points).coordinates()
    times = np.arange(state.shape[1]) * system.storage_step
    dataset = xr.Dataset(
        {"state": (("trajectory", "time", "channel", *axes), state)},
        coords={
            "trajectory": np.arange(state.shape[0]),
            "time": ("time", times, {"units": "1"}),
            "channel": list(system.channels),
            **{
                name: (name, values, {"units": "degrees" if "itude" in name else "1"})
                for name, values in axes.items()
            },
        },
        attrs={"system": system.name, "split": split, "data_seed": seed, "title": system.title},
    )
    dataset["state"].encoding["chunks"] = (1, min(state.shape[1], 16), *state.shape[2:])
    return dataset
