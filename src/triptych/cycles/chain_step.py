"""One step of the persistent chains, and what π and T are estimated to be by the step before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.cycles.model import Population
from triptych.cycles.streams import random_bits


@dataclass(frozen=True)
class LeftOut:
    """Estimates of π and T for each chain, without the row that its state was drawn from.

    Attributes
    ----------
    pi : Tensor of shape (M, C, K)
        Estimated stationary state, everywhere positive.
    states : int64 Tensor of shape (M, C)
        The state that the chain came from: the only row of T with its own row in it.
    rows : Tensor of shape (M, C, K)
        That row of T without it; adds up to one.
    """

    pi: Tensor
    states: Tensor
    rows: Tensor

    def select(self, models: Sequence[int]) -> LeftOut:
        """Return the estimates of some models."""
        return LeftOut(self.pi[models], self.states[models], self.rows[models])


@dataclass(frozen=True)
class ChainStep:
    """One latent step ``z₋₁ → x₋₁`` of C persistent chains a model, with estimates of π and T.

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
    transitions : Tensor of shape (M, K, K)
        Estimated latent kernel. It must not depend on this step's ``images``: then the baseline
        of :func:`triptych.cycles.gradient.chain_part` leaves the estimator's mean as it is.
    left_out : LeftOut, optional
        Estimates for each chain; none where ``pi`` and ``transitions`` do not depend on how the
        ``states`` were drawn.
    """

    states: Tensor
    images: Tensor
    latent: Tensor
    pi: Tensor
    transitions: Tensor
    left_out: LeftOut | None = None


def advance(
    population: Population,
    states: Tensor,
    generators: Sequence[torch.Generator],
    drawn: Tensor,
) -> tuple[Tensor, Tensor]:
    """Draw the images of all chains, and return what their next states are drawn from.

    It goes model by model: the images of one are still in the processor's cache when their logits
    are computed.

    Parameters
    ----------
    population : Population
    states : int64 Tensor of shape (M, C)
    generators : sequence of torch.Generator, length M
    drawn : Tensor of shape (M, C, N)
        Gets the images.

    Returns
    -------
    latent : Tensor of shape (M, C, K)
        ``A(·|x)``.
    uniform : Tensor of shape (M, C)
        Uniform numbers in [0, 1), one for the next state of each chain.
    """
    models, chains, pixels = drawn.shape
    # A pixel is on where its number is below its probability, (own + shared) / 2¹⁶ < p. With own an
    # integer that is own < ⌈2¹⁶ p − shared⌉: the few thresholds are computed, not the many numbers.
    scaled = torch.sigmoid(population.fields).double() * 2**16
    logits = drawn.new_empty(models, population.states, chains)
    uniform = drawn.new_empty(models, chains)
    numbers = drawn.new_empty(chains, pixels + 1)
    for model, generator in enumerate(generators):
        own, shared = random_bits(numbers.numel(), generator)
        numbers.copy_(own.view_as(numbers))
        thresholds = torch.ceil(scaled[model] - shared).to(drawn.dtype)
        of_state = thresholds.index_select(0, states[model])
        torch.lt(numbers[:, :-1], of_state, out=drawn[model])
        torch.mm(population.W[model], drawn[model].T, out=logits[model])
        uniform[model] = (numbers[:, -1] + shared) * 2.0**-16
    logits = logits.transpose(1, 2) + population.b[:, None]
    return torch.softmax(logits, dim=-1), uniform


def estimates(latent: Tensor, previous_states: Tensor) -> tuple[Tensor, Tensor, LeftOut]:
    """Return π and T from one step of the chains, mixed with one uniform visit.

    Parameters
    ----------
    latent : Tensor of shape (M, C, K)
        ``A(·|x)`` of each chain at that step.
    previous_states : int64 Tensor of shape (M, C)
        The states that the chains came from.

    Returns
    -------
    pi : Tensor of shape (M, K)
    transitions : Tensor of shape (M, K, K)
        Row-stochastic and positive.
    left_out : LeftOut
        Of π and T the estimates that do not depend on the row that a chain's state is drawn from.
    """
    chains, states = latent.shape[1:]
    visits = torch.nn.functional.one_hot(previous_states, states).to(latent.dtype)
    fluxes = torch.bmm(visits.transpose(1, 2), latent) + states**-2.0
    total, leaving = fluxes.sum(1), fluxes.sum(-1, keepdim=True)
    pi, transitions = total / (chains + 1.0), fluxes / leaving
    place = previous_states[..., None]
    rows = fluxes.gather(1, place.expand_as(latent)) - latent
    left_out = LeftOut(
        # The floor is the uniform visit alone; rounding may take the difference below it.
        pi=(total[:, None] - latent).clamp_(min=1.0 / states) / chains,
        states=previous_states,
        rows=rows.clamp_(min=states**-2.0) / (leaving.gather(1, place) - 1.0),
    )
    return pi, transitions, left_out
