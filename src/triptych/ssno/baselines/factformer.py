"""FactFormer: attention factorised over the axes of the grid (Li et al., NeurIPS 2023)."""

from __future__ import annotations

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


class FactFormer(Increment):
    """Blocks of axial kernels: one matrix an axis, from the field averaged over the other axes.

    Parameters
    ----------
    width
        Channels inside.
    layers
        Number of blocks.
    heads
        Attention heads.
    """

    def __init__(
        self,
        task: Task,
        *,
        width: int = 64,
        layers: int = 4,
        heads: int = 4,
    ) -> None:
        super().__init__(task, substeps=1)
        self.lift = nn.Linear(task.inputs, width)
        self.blocks = nn.ModuleList(_Block(task.domain.dim, width, heads) for _ in range(layers))
        self.project = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Linear(width, task.channels)
        )

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        hidden = self.lift(channels_last(concatenate(field, encoding)))
        for block in self.blocks:
            hidden = hidden + block(hidden)
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

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = self.norm(hidden)
        values = self._heads(self.value(hidden))
        for axis in range(self.dim):
            # All lines along an axis are columns of one product: the kernel is not repeated.
            lines = values.movedim(axis + 2, 2)
            mixed = self._kernel(hidden, axis) @ lines.flatten(3)
            values = mixed.view(lines.shape).movedim(2, axis + 2)
        merged = values.movedim(1, -2).flatten(-2)
        return self.pointwise(self.after(merged))

    def _heads(self, hidden: Tensor) -> Tensor:
        """Return ``(batch, heads, *grid, width / heads)``."""
        return hidden.unflatten(-1, (self.heads, -1)).movedim(-2, 1)

    def _kernel(self, hidden: Tensor, axis: int) -> Tensor:
        """Return ``(batch, heads, points, points)`` for one axis; its rows sum to one."""
        others = tuple(a + 1 for a in range(self.dim) if a != axis)
        line = hidden.mean(others)
        query = self.query[axis](line).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key = self.key[axis](line).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return torch.softmax(query @ key.mT * query.shape[-1] ** -0.5, -1)
