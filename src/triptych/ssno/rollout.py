"""Letting a model run on its own output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

STEPS_PER_CALL = 10


@torch.no_grad()
def rollout(model: nn.Module, initial: Tensor, steps: int) -> Tensor:
    """Return the given state and ``steps`` predicted ones, ``(batch, steps + 1, channels, *grid)``.

    A model is called as ``model(field, n)`` and returns ``n`` states. It is called for a few steps
    at a time, so that what it prepares once a call is spread over them while memory stays bounded.
    """
    pieces = [initial.unsqueeze(1)]
    remaining = steps
    while remaining > 0:
        taken = min(STEPS_PER_CALL, remaining)
        pieces.append(model(pieces[-1][:, -1], taken))
        remaining -= taken
    return torch.cat(pieces, 1)
