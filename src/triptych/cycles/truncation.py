"""How much of the gradient a few steps of the chain hold: its cosine to the exact gradient."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from triptych.cycles import exact
from triptych.cycles.chain_step import ChainStep
from triptych.cycles.gradient import cycle_gradient
from triptych.cycles.model import NAMES, Population, draw_images, latent_logits
from triptych.cycles.stationary import stationary
from triptych.cycles.streams import stream
from triptych.cycles.transitions import estimate_transitions
from triptych.cycles.walk import stationary_starts

PARAMETERS = {"all": NAMES, "recognition": ("W", "b")}
"""The recognition kernel has no gradient but through the chain; it feels the truncation in full."""


def exact_cosines(population: Population, images: Tensor, steps: Sequence[int]) -> xr.Dataset:
    """Compare truncated gradients with the exact one, both by enumeration.

    Parameters
    ----------
    population : Population
        Of a dozen pixels or so.
    images : Tensor, shape (n, N)
        Zeros and ones.
    steps : sequence of int
        Numbers of latent steps that the gradient keeps; not negative.

    Returns
    -------
    xarray.Dataset
        ``cosine`` and ``relative_norm`` (model, steps, parameters), without unit.

    Raises
    ------
    ValueError
        If there are more than 16 pixels or a number of steps is negative.
    """
    reference = exact.gradient(population, images, None)
    truncated = [exact.gradient(population, images, count) for count in steps]
    return _compare(reference, truncated, steps)


def sampled_cosines(
    population: Population,
    images: Tensor,
    steps: Sequence[int],
    draws: int,
    chains: int,
    seeds: Sequence[int],
) -> xr.Dataset:
    """Compare truncated gradients with the implicit one on models too large to enumerate.

    The kernel comes from a stratified estimate, the chain part from independent images of states
    spread in proportion to π. All truncations share these draws, so that their noise cancels to
    a large part in the comparison.

    Parameters
    ----------
    population : Population
    images : Tensor, shape (n, N)
        Zeros and ones.
    steps : sequence of int
        Numbers of latent steps that the gradient keeps; not negative.
    draws : int
        Images a state for the kernel.
    chains : int
        Images a model for the chain part.
    seeds : sequence of int, length M

    Returns
    -------
    xarray.Dataset
        As :func:`exact_cosines`.

    Raises
    ------
    ValueError
        If ``draws`` is below 1 or a number of steps is negative.
    """
    parts = []
    for m, seed in enumerate(seeds):
        model = population.select(slice(m, m + 1))
        step = _stationary_step(model, draws, chains, seed)
        reference = cycle_gradient(model, images, step, [None])
        truncated = [cycle_gradient(model, images, step, [count]) for count in steps]
        parts.append(_compare(reference, truncated, steps))
    return xr.concat(parts, dim="model")


def _stationary_step(model: Population, draws: int, chains: int, seed: int) -> ChainStep:
    """Draw a chain step in the stationary state of an estimated kernel."""
    kernel = estimate_transitions(model, draws, 1, [seed])[0, 0]
    pi = stationary(kernel)
    states = stationary_starts(pi, chains)
    images = draw_images(model, states, stream(seed, "truncation"))[None]
    latent = torch.softmax(latent_logits(model, images), dim=-1)
    return ChainStep(
        states=states[None],
        images=images,
        latent=latent,
        pi=torch.from_numpy(pi).to(latent)[None],
        transitions=torch.from_numpy(kernel).to(latent)[None],
    )


def _compare(
    reference: Population, truncated: Sequence[Population], steps: Sequence[int]
) -> xr.Dataset:
    """Return cosines to the reference and norms relative to it, for each set of parameters."""
    cosine = np.empty((reference.models, len(steps), len(PARAMETERS)))
    norm = np.empty_like(cosine)
    for column, names in enumerate(PARAMETERS.values()):
        target = _flat(reference, names)
        for row, gradient in enumerate(truncated):
            vector = _flat(gradient, names)
            cosine[:, row, column] = torch.cosine_similarity(vector, target, dim=1).numpy()
            norm[:, row, column] = (vector.norm(dim=1) / target.norm(dim=1)).numpy()
    dims = ("model", "steps", "parameters")
    return xr.Dataset(
        {
            "cosine": (dims, cosine, {"long_name": "cosine to the exact gradient", "units": "1"}),
            "relative_norm": (dims, norm, {"long_name": "norm, exact = 1", "units": "1"}),
        },
        {"steps": list(steps), "parameters": list(PARAMETERS)},
    )


def _flat(gradient: Population, names: Sequence[str]) -> Tensor:
    """Join the named parameters into one vector a model, in double precision."""
    tensors = gradient.tensors()
    return torch.cat([tensors[name].flatten(1).double() for name in names], dim=1)
