"""Named tensors as one flat mapping, the form in which a training is saved."""

from __future__ import annotations

from collections.abc import Mapping

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
