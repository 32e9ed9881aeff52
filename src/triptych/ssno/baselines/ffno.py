"""Factorised Fourier neural operator (Tran et al., ICLR 2023)."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import (
    Increment,
    Task,
    channels_first,
    channels_last,
    concatenate,
    feed_forward,
)
from triptych.ssno.domains import Domain, Sphere


class FFNO(Increment):
    """Layers that mix channels mode by mode along one axis at a time, then pointwise; residual.

    They mix all modes that the task's grid resolves, as the SSNO has no low-pass either.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels inside.
    layers : int, optional
        Number of layers.
    """

    def __init__(self, task: Task, *, width: int = 64, layers: int = 4) -> None:
        super().__init__(task, substeps=1)
        self.lift = nn.Linear(task.inputs, width)
        # A meridian and its continuation on the other side are a circle of twice the latitudes, as
        # long as a circle of latitude.
        circle = 2 * task.points if isinstance(task.domain, Sphere) else task.points
        modes = (circle + 1) // 2
        self.layers = nn.ModuleList(_Layer(task.domain, width, modes) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, task.channels)
        )

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = self.lift(channels_last(concatenate(field, encoding)))
        for layer in self.layers:
            hidden = hidden + layer(hidden)
        return channels_first(self.project(hidden))


class _Layer(nn.Module):
    def __init__(self, domain: Domain, width: int, modes: int) -> None:
        super().__init__()
        self.domain, self.modes = domain, modes
        scale = (domain.dim * width) ** -0.5
        shape = (domain.dim, modes, width, width)
        self.real = nn.Parameter(scale * torch.randn(shape))
        self.imaginary = nn.Parameter(scale * torch.randn(shape))
        self.pointwise = feed_forward(width, 2)

    def forward(self, hidden: Tensor) -> Tensor:
        mixed = [self._along(hidden, axis) for axis in range(self.domain.dim)]
        return self.pointwise(sum(mixed[1:], mixed[0]))

    def _along(self, hidden: Tensor, axis: int) -> Tensor:
        """Mix channels of the leading modes along one axis of ``(batch, *grid, width)``."""
        over_poles = isinstance(self.domain, Sphere) and axis == 0
        points, width = hidden.shape[axis + 1], hidden.shape[-1]
        analysis, synthesis = _matrices(points, self.modes, over_poles, hidden.dtype, hidden.device)
        # What comes after the axis counts as columns of the products: no field is copied.
        lines = hidden.reshape(math.prod(hidden.shape[: axis + 1]), points, -1)
        spectrum = _product(analysis, lines)
        if over_poles:
            near, far = spectrum.chunk(2, 1)
            spectrum = near + far.roll(far.shape[-1] // 2, -1)
        mixed = self._mix(spectrum.unflatten(-1, (-1, width)), axis)
        return _product(synthesis, mixed.flatten(2)).view(hidden.shape)

    def _mix(self, spectrum: Tensor, axis: int) -> Tensor:
        """Multiply every mode of ``(lines, modes × (re, im), columns, width)`` by its matrix."""
        modes = spectrum.shape[1] // 2
        real, imaginary = self.real[axis, :modes], self.imaginary[axis, :modes]
        # Real arithmetic: (re, im) times [[Wr, Wi], [-Wi, Wr]], one product a mode.
        weight = torch.cat([torch.cat([real, imaginary], 2), torch.cat([-imaginary, real], 2)], 1)
        lines, _, columns, width = spectrum.shape
        pairs = spectrum.unflatten(1, (modes, 2)).permute(1, 0, 3, 2, 4)
        mixed = torch.bmm(pairs.reshape(modes, lines * columns, 2 * width), weight)
        pairs = mixed.view(modes, lines, columns, 2, width).permute(1, 0, 3, 2, 4)
        return pairs.flatten(1, 2)


def _product(matrix: Tensor, lines: Tensor) -> Tensor:
    return torch.bmm(matrix.expand(len(lines), -1, -1), lines)


@lru_cache(maxsize=16)
def _matrices(
    points: int, modes: int, over_poles: bool, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the real Fourier matrices of the leading modes: to (re, im) pairs, and back.

    From pole to pole and back on the opposite meridian is a closed circle of twice the points: two
    matrices to the pairs then, one upon the other, for either half; and back to the first half.
    """
    circle = 2 * points if over_poles else points
    resolved = min(modes, (circle + 1) // 2)
    mode = torch.arange(resolved, dtype=torch.float64, device=device)
    points_on_circle = torch.arange(circle, dtype=torch.float64, device=device)
    phase = 2 * math.pi / circle * mode[:, None] * points_on_circle
    waves = torch.stack([phase.cos(), -phase.sin()], 1).flatten(0, 1).to(dtype)
    weight = torch.where(mode == 0, 1.0, 2.0).repeat_interleave(2).to(dtype)
    first_half, second_half = waves[:, :points], waves[:, points:].flip(1)
    analysis = torch.cat([first_half, second_half]) if over_poles else first_half
    return analysis / circle, (first_half * weight[:, None]).T.contiguous()
