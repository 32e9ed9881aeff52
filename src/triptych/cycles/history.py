"""What is recorded while a population trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from triptych.cycles.binary_images import followed_images
from triptych.cycles.design import Run
from triptych.cycles.likelihood import log_likelihood
from triptych.cycles.model import Population
from triptych.cycles.stationary import stationary, tied_stationary
from triptych.cycles.thermodynamics import (
    circulation,
    effective_states,
    entropy_production,
    flux,
    self_transition,
)
from triptych.cycles.transitions import estimate_transitions

COLUMNS = {
    "log_likelihood": ("mean log-likelihood of evenly spaced training images", "nat"),
    "log_likelihood_held_out": ("mean log-likelihood of held-out images", "nat"),
    "entropy_production": ("entropy production", "nat / chain step"),
    "self_transition": ("stationary self-transition probability", "1"),
    "effective_states": ("effective number of states", "1"),
    "circulation": ("net circulation", "1 / chain step"),
}
"""Name and unit of what is recorded, in the order of the rows."""

ALL_STEPS = -1
"""What a store has for the latent steps in a gradient that keeps all of them."""


def measure_row(
    population: Population,
    images: Tensor,
    held_out: Tensor,
    draws: int,
    seeds: Sequence[int],
    tied: bool,
) -> Tensor:
    """Measure one row of the history.

    The kernel is estimated from ``draws`` images a state. That is enough for curves and leaves an
    upward bias in small σ. The evaluation repeats it with more draws and with errors.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        Training images. Their likelihood is that of every k-th, see
        :func:`triptych.cycles.binary_images.followed_images`.
    held_out : Tensor of shape (m, N)
    draws : int
        Images a state.
    seeds : sequence of int, length M
    tied : bool
        Whether the stationary state for the likelihood is that of the tied model, in closed form.

    Returns
    -------
    float64 Tensor of shape (len(COLUMNS), M)
        In the order and the units of :data:`COLUMNS`.
    """
    kernel = estimate_transitions(population, draws, 1, seeds)[:, 0]
    pi = stationary(kernel)
    fluxes = flux(kernel, pi)
    followed = images[followed_images(len(images))]
    mixture_weights = tied_stationary(population) if tied else pi
    return torch.stack(
        [
            log_likelihood(population, followed, mixture_weights).mean(1),
            log_likelihood(population, held_out, mixture_weights).mean(1),
            torch.from_numpy(entropy_production(fluxes)),
            torch.from_numpy(self_transition(fluxes)),
            torch.from_numpy(effective_states(pi)),
            torch.from_numpy(circulation(fluxes)),
        ]
    )


def history_dataset(
    history: Tensor, iterations: Sequence[int], runs: Sequence[Run], states: int
) -> xr.Dataset:
    """Return the history with names, coordinates and units.

    Parameters
    ----------
    history : Tensor of shape (records, len(COLUMNS), M)
    iterations : sequence of int, length records
    runs : sequence of Run, length M
    states : int
        K.

    Returns
    -------
    xarray.Dataset
        Variables of :data:`COLUMNS` (model, iteration), in the units given there. What tells the
        models apart are the coordinates ``design``, ``learning_rate``, ``seed``, ``steps`` (−1 for
        all of them) and ``states``, each (model).
    """
    values = history.numpy().transpose(1, 2, 0)
    variables: dict[str, tuple] = {
        name: (("model", "iteration"), curves, {"long_name": label, "units": unit})
        for (name, (label, unit)), curves in zip(COLUMNS.items(), values, strict=True)
    }
    coordinates = {
        "design": [run.design for run in runs],
        "learning_rate": [run.rate for run in runs],
        "seed": [run.seed for run in runs],
        "steps": [ALL_STEPS if run.steps is None else run.steps for run in runs],
        "states": [states] * len(runs),
    }
    return xr.Dataset(
        variables,
        {
            **{name: ("model", np.array(column)) for name, column in coordinates.items()},
            "iteration": list(iterations),
        },
    )
