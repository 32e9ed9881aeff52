"""Named tensors and random states as one flat mapping, the form in which a training is saved."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def unprefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names start with a prefix, named without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors, named with a prefix."""
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of ``model.state_dict()``, on its device, that later steps do not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return a copy of an optimizer's moments and step counts.

    Returns
    -------
    dict of str to Tensor
        By ``<position of the parameter>.<name>``: moments in the parameter's shape, step counts
        without dimensions.
    """
    state = optimizer.state_dict()["state"]
    return {
        f"{i}.{k}": value.clone() for i, moments in state.items() for k, value in moments.items()
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Set the moments and step counts that :func:`optimizer_tensors` gave.

    The optimizer's parameters are in the same order as they were then.
    """
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        position, _, moment = name.partition(".")
        state.setdefault(int(position), {})[moment] = value.clone()
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
