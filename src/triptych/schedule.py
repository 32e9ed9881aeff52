"""The learning-rate schedule that the trained networks share."""

from __future__ import annotations

import math

START, END = 1 / 25, 1e-3
"""Learning rate at both ends of the cycle, as a share of its peak."""


def one_cycle(step: int, total: int, warmup: float) -> float:
    """Return the one-cycle learning rate (Smith & Topin 2019) as a share of its peak.

    Parameters
    ----------
    step, total
        Steps taken so far, and in all.
    warmup
        Share of the steps in which the rate rises; both ways it follows a cosine.
    """
    rise = max(1.0, warmup * total)
    if step < rise:
        low, share = START, step / rise
    else:
        low, share = END, 1 - (step - rise) / max(1.0, total - rise)
    return low + (1 - low) * 0.5 * (1 - math.cos(math.pi * share))
