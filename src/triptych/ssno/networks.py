"""The small networks inside the SSNO, and the table that stands in for one of them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

TABLE_NODES = 2048


def mlp(
    inputs: int, hidden: int, outputs: int, activation: type[nn.Module] = nn.ReLU
) -> nn.Sequential:
    """Return a network with two hidden layers of width ``hidden``.

    It maps ``(…, inputs)`` to ``(…, outputs)``.
    """
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        activation(),
        nn.Linear(hidden, hidden),
        activation(),
        nn.Linear(hidden, outputs),
    )


class _Interpolate(torch.autograd.Function):
    """Interpolate a table linearly on equidistant nodes, differentiable in ``u`` and the table.

    The derivative in ``u`` is interpolated between slopes at the nodes, which are central
    differences: it errs by the square of the spacing, as the value does, where the slope of the
    interpolant errs by the first power.
    """

    @staticmethod
    def forward(
        ctx: Any, u: Tensor, values: Tensor, slopes: Tensor, low: float, spacing: float
    ) -> Tensor:
        place = (u.flatten() - low).mul_(1 / spacing)
        node = place.to(torch.int32).clamp_(0, values.numel() - 2)
        fraction = place.sub_(node)
        ctx.save_for_backward(node, fraction, slopes)
        return _lookup(values, node, fraction).view_as(u)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        node, fraction, slopes = ctx.saved_tensors
        grad = grads[0].flatten()
        to_values = None
        if ctx.needs_input_grad[1]:
            right = grad * fraction
            to_values = grad.new_zeros(slopes.numel())
            to_values.index_add_(0, node, grad - right)
            to_values[1:].index_add_(0, node, right)
        slope = _lookup(slopes, node, fraction)
        return (grad * slope).view_as(grads[0]), to_values, None, None, None


def _lookup(values: Tensor, node: Tensor, fraction: Tensor) -> Tensor:
    rise = values.diff()
    return torch.addcmul(values.index_select(0, node), rise.index_select(0, node), fraction)


class ScalarTable:
    """A scalar function of a scalar, tabulated once and interpolated at every stage.

    When a field leaves the tabulated range the table is built anew over a wider one, so a value is
    never extrapolated.

    Parameters
    ----------
    network
        Maps ``(n, 1)`` to ``(n, 1)``.
    field
        A field whose range, widened by half on both sides, the first table spans.
    """

    def __init__(self, network: nn.Module, field: Tensor) -> None:
        self.network = network
        self._build(*_range(field))

    def _build(self, low: float, high: float) -> None:
        margin = 0.5 * (high - low) + 1e-3
        self.low, self.high = low - margin, high + margin
        parameter = next(self.network.parameters())
        self.finite = math.isfinite(self.low) and math.isfinite(self.high)
        if self.finite:
            nodes = torch.linspace(
                self.low, self.high, TABLE_NODES, dtype=parameter.dtype, device=parameter.device
            )
            self.values = self.network(nodes[:, None])[:, 0]
            self.spacing = (self.high - self.low) / (TABLE_NODES - 1)
            self.slopes = torch.gradient(self.values.detach(), spacing=self.spacing)[0]

    def __call__(self, u: Tensor) -> Tensor:
        """Return the function at every value of ``u``, in its shape; NaN if one is not finite."""
        low, high = _range(u)
        if not (self.low <= low and high <= self.high):
            self._build(low, high)
        if not self.finite:
            return torch.full_like(u, math.nan)
        return _Interpolate.apply(u, self.values, self.slopes, self.low, self.spacing)


def _range(field: Tensor) -> tuple[float, float]:
    low, high = torch.aminmax(field.detach())
    return float(low), float(high)


def pointwise(network: nn.Module, u: Tensor) -> Tensor:
    """Apply a network to the channels at every point.

    Parameters
    ----------
    network
        Maps ``(…, channels)`` to ``(…, outputs)``.
    u
        ``(batch, channels, *grid)``.

    Returns
    -------
    Tensor, shape (batch, outputs, *grid)
        In the units of the network.
    """
    return network(u.movedim(1, -1)).movedim(-1, 1)
