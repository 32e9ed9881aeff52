"""Spherical Fourier neural operator (Bonev et al., ICML 2023)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import Increment, Task, concatenate
from triptych.ssno.domains import Sphere


class SFNO(Increment):
    """Layers that mix channels degree by degree, plus a pointwise path; residual.

    All degrees that the task's grid resolves have a matrix, the same for all orders. As published
    it is complex. Where the task has no coordinates, since its step treats all directions alike, it
    is real: a layer then commutes with every rotation, but also with mirroring east and west, which
    no flow on a rotating sphere does.

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
        complex_weights = task.coordinate_channels > 0
        self.layers = nn.ModuleList(
            _Layer(SphericalConvolution(width, degrees, complex_weights), width)
            for _ in range(layers)
        )
        self.project = _network(width, task.channels)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = self.lift(concatenate(field, encoding))
        for layer in self.layers:
            hidden = hidden + layer(hidden)
        return self.project(hidden)


class _Layer(nn.Module):
    def __init__(self, convolution: SphericalConvolution, width: int) -> None:
        super().__init__()
        self.filter = convolution
        self.beside = Pointwise(width, width)
        self.pointwise = _network(width, width)

    def forward(self, hidden: Tensor) -> Tensor:
        return self.pointwise(self.filter(hidden) + self.beside(hidden))


class SphericalConvolution(nn.Module):
    """A matrix between channels for every degree; degrees beyond the last one are dropped.

    Its real part is a convolution on the sphere. An imaginary part shifts waves along the circles
    of latitude by a quarter of their length, and does nothing to what has no waves along them.

    Parameters
    ----------
    width : int
        Channels, in and out.
    degrees : int
        Largest degree.
    complex_weights : bool
        Whether there is an imaginary part.
    """

    def __init__(self, width: int, degrees: int, complex_weights: bool) -> None:
        super().__init__()
        self.degrees = degrees
        # Real and imaginary part last, if both: Adam takes real parameters.
        parts = 2 if complex_weights else 1
        shape = (degrees + 1, width, width, parts)
        self.weight = nn.Parameter((parts * width) ** -0.5 * torch.randn(shape))

    def forward(self, field: Tensor) -> Tensor:
        """Return the convolution of a field.

        Parameters
        ----------
        field : Tensor of shape (batch, width, latitude, longitude)

        Returns
        -------
        Tensor of the same shape
        """
        points = field.shape[-2]
        cutoff = min(self.degrees, points - 1)
        transform = Sphere().transform(points, cutoff, dtype=field.dtype, device=field.device)
        return transform.inverse(self._mix(transform.forward(field)))

    def _mix(self, coefficients: Tensor) -> Tensor:
        """Multiply the channels of ``(batch, width, degree, order)`` by their degree's matrix."""
        by_degree = coefficients.permute(2, 1, 0, 3)
        parts = self.weight[: len(by_degree)].unbind(-1)
        # One product for both: a real matrix has an imaginary part of zeros.
        imaginary = parts[1] if len(parts) == 2 else torch.zeros_like(parts[0])
        mixed = torch.bmm(torch.complex(parts[0], imaginary), by_degree.flatten(2))
        return mixed.view(by_degree.shape).permute(2, 1, 0, 3)


class Pointwise(nn.Module):
    """A linear map of the channels of ``(batch, inputs, *grid)``, the same everywhere."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, field: Tensor) -> Tensor:
        """Return the mapped channels.

        Parameters
        ----------
        field : Tensor of shape (batch, inputs, *grid)

        Returns
        -------
        Tensor of shape (batch, outputs, *grid)
        """
        batch, _, *grid = field.shape
        weight = self.linear.weight.expand(batch, -1, -1)
        return torch.baddbmm(self.linear.bias[:, None], weight, field.flatten(2)).unflatten(2, grid)


def _network(width: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(Pointwise(width, 2 * width), nn.GELU(), Pointwise(2 * width, outputs))
