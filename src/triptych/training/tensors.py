"""A model's tensors: how many numbers they are, and the flat mapping in which they are saved."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn


def unprefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names start with a prefix, named without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def prefixed(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors, named with a prefix."""
    return {f"{prefix}{name}": value for name, value in tensors.items()}


def count_parameters(model: nn.Module) -> int:
    """Return how many real numbers are trained: a complex parameter is two of them."""
    trained = (p for p in model.parameters() if p.requires_grad)
    return sum(p.numel() * (2 if p.is_complex() else 1) for p in trained)


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return a copy of ``model.state_dict()``, on its device, that later steps do not change."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
