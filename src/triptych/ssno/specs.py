"""What can be chosen about a model and its training: plain values, no tensors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FINE_EVERY = 4
"""Where a training is mixed, one in so many iterations of its coarse share takes the substeps."""


@dataclass(frozen=True)
class ModelSpec:
    """The shape of an SSNO.

    Attributes
    ----------
    multipliers : int
        K, learned operators besides the identity, the same for every channel.
    products : int
        P, pairs of fields for every channel of the state, multiplied pointwise; 0 switches the
        product block Π off. Where no diagonal operator is a derivative (see
        :class:`.domains.Sphere`) half of the pairs, rounded down, give products of gradients
        instead, one of each kind, and one learned operator follows all, beside the identity.
    hidden : int
        Width of the two hidden layers of the networks over wavenumbers.
    local : int
        Width of the two hidden layers of the pointwise ``f_u``; 0 switches it off.
    forcing : int
        Width of the two hidden layers of ``f_x``; 0 switches it off.
    padding : float
        Points of the grid of the products and of f_u along an axis, over those of the coarsest
        grid that holds the training band: 3/2 frees quadratic products from aliases, 2 cubic ones.
        On a box it is rounded up to a length whose FFTs are fast.
    substeps : int
        Integrating-factor steps in one ``dt`` of the data; 1 as published. The exact equations
        stepped once at ``dt = 0.5`` are themselves off by 3 % (KS) and 11 % (Swift–Hohenberg).
        A training may begin with one: see ``coarse_share`` of :class:`TrainingSpec`.
    integrating_factor : bool, optional
        Step the linear part exactly; False takes explicit RK4 on all of it (ablation).
    decaying : bool, optional
        Restrict Re λ to be negative, as published; False leaves its sign free (ablation).
    """

    multipliers: int
    products: int
    hidden: int
    local: int
    forcing: int
    padding: float
    substeps: int
    integrating_factor: bool = True
    decaying: bool = True


@dataclass(frozen=True)
class TrainingSpec:
    """How a model is trained; the same fields serve the SSNO and every baseline.

    Attributes
    ----------
    iterations : int
        Steps of Adam.
    learning_rate : float
        Peak of the one-cycle schedule.
    pushforward_steps : int
        Up to this many steps are taken without gradient before those of the loss; drawn anew each
        iteration.
    unroll_lengths : tuple of int
        Steps whose states enter the loss, in successive equal parts of the iterations. A fresh
        model does not stand a long unroll.
    coarse_share : float
        First share of the iterations in which an SSNO takes one step in a ``dt``, which is cheap;
        in the rest it takes its substeps. 0 for any other model.
    mixed : bool
        Take the substeps in one of :data:`FINE_EVERY` iterations of the coarse share, too: what is
        learned with one step alone need not be stable with shorter ones.
    mask_penalty : float
        Weight of the L1 norm of the product mask, for a model that has one.
    validations : int
        Validation rollouts, evenly spread over the iterations after the coarse share, in which a
        model steps as at the end.
    restarts : int
        How often a loss that diverges sends the training back to its last good state, at half the
        rate; the next time ends it.
    """

    iterations: int
    learning_rate: float
    pushforward_steps: int
    unroll_lengths: tuple[int, ...]
    coarse_share: float
    mixed: bool
    mask_penalty: float
    validations: int
    restarts: int

    @property
    def longest_window(self) -> int:
        """Frames of the longest window."""
        return self.pushforward_steps + max(self.unroll_lengths) + 1

    def unroll_length(self, iteration: int) -> int:
        """Return the steps in the loss at an iteration, the first being 0."""
        part = iteration * len(self.unroll_lengths) // self.iterations
        return self.unroll_lengths[part]

    def is_coarse(self, iteration: int) -> bool:
        """Say whether an SSNO takes one step in a ``dt`` at an iteration, the first being 0."""
        if self.mixed and (iteration + 1) % FINE_EVERY == 0:
            return False
        # The last one never is, however few there are.
        return iteration < min(self.coarse_share * self.iterations, self.iterations - 1)


VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "explicit": {"integrating_factor": False},
    "no_products": {"products": 0},
    "no_local": {"local": 0},
    "free_sign": {"decaying": False},
}
"""The SSNO as it is and its ablations, by name: fields of its :class:`ModelSpec`, as changed."""
