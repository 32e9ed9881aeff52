"""Convolutions of fields that were continued beyond their edges, in two or three dimensions.

The libraries behind ``torch`` are made for many channels on both sides. The convolutions here have
few on one side, or one in every group, and come to small matrix products: their gradients then take
a quarter to two thirds of the library's time on a processor.

Everywhere ``padded`` is ``(batch, inputs, *grid)`` with every axis longer by the kernel less one,
``weight`` is ``(outputs, inputs, *kernel)`` and the result ``(batch, outputs, *grid)``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from triptych.ssno.transforms import apply_linear


def convolve_few(padded: Tensor, weight: Tensor, offset: Tensor) -> Tensor:
    """Convolve few channels to many: every tap is a channel of its own, then one product.

    Parameters
    ----------
    padded : Tensor of shape (batch, inputs, *longer grid)
    weight : Tensor of shape (outputs, inputs, *kernel)
    offset : Tensor of shape (1, outputs, *grid) or (1, outputs, 1, ...)
        Added to the result.

    Returns
    -------
    Tensor of shape (batch, outputs, *grid)
        In the product of the units of ``padded`` and ``weight``.
    """
    kernel = weight.shape[2:]
    taps = apply_linear(
        padded, partial(_unfold_taps, kernel), partial(_fold_taps, kernel, padded.shape)
    )
    rows = weight.flatten(1).expand(len(padded), -1, -1)
    start = offset.flatten(2).expand(len(padded), -1, taps.shape[-1])
    return torch.baddbmm(start, rows, taps).unflatten(2, _grid(padded.shape, kernel))


def convolve_to_few(padded: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve many channels to few: one product for all taps, which then shift and add up.

    Parameters
    ----------
    padded : Tensor of shape (batch, inputs, *longer grid)
    weight : Tensor of shape (outputs, inputs, *kernel)
    bias : Tensor of shape (outputs,)

    Returns
    -------
    Tensor of shape (batch, outputs, *grid)
        In the product of the units of ``padded`` and ``weight``.
    """
    outputs, _, *kernel = weight.shape
    rows = weight.movedim(1, -1).flatten(0, -2).expand(len(padded), -1, -1)
    by_tap = torch.bmm(rows, padded.flatten(2))
    by_tap = by_tap.view(len(padded), outputs, -1, *padded.shape[2:])
    summed = apply_linear(
        by_tap, partial(_shift_and_sum, kernel), partial(_spread_shifted, kernel, by_tap.shape)
    )
    return summed + bias.view(-1, *[1] * len(kernel))


def convolve_each(padded: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve every channel by itself.

    Parameters
    ----------
    padded : Tensor of shape (batch, channels, *longer grid)
    weight : Tensor of shape (channels, 1, *kernel)
    bias : Tensor of shape (channels,)

    Returns
    -------
    Tensor of shape (batch, channels, *grid)
        In the product of the units of ``padded`` and ``weight``.
    """
    result: Tensor = _Depthwise.apply(padded, weight, bias)
    return result


def _grid(padded: Sequence[int], kernel: Sequence[int]) -> tuple[int, ...]:
    """Return the grid that is left of a longer one, or of ``(batch, inputs, *longer)``."""
    longer = padded[len(padded) - len(kernel) :]
    return tuple(n - k + 1 for n, k in zip(longer, kernel, strict=True))


def _windows(padded: Sequence[int], kernel: Sequence[int]) -> Iterator[tuple]:
    """Yield the part of a longer grid that every tap sees, in the kernel's order."""
    grid = _grid(padded, kernel)
    for tap in product(*map(range, kernel)):
        yield ..., *(slice(start, start + n) for start, n in zip(tap, grid, strict=True))


def _unfold_taps(kernel: Sequence[int], padded: Tensor) -> Tensor:
    """Return what all taps see side by side, ``(batch, inputs × taps, points)``."""
    windows = padded
    for axis, points in enumerate(_grid(padded.shape, kernel), 2):
        windows = windows.unfold(axis, points, 1)
    return windows.flatten(1, len(kernel) + 1).flatten(2)


def _fold_taps(kernel: Sequence[int], shape: torch.Size, taps: Tensor) -> Tensor:
    """Return the adjoint of :func:`_unfold_taps`."""
    padded = taps.new_zeros(shape)
    by_tap = taps.view(*shape[:2], -1, *_grid(shape, kernel)).unbind(2)
    for window, seen in zip(_windows(shape, kernel), by_tap, strict=True):
        padded[window] += seen
    return padded


def _shift_and_sum(kernel: Sequence[int], by_tap: Tensor) -> Tensor:
    """Return ``Σ_t v[t, x + t]`` of v ``(batch, outputs, taps, *longer grid)``."""
    pairs = zip(by_tap.unbind(2), _windows(by_tap.shape, kernel), strict=True)
    values, window = next(pairs)
    total = values[window].clone()
    for values, window in pairs:
        total += values[window]
    return total


def _spread_shifted(kernel: Sequence[int], shape: torch.Size, field: Tensor) -> Tensor:
    """Return the adjoint of :func:`_shift_and_sum`."""
    by_tap = field.new_zeros(shape)
    for values, window in zip(by_tap.unbind(2), _windows(shape, kernel), strict=True):
        values[window] = field
    return by_tap


class _Depthwise(torch.autograd.Function):
    """The library's convolution forward; its gradients are written out.

    The library's own gradient in the weights multiplies every channel with fifteen zeros; in three
    dimensions the one in the field does too.
    """

    @staticmethod
    def forward(ctx: Any, padded: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(padded, weight)
        return _grouped(padded, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        padded, weight = ctx.saved_tensors
        to_field = to_weight = to_bias = None
        if ctx.needs_input_grad[0]:
            margins = [k - 1 for k in reversed(weight.shape[2:]) for _ in range(2)]
            mirrored = weight.flip(tuple(range(2, weight.ndim)))
            to_field = _grouped(functional.pad(grads[0], margins), mirrored)
        if ctx.needs_input_grad[1]:
            to_weight = _correlate(padded, grads[0], weight.shape)
        if ctx.needs_input_grad[2]:
            to_bias = grads[0].sum((0, *range(2, weight.ndim)))
        return to_field, to_weight, to_bias


def _grouped(padded: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    convolve, order = functional.conv2d, torch.channels_last
    if weight.ndim == 5:
        convolve, order = functional.conv3d, torch.channels_last_3d
    return convolve(padded.contiguous(memory_format=order), weight, bias, groups=len(weight))


def _correlate(padded: Tensor, grad: Tensor, shape: torch.Size) -> Tensor:
    """Return ``Σ_x padded[x + t] grad[x]`` of every channel, for all taps t of the kernel.

    The field is shifted along the last axis and the gradient against it along the one before, all
    shifts of the one times all of the other are one product; a third axis is looped over.
    """
    *_, rows, taps = shape
    grad = functional.pad(grad.contiguous(), (0, 0, rows - 1, rows - 1))
    right = padded.contiguous().unfold(-1, padded.shape[-1] - taps + 1, 1).movedim(-2, 2)
    left = grad.unfold(-2, padded.shape[-2], 1).movedim((-3, -1), (2, -2))
    plane = right.shape[-2] * right.shape[-1]
    right, left = (shifts.contiguous().flatten(3).flatten(0, 1) for shifts in (right, left))
    length = left.shape[-1]
    products = [
        torch.bmm(left, right.narrow(-1, start, length).mT)
        for start in range(0, right.shape[-1] - length + 1, plane)
    ]
    channels = torch.stack(products, 1).view(len(padded), shape[0], *shape[2:]).sum(0)
    # A gradient shifted back stands for a field shifted on.
    return channels.flip(-2).unsqueeze(1)
