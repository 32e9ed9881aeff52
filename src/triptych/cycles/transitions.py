"""Monte-Carlo estimates of the latent kernel, and of what follows from it, with their errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from triptych.cycles.model import Population, latent_logits, sample_visible
from triptych.cycles.stationary import stationary
from triptych.cycles.streams import stream, uniform_
from triptych.cycles.thermodynamics import entropy_production, flux

Array = NDArray[np.float64]

TRANSITION_FLOOR = 1e-100
"""Floor of transition probabilities. A kernel trained into the reversible trap has off-diagonal
probabilities that underflow; the floor keeps its stationary state defined and σ finite."""


def estimate_transitions(
    population: Population, draws: int, blocks: int, seeds: Sequence[int]
) -> Array:
    """Average ``A(z′|x)`` over images drawn from ``B(·|z)``, the same number for every state.

    Stratified over z and with the last half step summed instead of sampled, which leaves only the
    noise of x.

    Parameters
    ----------
    population : Population
    draws : int
        Images a state, in all blocks together; a multiple of ``blocks``.
    blocks : int
        Independent estimates to return.
    seeds : sequence of int, length M
        A model's estimate depends on its own seed alone.

    Returns
    -------
    float64 ndarray of shape (M, blocks, K, K)
        Row-stochastic estimates ``T̂(z′|z)``, ``z`` along rows.

    Raises
    ------
    ValueError
        If ``draws`` is not a multiple of ``blocks``, one at least.
    """
    if draws < 1 or draws % blocks:
        raise ValueError(f"draws is {draws}; it must be a multiple of blocks, {blocks}")
    kernels = [
        _kernel_blocks(population.model(m), draws // blocks, blocks, seed)
        for m, seed in enumerate(seeds)
    ]
    result = torch.stack(kernels).numpy().clip(min=TRANSITION_FLOOR)
    return result / result.sum(-1, keepdims=True)


def _kernel_blocks(model: Population, draws: int, blocks: int, seed: int) -> torch.Tensor:
    """Return independent estimates of one model's kernel, shape (blocks, K, K)."""
    generator = stream(seed, "transitions")
    states, pixels = model.states, model.pixels
    probabilities = torch.sigmoid(model.fields)
    image_states = torch.arange(states).repeat_interleave(draws)[None]
    uniform = torch.empty(1, states * draws, pixels, dtype=model.W.dtype)
    kernels = []
    for _ in range(blocks):
        images = sample_visible(probabilities, image_states, uniform_(uniform, generator))
        latent = torch.softmax(latent_logits(model, images).double(), dim=-1)
        kernels.append(latent.view(states, draws, states).mean(1))
    return torch.stack(kernels)


@dataclass(frozen=True)
class Estimate:
    """A jackknifed estimate; all arrays are in the quantity's unit.

    Attributes
    ----------
    value : ndarray of shape (M, *shape)
        From all blocks together, not corrected.
    error : ndarray of shape (M, *shape)
        Standard error.
    bias : ndarray of shape (M, *shape)
        Estimated ``E[value] − truth``.
    """

    value: Array
    error: Array
    bias: Array


def jackknife(kernels: Array, quantity: Callable[[Array], Array]) -> Estimate:
    """Estimate a function of the kernel, leaving out one block at a time (Efron and Stein, 1981).

    Parameters
    ----------
    kernels : ndarray of shape (M, blocks, K, K)
        As from :func:`estimate_transitions`, of two blocks at least.
    quantity : callable
        Takes kernels (..., K, K) and returns an array (..., *shape).

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If there is only one block.
    """
    blocks = kernels.shape[1]
    if blocks < 2:
        raise ValueError(f"{blocks} block of draws: the jackknife needs 2 at least")
    kernel = kernels.mean(1)
    others = (blocks * kernel[:, None] - kernels) / (blocks - 1)
    # Where one block holds nearly all, the difference is rounding, of either sign.
    leave_one_out = quantity(np.maximum(others, TRANSITION_FLOOR))
    value = quantity(kernel)
    mean = leave_one_out.mean(1)
    spread = ((leave_one_out - mean[:, None]) ** 2).sum(1)
    return Estimate(
        value=value,
        error=np.sqrt(spread * (blocks - 1) / blocks),
        bias=(blocks - 1) * (mean - value),
    )


def of_stationary_fluxes(quantity: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Return a quantity of fluxes as one of kernels, each in its own stationary state.

    Parameters
    ----------
    quantity : callable
        Takes fluxes (..., K, K), such as :func:`triptych.cycles.thermodynamics.entropy_production`.

    Returns
    -------
    callable
        Takes row-stochastic kernels (..., K, K). Raises ValueError if a chain is reducible.
    """
    return lambda kernels: quantity(flux(kernels, stationary(kernels)))


def entropy_production_half_draws(kernels: Array) -> Array:
    """Return the entropy production from half of the draws, the mean over both halves.

    Beside that from all draws it shows a part of the bias of finite draws. The bias falls as their
    inverse number only where every transition is seen in many draws, and more slowly in strongly
    cycling models, whose backward transitions are rare.

    Parameters
    ----------
    kernels : ndarray of shape (M, blocks, K, K)
        As from :func:`estimate_transitions`; of an odd number the middle one belongs to the
        second half.

    Returns
    -------
    ndarray of shape (M,)
        In nats a chain step.
    """
    half = kernels.shape[1] // 2
    first, second = kernels[:, :half].mean(1), kernels[:, half:].mean(1)
    sigma = of_stationary_fluxes(entropy_production)
    return 0.5 * (sigma(first) + sigma(second))
