"""How much of the gradient a few steps of the chain hold: its cosine to the exact gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from triptych.claims.measured import ENDS
from triptych.cycles import exact
from triptych.cycles.chain_step import ChainStep
from triptych.cycles.gradient import cycle_gradients
from triptych.cycles.model import PARAMETER_NAMES, Population, draw_images, latent_logits
from triptych.cycles.stationary import stationary
from triptych.cycles.streams import stream
from triptych.cycles.transitions import estimate_transitions
from triptych.cycles.walk import stationary_starts

PARAMETERS = {"all": PARAMETER_NAMES, "recognition": ("W", "b")}
"""The recognition kernel has no gradient but through the chain; it feels the truncation in full."""


def exact_cosines(population: Population, images: Tensor, steps: Sequence[int]) -> xr.Dataset:
    """Compare truncated gradients with the exact one, both by enumeration.

    Parameters
    ----------
    population : Population
        Of a dozen pixels or so.
    images : Tensor of shape (n, N)
        Zeros and ones.
    steps : sequence of int
        Numbers of latent steps that the gradient keeps; not negative.

    Returns
    -------
    xarray.Dataset
        ``cosine`` (model, steps, parameters), without unit.
    """
    reference = exact.gradient(population, images, None)
    truncated = [exact.gradient(population, images, count) for count in steps]
    return _dataset(_compare([[*truncated, reference]]), steps)


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
    have the products of the expected estimates as their mean. An estimate is no linear function of
    its kernel, so that some bias of finite draws is left, most where a state is nearly empty.
    A gradient whose product with itself is not above zero by them has no direction that is known
    (:func:`cosines_to_last`).

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        Zeros and ones.
    steps : sequence of int
        Numbers of latent steps that the gradient keeps; not negative.
    draws : int
        Images a state for the kernel.
    chains : int
        Images a model for the chain part.
    replicates : int
        Independent estimates, of so many draws and chains each; at least 3.
    seeds : sequence of int, length M

    Returns
    -------
    xarray.Dataset
        As :func:`exact_cosines`; NaN where either gradient is within its noise, and where a kernel
        is so nearly reducible that there is no exact one.
    """
    cosines = []
    for m, seed in enumerate(seeds):
        model = population.model(m)
        try:
            replicate_gradients = [
                list(cycle_gradients(model, images, step, [[count] for count in (*steps, None)]))
                for step in _stationary_steps(model, draws, chains, replicates, seed)
            ]
        except torch.linalg.LinAlgError:  # a collapsed model may leave its state never
            cosines.append(np.full((1, len(steps), len(PARAMETERS)), np.nan))
        else:
            cosines.append(_compare(replicate_gradients))
    return _dataset(np.concatenate(cosines), steps)


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
        least = torch.finfo(latent.dtype).tiny  # a state of less would be 0, and its slope 0/0
        yield ChainStep(
            states=states[None],
            images=images,
            latent=latent,
            pi=torch.from_numpy(pi).to(latent).clamp_min(least)[None],
            kernel=torch.from_numpy(kernel)[None],  # in double: a state may hardly ever be left
        )


def _compare(replicate_gradients: Sequence[Sequence[Population]]) -> NDArray[np.float64]:
    """Return cosines to the exact gradient, for each set of parameters.

    A replicate has the truncated gradients and, last, the one of all steps.
    """

    def vectors(names: Sequence[str]) -> Tensor:
        return torch.stack(
            [
                torch.stack([_flatten(gradient, names) for gradient in gradients], 1)
                for gradients in replicate_gradients
            ]
        )

    return np.stack([cosines_to_last(vectors(names)) for names in PARAMETERS.values()], axis=-1)


def _dataset(cosine: NDArray[np.float64], steps: Sequence[int]) -> xr.Dataset:
    words = {"long_name": "cosine to the exact gradient", "units": "1"}
    return xr.Dataset(
        {"cosine": (("model", "steps", "parameters"), cosine, words)},
        {"steps": list(steps), "parameters": list(PARAMETERS)},
    )


def cosines_to_last(vectors: Tensor) -> NDArray[np.float64]:
    """Return cosines to the last of some vectors, from independent estimates of all of them.

    The estimated squared norm of pure noise is about as often positive as negative. A vector counts
    as significant if its estimate exceeds Student's quantile times the jackknife error over
    replicates.

    Parameters
    ----------
    vectors : float64 Tensor of shape (replicates, M, vectors, numbers)
        One replicate is taken as exact; two are too few.

    Returns
    -------
    ndarray of shape (M, vectors − 1)
        NaN where either vector is within its noise, 0 where one is known to be zero.

    Raises
    ------
    ValueError
        If there are two replicates: without one of them no product is of independent estimates.
    """
    from scipy.stats import t

    products, count = independent_products(vectors), len(vectors)
    if count == 2:
        raise ValueError("2 replicates are too few for a jackknife of their products; 3 at least")
    squared_norms = _squared_norms(products)
    significant = torch.ones_like(squared_norms, dtype=torch.bool)
    if count > 1:
        # A generator: all leave-one-out stacks at once would need ``count`` copies.
        all_but_one = (torch.cat([vectors[:r], vectors[r + 1 :]]) for r in range(count))
        leave_one_out = torch.stack(
            [_squared_norms(independent_products(replicates)) for replicates in all_but_one]
        )
        error = ((count - 1) * leave_one_out.var(0, correction=0)).sqrt()
        significant = (squared_norms > t.ppf(ENDS[1], count - 1) * error) | (error == 0)
    length = np.sqrt(np.where(significant, squared_norms, np.nan))
    divisor = length[:, :-1] * length[:, -1:]
    # With 0 steps the recognition gradient is exactly 0: its cosine is 0, not unknown.
    return products[:, :-1, -1].numpy() / np.where(divisor == 0, 1, divisor)


def independent_products(vectors: Tensor) -> Tensor:
    """Return scalar products that noise which vectors share does not add to.

    Parameters
    ----------
    vectors : Tensor of shape (replicates, M, vectors, numbers)

    Returns
    -------
    Tensor of shape (M, vectors, vectors)
        Mean over all pairs of two replicates; the products as they are where there is only one.
    """
    count = len(vectors)
    within = (vectors @ vectors.mT).sum(0)
    if count == 1:
        return within
    total = vectors.sum(0)
    return (total @ total.mT - within) / (count * (count - 1))


def _squared_norms(products: Tensor) -> Tensor:
    """Return the products of each vector with itself, from (M, vectors, vectors)."""
    return products.diagonal(dim1=1, dim2=2)


def _flatten(gradient: Population, names: Sequence[str]) -> Tensor:
    """Join the named parameters into one vector a model, in double precision."""
    tensors = gradient.tensors()
    return torch.cat([tensors[name].flatten(1).double() for name in names], dim=1)
