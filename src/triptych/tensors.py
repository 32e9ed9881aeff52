"""Named tensors and random states as one flat mapping, the form in which a training is kept."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def part(held: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names start with a prefix, without it."""
    return {k.removeprefix(prefix): v for k, v in held.items() if k.startswith(prefix)}


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors with a prefix before their names."""
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of a model's state that later steps do not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the moments and step counts of an optimiser, by position of the parameter."""
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{k}": value.clone() for i, moments in state.items() for k, value in moments.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, held: Mapping[str, Tensor]) -> None:
    """Give an optimiser the moments that :func:`optimizer_tensors` took."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in held.items():
        position, _, moment = name.partition(".")
        state.setdefault(int(position), {})[moment] = value.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
