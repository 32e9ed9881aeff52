"""Letting a model run on its own output."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

STEPS_PER_CALL = 10


@torch.no_grad()
def rollout(model: nn.Module, initial: Tensor, steps: int) -> Tensor:
    """Return the given state and ``steps`` predicted ones, ``(batch, 1 + steps, channels, *grid)``.

    See :func:`rollout_pieces` for how the model is called.
    """
    return torch.cat([initial.unsqueeze(1), *rollout_pieces(model, initial, steps)], 1)


@torch.no_grad()
def rollout_pieces(model: nn.Module, initial: Tensor, steps: int) -> Iterator[Tensor]:
    """Yield the ``steps`` predicted states, a few at a time, ``(batch, few, channels, *grid)``.

    A model is called as ``model(field, n)`` and returns ``n`` states. It is called for a few steps
    at a time, so that what it prepares once a call is spread over them while memory stays bounded.
    """
    last = initial
    for done in range(0, steps, STEPS_PER_CALL):
        piece = model(last, min(STEPS_PER_CALL, steps - done))
        yield piece
        last = piece[:, -1]
