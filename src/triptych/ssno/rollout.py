"""Letting a model run on its own output."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

STEPS_PER_CALL = 10
"""Most steps in one call of a model."""
VALUES_PER_CALL = 2**18
"""Most values in the states that are stepped at once, one trajectory at least: while it steps, a
model may hold more than a thousand times as many."""


@torch.no_grad()
def rollout_pieces(model: nn.Module, initial: Tensor, steps: int) -> Iterator[Tensor]:
    """Yield the predicted states, at most ``STEPS_PER_CALL`` at a time.

    What a model prepares once a call is spread over these steps, while memory stays bounded, by
    ``VALUES_PER_CALL`` too.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(field, n)``; returns the next ``n`` states, ``(batch, n, …)``.
    initial : Tensor of shape (batch, channels, *grid)
        Scaled states.
    steps : int
        How many states in all, one ``dt`` apart.

    Yields
    ------
    Tensor of shape (batch, n, channels, *grid)
        In the units of ``initial``.
    """
    last = initial
    batch = max(1, VALUES_PER_CALL // initial[0].numel())
    for done in range(0, steps, STEPS_PER_CALL):
        count = min(STEPS_PER_CALL, steps - done)
        piece = torch.cat([model(fields, count) for fields in last.split(batch)])
        yield piece
        last = piece[:, -1]
