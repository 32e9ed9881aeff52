"""One step of the persistent chains, and the estimates of π and T from the step before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.cycles.model import Population
from triptych.cycles.streams import random_bits


@dataclass(frozen=True)
class LeaveOneOut:
    """π and T for each chain, as estimated from the other C − 1 chains and one uniform visit.

    A chain adds its ``A(·|x)`` to one row of T only, that of the state it came from. So T differs
    from the common estimate in that row.

    Attributes
    ----------
    pi : Tensor of shape (M, C, K)
        Estimated stationary state, everywhere positive.
    previous_states : int64 Tensor of shape (M, C)
        The state that the chain came from.
    rows : Tensor of shape (M, C, K)
        The row of T of that state, without what the chain added; adds up to one.
    """

    pi: Tensor
    previous_states: Tensor
    rows: Tensor

    def select(self, models: Sequence[int]) -> LeaveOneOut:
        """Return the estimates of some models."""
        return LeaveOneOut(self.pi[models], self.previous_states[models], self.rows[models])


@dataclass(frozen=True)
class ChainStep:
    """State z₋₁, image ``x₋₁ ~ B(·|z₋₁)`` and ``A(·|x₋₁)`` of C chains a model, with π and T.

    The chains of a training persist; those that truncations are compared with are independent.

    Attributes
    ----------
    states : int64 Tensor of shape (M, C)
        ``z₋₁``.
    images : Tensor of shape (M, C, N)
        ``x₋₁`` drawn from ``B(·|z₋₁)``.
    latent : Tensor of shape (M, C, K)
        ``A(·|x₋₁)``.
    pi : Tensor of shape (M, K)
        Estimated stationary state, everywhere positive.
    kernel : Tensor of shape (M, K, K)
        Estimated latent kernel, in any precision. It must not depend on this step's ``images``:
        then the baseline of :func:`triptych.cycles.gradient.chain_term` leaves the estimator's mean
        as it is.
    leave_one_out : LeaveOneOut, optional
        Estimates for each chain; none where ``pi`` and ``kernel`` do not depend on how the
        ``states`` were drawn.
    """

    states: Tensor
    images: Tensor
    latent: Tensor
    pi: Tensor
    kernel: Tensor
    leave_one_out: LeaveOneOut | None = None


def advance(
    population: Population,
    states: Tensor,
    generators: Sequence[torch.Generator],
    images: Tensor,
) -> tuple[Tensor, Tensor]:
    """Draw the images of all chains, and return what their next states are drawn from.

    It goes model by model: the images of one are still in the processor's cache when their logits
    are computed.

    Parameters
    ----------
    population : Population
    states : int64 Tensor of shape (M, C)
    generators : sequence of torch.Generator, length M
    images : Tensor of shape (M, C, N)
        It is overwritten by the images drawn.

    Returns
    -------
    latent : Tensor of shape (M, C, K)
        ``A(·|x)``.
    uniform : Tensor of shape (M, C)
        Uniform numbers in [0, 1), one for the next state of each chain.
    """
    models, chains, pixels = images.shape
    # A pixel is on where its number is below its probability, (high + low) / 2¹⁶ < p. With high an
    # integer that is high < ⌈2¹⁶ p − low⌉: the few thresholds are computed, not the many numbers.
    scaled = torch.sigmoid(population.fields).double() * 2**16
    logits = images.new_empty(models, population.states, chains)
    uniform = images.new_empty(models, chains)
    high = images.new_empty(chains, pixels + 1)
    for model, generator in enumerate(generators):
        bits, low = random_bits(high.numel(), generator)
        high.copy_(bits.view_as(high))
        thresholds = torch.ceil(scaled[model] - low).to(images.dtype)
        chain_thresholds = thresholds.index_select(0, states[model])
        torch.lt(high[:, :-1], chain_thresholds, out=images[model])
        torch.mm(population.W[model], images[model].T, out=logits[model])
        uniform[model] = (high[:, -1] + low) * 2.0**-16
    logits = logits.transpose(1, 2) + population.b[:, None]
    return torch.softmax(logits, dim=-1), uniform


def estimate_from_chains(
    latent: Tensor, previous_states: Tensor
) -> tuple[Tensor, Tensor, LeaveOneOut]:
    """Estimate π and T from one step of the chains, mixed with one uniform visit.

    Parameters
    ----------
    latent : Tensor of shape (M, C, K)
        ``A(·|x)`` of each chain at that step.
    previous_states : int64 Tensor of shape (M, C)
        The states that the chains came from.

    Returns
    -------
    pi : Tensor of shape (M, K)
    kernel : Tensor of shape (M, K, K)
        Row-stochastic and positive.
    leave_one_out : LeaveOneOut
        For each chain, from all others: independent of the ``A(·|x)`` that its state is drawn from.
    """
    chains, states = latent.shape[1:]
    visits = torch.nn.functional.one_hot(previous_states, states).to(latent.dtype)
    fluxes = torch.bmm(visits.transpose(1, 2), latent) + states**-2.0
    arriving, leaving = fluxes.sum(1), fluxes.sum(-1, keepdim=True)
    pi, kernel = arriving / (chains + 1.0), fluxes / leaving
    index = previous_states[..., None]
    rows = fluxes.gather(1, index.expand_as(latent)) - latent
    leave_one_out = LeaveOneOut(
        # The floor is the uniform visit alone; rounding may take the difference below it.
        pi=(arriving[:, None] - latent).clamp_(min=1.0 / states) / chains,
        previous_states=previous_states,
        rows=rows.clamp_(min=states**-2.0) / (leaving.gather(1, index) - 1.0),
    )
    return pi, kernel, leave_one_out
