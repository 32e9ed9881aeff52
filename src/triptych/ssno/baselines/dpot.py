"""DPOT: Fourier attention on patches (Hao et al., ICML 2024), for one input frame."""

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

NORM_GROUPS = 8
"""Groups of channels, each normalised over the grid, as published."""


class DPOT(Increment):
    """Patches, blocks that mix channels of every Fourier mode by one shared network, and back.

    As in the original every patch has a learned position: with one network for all modes no patch
    would know its neighbours otherwise. The original's temporal aggregation has nothing to
    aggregate here: one frame goes in.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels of a patch's embedding.
    layers : int, optional
        Number of blocks.
    patch : int, optional
        Side of a patch.
    heads : int, optional
        Groups of channels that the spectral network treats apart; they divide the width.

    Raises
    ------
    ValueError
        If the task's grid cannot be divided into patches, or the width by the heads or by the
        groups of the norm.
    """

    def __init__(
        self, task: Task, *, width: int = 64, layers: int = 4, patch: int = 2, heads: int = 4
    ) -> None:
        super().__init__(task, substeps=1)
        if width % heads:
            raise ValueError(f"width {width} is no multiple of the {heads} heads")
        if width % NORM_GROUPS:
            raise ValueError(f"width {width} is no multiple of the {NORM_GROUPS} groups of a norm")
        down = nn.Conv3d if task.domain.dim == 3 else nn.Conv2d
        up = nn.ConvTranspose3d if task.domain.dim == 3 else nn.ConvTranspose2d
        uneven = [n for n in task.domain.grid(task.points) if n % patch]
        if uneven:
            raise ValueError(f"{uneven[0]} points are not divisible into patches of {patch}")
        patches = [n // patch for n in task.domain.grid(task.points)]
        self.position = nn.Parameter(0.02 * torch.randn(*patches, width))
        self.embed = down(task.inputs, width, patch, stride=patch)
        self.blocks = nn.ModuleList(_Block(task.domain.dim, width, heads) for _ in range(layers))
        self.unfold = up(width, width, patch, stride=patch)
        self.head = feed_forward(width, 1)
        self.project = nn.Linear(width, task.channels)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        hidden = channels_last(self.embed(concatenate(field, encoding))) + self.position
        for block in self.blocks:
            hidden = block(hidden)
        fine = channels_last(self.unfold(channels_first(hidden)))
        return channels_first(self.project(self.head(fine)))


class _Block(nn.Module):
    def __init__(self, dim: int, width: int, heads: int) -> None:
        super().__init__()
        self.axes = tuple(range(1, dim + 1))
        self.heads = heads
        size = width // heads
        self.first, self.second = (
            nn.Parameter(size**-0.5 * torch.randn(heads, 2 * size, 2 * size)) for _ in range(2)
        )
        self.biases = nn.Parameter(torch.zeros(2, heads, 1, 2 * size))
        self.norms = nn.ModuleList(nn.GroupNorm(NORM_GROUPS, width) for _ in range(2))
        self.pointwise = feed_forward(width, 2)

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self._spectral(self._normalised(hidden, 0))
        return hidden + self.pointwise(self._normalised(hidden, 1))

    def _normalised(self, hidden: Tensor, which: int) -> Tensor:
        return channels_last(self.norms[which](channels_first(hidden)))

    def _spectral(self, hidden: Tensor) -> Tensor:
        spectrum = torch.fft.rfftn(hidden, dim=self.axes, norm="ortho")
        shape = spectrum.shape
        by_head = spectrum.reshape(-1, self.heads, shape[-1] // self.heads)
        pairs = torch.cat([by_head.real, by_head.imag], -1).transpose(0, 1)
        inner = nn.functional.gelu(torch.baddbmm(self.biases[0], pairs, self.first))
        mixed = torch.baddbmm(self.biases[1], inner, self.second)
        real, imaginary = mixed.transpose(0, 1).chunk(2, -1)
        spectrum = torch.complex(real, imaginary).reshape(shape)
        sizes = hidden.shape[1:-1]
        return torch.fft.irfftn(spectrum, s=sizes, dim=self.axes, norm="ortho")
