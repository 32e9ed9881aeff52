"""FactFormer: attention factorised over the axes of the grid (Li et al., NeurIPS 2023)."""

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
from triptych.ssno.domains import Sphere


class FactFormer(Increment):
    """Blocks of axial kernels: one matrix an axis, from the field averaged over the other axes.

    Queries and keys are turned by the place on their axis (rotary embedding, Su et al. 2021), as in
    the original: otherwise no kernel would know a neighbour from any other point. A kernel depends
    on the distance of two places alone, so that a shift still commutes. The angles are whole waves
    of the axis, unlike the original's, since the boxes here are periodic. As there, every head has
    all of them: one that has few passes no other wave of a field, on any axis. So queries and keys
    have as many channels as an axis has waves, whatever the width.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels inside, a multiple of the heads.
    layers : int, optional
        Number of blocks.
    heads : int, optional
        Attention heads.

    Raises
    ------
    ValueError
        If the width is no such multiple.
    """

    def __init__(self, task: Task, *, width: int = 64, layers: int = 4, heads: int = 4) -> None:
        super().__init__(task, substeps=1)
        if width % heads:
            raise ValueError(f"width {width} is no multiple of the {heads} heads")
        self.waves = [
            points if self._is_meridian(axis) else points // 2 + 1
            for axis, points in enumerate(task.domain.grid(task.points))
        ]
        self.lift = nn.Linear(task.inputs, width)
        self.blocks = nn.ModuleList(_Block(width, heads, self.waves) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, task.channels)
        )

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = self.lift(channels_last(concatenate(field, encoding)))
        rotations = [
            _rotations(points, waves, self._is_meridian(axis), hidden.device)
            for axis, (points, waves) in enumerate(zip(hidden.shape[1:-1], self.waves, strict=True))
        ]
        for block in self.blocks:
            hidden = hidden + block(hidden, rotations)
        return channels_first(self.project(hidden))

    def _is_meridian(self, axis: int) -> bool:
        """Whether an axis is half a circle, whose ends are no neighbours."""
        return isinstance(self.task.domain, Sphere) and axis == 0


class _Block(nn.Module):
    def __init__(self, width: int, heads: int, waves: list[int]) -> None:
        super().__init__()
        self.dim, self.heads = len(waves), heads
        self.norm = nn.LayerNorm(width)
        self.value = nn.Linear(width, width)
        self.query = nn.ModuleList(nn.Linear(width, heads * 2 * count) for count in waves)
        self.key = nn.ModuleList(nn.Linear(width, heads * 2 * count) for count in waves)
        self.after = nn.LayerNorm(width)
        self.pointwise = feed_forward(width, 2)

    def forward(self, hidden: Tensor, rotations: list[Tensor]) -> Tensor:
        hidden = self.norm(hidden)
        values = self._heads(self.value(hidden))
        for axis in range(self.dim):
            # All lines along an axis are columns of one product: the kernel is not repeated.
            lines = values.movedim(axis + 2, 2)
            mixed = self._kernel(hidden, axis, rotations[axis]) @ lines.flatten(3)
            values = mixed.view(lines.shape).movedim(2, axis + 2)
        merged = values.movedim(1, -2).flatten(-2)
        return self.pointwise(self.after(merged))

    def _heads(self, hidden: Tensor) -> Tensor:
        """Return ``(batch, heads, *grid, width / heads)``."""
        return hidden.unflatten(-1, (self.heads, -1)).movedim(-2, 1)

    def _kernel(self, hidden: Tensor, axis: int, rotations: Tensor) -> Tensor:
        """Return ``(batch, heads, points, points)`` for one axis: an integral by the mean rule."""
        other_axes = tuple(other + 1 for other in range(self.dim) if other != axis)
        line = hidden.mean(other_axes)
        query, key = (
            _rotate(
                projections[axis](line).unflatten(-1, (self.heads, -1)).transpose(1, 2), rotations
            )
            for projections in (self.query, self.key)
        )
        return query @ key.mT / query.shape[-2]


@lru_cache(maxsize=8)
def _rotations(points: int, waves: int, half_circle: bool, device: torch.device) -> Tensor:
    """Return ``exp(i m x)`` on an axis for every wave m, ``(points, waves)``."""
    position = torch.arange(points, dtype=torch.float32, device=device)
    position = position * ((1 if half_circle else 2) * math.pi / points)
    angle = position[:, None] * torch.arange(waves, dtype=torch.float32, device=device)
    return torch.polar(torch.ones_like(angle), angle)


def _rotate(values: Tensor, rotations: Tensor) -> Tensor:
    """Turn pairs of channels as complex numbers, ``(batch, heads, points, 2 × waves)``."""
    pairs = torch.view_as_complex(values.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * rotations).flatten(-2)
