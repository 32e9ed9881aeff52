"""Factorised Fourier neural operator (Tran et al., ICLR 2023)."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import (
    Increment,
    across_poles,
    channels_first,
    channels_last,
    feed_forward,
    together,
)
from triptych.ssno.domains import Domain, Sphere


class FFNO(Increment):
    """Layers that mix channels mode by mode along one axis at a time, then pointwise; residual.

    Parameters
    ----------
    width
        Channels inside.
    layers
        Number of layers.
    modes
        Fourier modes kept along each axis, the mean included; no more than the grid resolves.
    expansion
        Widening of the pointwise network.
    """

    def __init__(
        self,
        domain: Domain,
        channels: int,
        *,
        octaves: tuple[int, ...] = (1,),
        width: int = 64,
        layers: int = 4,
        modes: int = 16,
        expansion: int = 2,
    ) -> None:
        super().__init__(domain, channels, octaves)
        self.lift = nn.Linear(self.inputs, width)
        self.layers = nn.ModuleList(_Layer(domain, width, modes, expansion) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, channels)
        )

    def increment(self, field: Tensor, known: Tensor) -> Tensor:
        hidden = self.lift(channels_last(together(field, known)))
        for layer in self.layers:
            hidden = hidden + layer(hidden)
        return channels_first(self.project(hidden))


class _Layer(nn.Module):
    def __init__(self, domain: Domain, width: int, modes: int, expansion: int) -> None:
        super().__init__()
        self.domain, self.modes = domain, modes
        scale = (domain.dim * width) ** -0.5
        shape = (domain.dim, modes, width, width)
        self.real = nn.Parameter(scale * torch.randn(shape))
        self.imaginary = nn.Parameter(scale * torch.randn(shape))
        self.pointwise = feed_forward(width, expansion)

    def forward(self, hidden: Tensor) -> Tensor:
        mixed = [self._along(hidden, axis) for axis in range(self.domain.dim)]
        return self.pointwise(sum(mixed[1:], mixed[0]))

    def _along(self, hidden: Tensor, axis: int) -> Tensor:
        """Mix channels of the leading modes along one axis of ``(batch, *grid, width)``."""
        points = hidden.shape[axis + 1]
        if isinstance(self.domain, Sphere) and axis == 0:
            # From pole to pole and back on the other side a meridian is a closed circle.
            closed = across_poles(hidden.movedim(-1, 1), points)[..., points:, :]
            return self._mix(closed.movedim(1, -1), axis)[:, :points]
        return self._mix(hidden, axis)

    def _mix(self, hidden: Tensor, axis: int) -> Tensor:
        rows = hidden.movedim(axis + 1, -2)
        analysis, synthesis = _matrices(rows.shape[-2], self.modes, rows.dtype, rows.device)
        kept = analysis.shape[0] // 2
        spectrum = (analysis @ rows).flatten(0, -3).unflatten(1, (kept, -1))
        # Real arithmetic: (re, im) times [[Wr, Wi], [-Wi, Wr]], one product a mode.
        real, imaginary = self.real[axis, :kept], self.imaginary[axis, :kept]
        weight = torch.cat([torch.cat([real, imaginary], 2), torch.cat([-imaginary, real], 2)], 1)
        mixed = torch.bmm(spectrum.flatten(2).transpose(0, 1), weight).transpose(0, 1)
        mixed = mixed.unflatten(2, (2, -1)).flatten(1, 2)
        return (synthesis @ mixed).unflatten(0, rows.shape[:-2]).movedim(-2, axis + 1)


@lru_cache(maxsize=16)
def _matrices(
    points: int, modes: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the real Fourier matrices of the leading modes: to (re, im) pairs, and back."""
    kept = min(modes, (points + 1) // 2)
    mode = torch.arange(kept, dtype=torch.float64, device=device)
    place = torch.arange(points, dtype=torch.float64, device=device)
    phase = 2 * math.pi / points * mode[:, None] * place
    waves = torch.stack([phase.cos(), -phase.sin()], 1).flatten(0, 1).to(dtype)
    weight = torch.where(mode == 0, 1.0, 2.0).repeat_interleave(2).to(dtype)
    return waves / points, (waves * weight[:, None]).T.contiguous()
