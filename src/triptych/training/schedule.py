"""The learning-rate schedule that the trained networks share."""

from __future__ import annotations

import math

START, END = 1 / 25, 1e-3
"""Learning rate at both ends of the cycle, as a share of its peak."""


def one_cycle(step: int, total: int, warmup: float) -> float:
    """Return the one-cycle learning rate as a share of its peak.

    The rate rises from ``START`` to 1 and falls to ``END``, both ways along a half cosine.

    Parameters
    ----------
    step, total : int
        Steps taken so far, and in all.
    warmup : float
        Share of the steps in which the rate rises.

    References
    ----------
    Smith and Topin, Super-convergence, 2019, arXiv:1708.07120.
    """
    rise = max(1.0, warmup * total)
    if step < rise:
        low, share = START, step / rise
    else:
        low, share = END, 1 - (step - rise) / max(1.0, total - rise)
    return low + (1 - low) * 0.5 * (1 - math.cos(math.pi * share))
