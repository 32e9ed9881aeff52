"""How much of the gradient a few steps of the chain hold: its cosine to the exact gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from triptych.cycles import exact
from triptych.cycles.chain_step import ChainStep
from triptych.cycles.gradient import cycle_gradients
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
        ``cosine`` (model, steps, parameters), without unit.

    Raises
    ------
    ValueError
        If there are more than 16 pixels or a number of steps is negative.
    """
    reference = exact.gradient(population, images, None)
    kept = [exact.gradient(population, images, count) for count in steps]
    return _compare([[*kept, reference]], steps)


def sampled_cosines(
    population: Population,
    images: Tensor,
    steps: Sequence[int],
    draws: int,
    chains: int,
    replicates: int,
    seeds: Sequence[int],
) -> xr.Dataset:
    """Compare truncated gradients with the implicit one on models too large to enumerate.

    The kernel comes from a stratified estimate, the chain part from independent images of states
    spread in proportion to π. Near the end of a training noise can be longer than the gradient, and
    truncations that share it look alike. So only products of independent estimates count: they
    have the products of the gradients themselves as their mean.

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
    replicates : int
        Independent estimates, of so many draws and chains each; at least 2.
    seeds : sequence of int, length M

    Returns
    -------
    xarray.Dataset
        As :func:`exact_cosines`; NaN where a gradient does not stand out of its noise.

    Raises
    ------
    ValueError
        If ``draws`` is below 1, there is one replicate, or a number of steps is negative.
    """
    if replicates < 2:
        raise ValueError(f"{replicates} replicates; products of independent ones need 2")
    parts = []
    for m, seed in enumerate(seeds):
        model = population.select(slice(m, m + 1))
        estimates = [
            list(cycle_gradients(model, images, step, [[count] for count in (*steps, None)]))
            for step in _stationary_steps(model, draws, chains, replicates, seed)
        ]
        parts.append(_compare(estimates, steps))
    return xr.concat(parts, dim="model")


def _stationary_steps(
    model: Population, draws: int, chains: int, replicates: int, seed: int
) -> Iterator[ChainStep]:
    """Draw independent chain steps, each in the stationary state of a kernel of its own."""
    generator = stream(seed, "truncation")
    for kernel in estimate_transitions(model, draws * replicates, replicates, [seed])[0]:
        pi = stationary(kernel)
        states = stationary_starts(pi, chains)
        images = draw_images(model, states, generator)[None]
        latent = torch.softmax(latent_logits(model, images), dim=-1)
        yield ChainStep(
            states=states[None],
            images=images,
            latent=latent,
            pi=torch.from_numpy(pi).to(latent)[None],
            transitions=torch.from_numpy(kernel).to(latent)[None],
        )


def _compare(estimates: Sequence[Sequence[Population]], steps: Sequence[int]) -> xr.Dataset:
    """Return cosines to the exact gradient, for each set of parameters.

    An estimate is the truncated gradients and, last, the one of all steps.
    """
    shape = (estimates[0][0].models, len(steps), len(PARAMETERS))
    cosine = np.empty(shape)
    for column, names in enumerate(PARAMETERS.values()):
        vectors = [torch.stack([_flat(g, names) for g in kept], dim=1) for kept in estimates]
        products = independent_products(torch.stack(vectors)).numpy()
        own = np.diagonal(products, axis1=1, axis2=2)
        length = np.sqrt(np.where(own < 0, np.nan, own))
        divisor = length[:, :-1] * length[:, -1:]
        # Without the chain recognition has no gradient at all: that is known, and is like none.
        cosine[:, :, column] = products[:, :-1, -1] / np.where(divisor == 0, 1, divisor)
    return xr.Dataset(
        {
            "cosine": (
                ("model", "steps", "parameters"),
                cosine,
                {"long_name": "cosine to the exact gradient", "units": "1"},
            )
        },
        {"steps": list(steps), "parameters": list(PARAMETERS)},
    )


def independent_products(vectors: Tensor) -> Tensor:
    """Return scalar products that noise which vectors share does not add to.

    Parameters
    ----------
    vectors : Tensor, shape (replicates, M, vectors, numbers)

    Returns
    -------
    Tensor, shape (M, vectors, vectors)
        Mean over all pairs of two replicates; the products as they are where there is only one.
    """
    count = len(vectors)
    same = (vectors @ vectors.mT).sum(0)
    if count == 1:
        return same
    total = vectors.sum(0)
    return (total @ total.mT - same) / (count * (count - 1))


def _flat(gradient: Population, names: Sequence[str]) -> Tensor:
    """Join the named parameters into one vector a model, in double precision."""
    tensors = gradient.tensors()
    return torch.cat([tensors[name].flatten(1).double() for name in names], dim=1)
