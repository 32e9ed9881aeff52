"""A U-Net of ConvNeXt blocks (Liu et al. 2022; the "CNext" of The Well)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from triptych.ssno.baselines.common import (
    Convolution,
    Increment,
    Stem,
    Task,
    channels_first,
    channels_last,
    feed_forward,
)
from triptych.ssno.domains import Domain


class CNext(Increment):
    """Blocks at ever coarser grids and back, with skips; the grid must halve ``levels`` times.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels at the finest grid; they double at every level.
    levels : int, optional
        Number of halvings.
    blocks : int, optional
        Blocks at every level, down and up.
    kernel : int, optional
        Side of the depthwise kernel.

    Raises
    ------
    ValueError
        In a step, if the grid does not halve so often.
    """

    def __init__(
        self, task: Task, *, width: int = 32, levels: int = 2, blocks: int = 2, kernel: int = 7
    ) -> None:
        super().__init__(task, substeps=1)
        domain = task.domain
        widths = [width * 2**level for level in range(levels + 1)]
        down = nn.Conv3d if domain.dim == 3 else nn.Conv2d
        up = nn.ConvTranspose3d if domain.dim == 3 else nn.ConvTranspose2d

        def stage(size: int) -> nn.Sequential:
            return nn.Sequential(*[_Block(domain, size, kernel) for _ in range(blocks)])

        self.levels = levels
        self.stem = Stem(task, width, 3)
        self.encoder = nn.ModuleList(stage(size) for size in widths[:-1])
        pairs = list(pairwise(widths))
        self.shrink = nn.ModuleList(down(fine, coarse, 2, stride=2) for fine, coarse in pairs)
        self.bottom = stage(widths[-1])
        self.grow = nn.ModuleList(up(coarse, fine, 2, stride=2) for fine, coarse in pairs)
        self.merge = nn.ModuleList(Convolution(domain, 2 * fine, fine, 1) for fine, _ in pairs)
        self.decoder = nn.ModuleList(stage(size) for size in widths[:-1])
        self.head = Convolution(domain, width, task.channels, 3)

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        """See :meth:`.common.Stem.encode_coordinates`."""
        return self.stem.encode_coordinates(coordinates)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        uneven = [n for n in field.shape[2:] if n % 2**self.levels]
        if uneven:
            raise ValueError(f"{uneven[0]} points do not halve {self.levels} times")
        hidden, skips = self.stem(field, encoding), []
        for stage, shrink in zip(self.encoder, self.shrink, strict=True):
            hidden = stage(hidden)
            skips.append(hidden)
            hidden = shrink(hidden)
        hidden = self.bottom(hidden)
        for level in reversed(range(self.levels)):
            hidden = torch.cat([self.grow[level](hidden), skips[level]], 1)
            hidden = self.decoder[level](self.merge[level](hidden))
        return self.head(hidden)


class _Block(nn.Module):
    """Depthwise convolution, normalisation over channels, pointwise network, scaled residual."""

    def __init__(self, domain: Domain, width: int, kernel: int) -> None:
        super().__init__()
        self.depthwise = Convolution(domain, width, width, kernel, groups=width)
        self.norm = nn.LayerNorm(width)
        self.pointwise = feed_forward(width, 4)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, hidden: Tensor) -> Tensor:
        mixed = self.norm(channels_last(self.depthwise(hidden)))
        return hidden + channels_first(self.scale * self.pointwise(mixed))
