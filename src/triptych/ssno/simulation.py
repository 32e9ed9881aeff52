"""From a system to its trajectories."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch

from triptych.ssno.etdrk4 import integrate
from triptych.ssno.layout import CHUNK_FRAMES
from triptych.ssno.system import System, multiple


def split_rng(system: System, split: str, seed: int) -> np.random.Generator:
    """Return the generator of one split; its numbers depend on these three and on nothing else.

    Parameters
    ----------
    system : System
        Its name counts.
    split : str
    seed : int
        Seed of the data, the same for all splits of a run.
    """
    keys = [seed, zlib.crc32(system.name.encode()), zlib.crc32(split.encode())]
    return np.random.default_rng(np.random.SeedSequence(keys))


def solve(
    system: System, split: str, *, seed: int, device: torch.device | str = "cpu"
) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """Solve the equation for one split and yield the frames on the model's grid, a few at a time.

    The solver runs in float64 on the source grid. Frames are cut to the modes that the model grid
    resolves, never sampled with a stride (which would fold the others back in), and given as
    float32 as they come: only the present state is kept in double precision.

    Parameters
    ----------
    system : System
    split : str
        Name of one of the system's splits.
    seed : int
        Seed of the data, the same for all splits of a run.
    device : torch.device or str, optional
        Where to compute.

    Yields
    ------
    region : tuple of slice
        Of trajectories, which are all, and of frames: those of one chunk.
    values : float32 ndarray of shape (trajectory, frame, channel, *grid)
        What belongs there.

    Raises
    ------
    KeyError
        If the system has no such split.
    FloatingPointError
        If the solution stops being finite.
    """
    frames, settings = system.frames(split), system.splits[split]
    solver = system.domain.transform(system.source_points, system.source_cutoff, device=device)
    stored = system.domain.transform(system.points, system.cutoff, device=device)
    initial_condition = settings.initial or system.initial
    rng = split_rng(system, split, seed)
    initial = initial_condition.sample(system.domain, solver, settings.trajectories, rng)
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
    for first in range(0, frames, CHUNK_FRAMES):
        fields = [
            stored.inverse(solver.embed(coefficients, stored)).to(torch.float32).cpu().numpy()
            for coefficients in islice(states, CHUNK_FRAMES)
        ]
        yield (slice(None), slice(first, first + len(fields))), np.stack(fields, 1)
