"""The small networks inside the SSNO, and the table that stands in for one of them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

TABLE_NODES = 2048
"""Values of the network in a table, one beyond each of its ends among them."""
TABLE_REACH = 16.0
"""Smallest absolute value up to which a table reaches, in units of the scale."""


def mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return a network with two hidden layers of width ``hidden``.

    It maps ``(…, inputs)`` to ``(…, outputs)`` and is smooth: so are the symbols that it stands
    for, and the spectrum of a function of a resolved field falls fast.
    """
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.GELU(),
        nn.Linear(hidden, hidden),
        nn.GELU(),
        nn.Linear(hidden, outputs),
    )


class _Interpolate(torch.autograd.Function):
    """Evaluate a piecewise cubic on equidistant cells, differentiable in ``u`` and coefficients.

    In a cell it is ``a + b s + c s² + d s³``, s the offset from its start in cells.
    """

    @staticmethod
    def forward(ctx: Any, u: Tensor, coefficients: Tensor, start: Tensor, scale: Tensor) -> Tensor:
        offset = (u.flatten() - start).mul_(scale)
        cell = offset.to(torch.int64).clamp_(0, coefficients.shape[1] - 1)
        offset.sub_(cell)
        a, b, c, d = (row.index_select(0, cell) for row in coefficients)
        ctx.save_for_backward(cell, offset, b, c, d, scale)
        ctx.cells = coefficients.shape[1]
        inner = torch.addcmul(b, offset, torch.addcmul(c, offset, d))
        return torch.addcmul(a, offset, inner).view_as(u)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        cell, offset, b, c, d, scale = ctx.saved_tensors
        grad = grads[0].flatten()
        to_coefficients = None
        if ctx.needs_input_grad[1]:
            rows, power = [], grad
            for _ in range(4):
                rows.append(grad.new_zeros(ctx.cells).scatter_add_(0, cell, power))
                power = power * offset
            to_coefficients = torch.stack(rows)
        slope = torch.addcmul(b, offset, torch.addcmul(2 * c, offset, d, value=3)).mul_(scale)
        return (grad * slope).view_as(grads[0]), to_coefficients, None, None


class ScalarTable:
    """A scalar function of a scalar, tabulated once and interpolated by cubics.

    It reaches to ``TABLE_REACH`` or twice the largest value of a field, whichever is more. Beyond
    it goes on along its tangent, as a network of GELUs nearly does. All bounds stay on the device,
    so the host never waits.

    Parameters
    ----------
    network : torch.nn.Module
        Maps ``(n, 1)`` to ``(n, 1)``.
    field : Tensor
        A field like those to come, of any shape, in units of the scale.
    """

    def __init__(self, network: nn.Module, field: Tensor) -> None:
        reach = (2 * field.detach().abs().amax()).clamp_min(TABLE_REACH)
        # The cubic of a cell goes through its two ends and the node beyond each.
        cells = TABLE_NODES - 3
        spacing = 2 * reach / cells
        nodes = torch.arange(-1, cells + 2, dtype=field.dtype, device=field.device)
        values = network((nodes * spacing - reach).unsqueeze(-1)).squeeze(-1)
        before, start, end, after = values.unfold(0, cells, 1)
        cubics = torch.stack(
            [
                start,
                end - after / 6 - start / 2 - before / 3,
                (before + end) / 2 - start,
                (after - before) / 6 + (start - end) / 2,
            ]
        )
        # One cell more on both sides stands for all that is beyond; the first ends where it starts.
        first, last = cubics[:, 0], cubics[:, -1]
        end_slope = last[1] + 2 * last[2] + 3 * last[3]
        zero = torch.zeros_like(end_slope)
        below = torch.stack([first[0] - first[1], first[1], zero, zero])
        above = torch.stack([last.sum(), end_slope, zero, zero])
        self.coefficients = torch.cat([below[:, None], cubics, above[:, None]], 1)
        self.start, self.scale = -reach - spacing, 1 / spacing

    def __call__(self, u: Tensor) -> Tensor:
        """Return the function at every value of ``u``, in its shape."""
        result: Tensor = _Interpolate.apply(u, self.coefficients, self.start, self.scale)
        return result


def pointwise(network: nn.Module, u: Tensor) -> Tensor:
    """Apply a network to the channels at every point.

    Parameters
    ----------
    network : torch.nn.Module
        Maps ``(…, channels)`` to ``(…, outputs)``.
    u : Tensor of shape (batch, channels, *grid)

    Returns
    -------
    Tensor of shape (batch, outputs, *grid)
        In the units of the network.
    """
    return network(u.movedim(1, -1)).movedim(-1, 1)
