"""Whole trajectories in memory; the science has a few frames at a time."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from triptych.ssno.layout import blank
from triptych.ssno.rollout import rollout_pieces
from triptych.ssno.simulation import solve
from triptych.ssno.system import System


def simulate(system: System, split: str, *, seed: int) -> xr.Dataset:
    """Return all that the solver yields for a split, as it is stored."""
    dataset = blank(system, split, seed)
    state = np.empty(dataset["state"].shape, np.float32)
    for region, values in solve(system, split, seed=seed):
        state[region] = values
    return dataset.assign(state=dataset["state"].copy(data=state))


def rollout(model: nn.Module, initial: Tensor, steps: int) -> Tensor:
    """Return the initial state and the predicted ones, ``(batch, 1 + steps, channels, *grid)``."""
    return torch.cat([initial.unsqueeze(1), *rollout_pieces(model, initial, steps)], 1)
