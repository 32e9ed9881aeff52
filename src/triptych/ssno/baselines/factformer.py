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
    of the axis, unlike the original's, since the boxes here are periodic.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels inside, a multiple of twice the heads.
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
        if width % (2 * heads):
            raise ValueError(f"width {width} is no multiple of {2 * heads}, twice the heads")
        self.waves = width // (2 * heads)
        self.heads = heads
        self.lift = nn.Linear(task.inputs, width)
        self.blocks = nn.ModuleList(_Block(task.domain.dim, width, heads) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, task.channels)
        )

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = self.lift(channels_last(concatenate(field, encoding)))
        on_sphere = isinstance(self.task.domain, Sphere)
        rotations = [
            # A meridian is half a circle: its ends are no neighbours.
            _rotations(n, self.waves, self.heads, on_sphere and axis == 0, hidden.device)
            for axis, n in enumerate(hidden.shape[1:-1])
        ]
        for block in self.blocks:
            hidden = hidden + block(hidden, rotations)
        return channels_first(self.project(hidden))


class _Block(nn.Module):
    def __init__(self, dim: int, width: int, heads: int) -> None:
        super().__init__()
        self.dim, self.heads = dim, heads
        self.norm = nn.LayerNorm(width)
        self.value = nn.Linear(width, width)
        self.query = nn.ModuleList(nn.Linear(width, width) for _ in range(dim))
        self.key = nn.ModuleList(nn.Linear(width, width) for _ in range(dim))
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
def _rotations(
    points: int, waves: int, heads: int, half_circle: bool, device: torch.device
) -> Tensor:
    """Return ``exp(i m x)`` on an axis, ``(heads, points, waves)``; no two pairs share an m.

    On fewer points than twice their number the last ones are conjugates of others.
    """
    position = torch.arange(points, dtype=torch.float32, device=device)
    position = position * ((1 if half_circle else 2) * math.pi / points)
    wave = torch.arange(waves * heads, dtype=torch.float32, device=device)
    angle = position[:, None] * wave.view(waves, heads).T[:, None, :]
    return torch.polar(torch.ones_like(angle), angle)


def _rotate(values: Tensor, rotations: Tensor) -> Tensor:
    """Turn pairs of channels as complex numbers, ``(batch, heads, points, 2 × waves)``."""
    pairs = torch.view_as_complex(values.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * rotations).flatten(-2)
