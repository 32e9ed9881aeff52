"""Spherical Fourier neural operator (Bonev et al., ICML 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import Increment, Task, concatenate
from triptych.ssno.domains import Sphere


class SFNO(Increment):
    """Layers that mix channels degree by degree, plus a pointwise path; residual.

    A matrix a degree, the same for all orders, is a convolution on the sphere: it commutes with
    every rotation. All degrees that the task's grid resolves have one.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels inside.
    layers : int, optional
        Number of layers.

    Raises
    ------
    ValueError
        On a box, which has no spherical harmonics.
    """

    def __init__(self, task: Task, *, width: int = 32, layers: int = 4) -> None:
        super().__init__(task, substeps=1)
        if not isinstance(task.domain, Sphere):
            raise ValueError(f"sfno: a model for the sphere, not for {task.domain}")
        self.lift = Pointwise(task.inputs, width)
        degrees = task.points - 1
        self.layers = nn.ModuleList(_Layer(width, degrees) for _ in range(layers))
        self.project = _network(width, 2 * width, task.channels)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = self.lift(concatenate(field, encoding))
        for layer in self.layers:
            hidden = hidden + layer(hidden)
        return self.project(hidden)


class _Layer(nn.Module):
    def __init__(self, width: int, degrees: int) -> None:
        super().__init__()
        self.filter = SphericalConvolution(width, degrees)
        self.beside = Pointwise(width, width)
        self.pointwise = _network(width, 2 * width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.pointwise(self.filter(hidden) + self.beside(hidden))


class SphericalConvolution(nn.Module):
    """A real matrix between channels for every degree; degrees beyond the last one are dropped.

    Parameters
    ----------
    width : int
        Channels, in and out.
    degrees : int
        Largest degree.
    """

    def __init__(self, width: int, degrees: int) -> None:
        super().__init__()
        self.degrees = degrees
        self.weight = nn.Parameter(width**-0.5 * torch.randn(degrees + 1, width, width))

    def forward(self, field: Tensor) -> Tensor:
        """Return the convolution of a field ``(batch, width, latitude, longitude)``."""
        points = field.shape[-2]
        cutoff = min(self.degrees, points - 1)
        transform = Sphere().transform(points, cutoff, dtype=field.dtype, device=field.device)
        return transform.inverse(self._mix(transform.forward(field)))

    def _mix(self, coefficients: Tensor) -> Tensor:
        """Multiply the channels of ``(batch, width, degree, order)`` by their degree's matrix."""
        by_degree = torch.view_as_real(coefficients).permute(2, 1, 0, 3, 4)
        mixed = torch.bmm(self.weight[: len(by_degree)], by_degree.flatten(2))
        pairs = mixed.view(by_degree.shape).permute(2, 1, 0, 3, 4)
        return torch.view_as_complex(pairs.contiguous())


class Pointwise(nn.Module):
    """A linear map of the channels of ``(batch, inputs, *grid)``, the same everywhere."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, field: Tensor) -> Tensor:
        """Return ``(batch, outputs, *grid)`` from ``(batch, inputs, *grid)``."""
        batch, _, *grid = field.shape
        weight = self.linear.weight.expand(batch, -1, -1)
        return torch.baddbmm(self.linear.bias[:, None], weight, field.flatten(2)).unflatten(2, grid)


def _network(inputs: int, inner: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(Pointwise(inputs, inner), nn.GELU(), Pointwise(inner, outputs))
