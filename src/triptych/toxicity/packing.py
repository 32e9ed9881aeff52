"""Sequences of unlike lengths one after the other, without padding between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

MULTIPLE = 32
"""Rows are filled up to a multiple of this many tokens: a library of matrix products that prepares
each new size anew meets few of them."""


@dataclass(frozen=True)
class Packing:
    """Where the real tokens of a batch are.

    A network layer that takes every token by itself need not see the padding: it gets the real
    tokens as one long row. Only attention, which looks across a molecule, wants them padded. In
    shapes ``token`` is the axis of such a row, and ``position`` that of what is padded.

    Attributes
    ----------
    real : bool Tensor of shape (molecule, position)
        Not padding.
    slot : int64 Tensor of shape (token,)
        Flat index, into (molecule · position), of each token in the packed row: the real ones in
        order, then padding up to a multiple of 32 if there is enough.
    """

    real: Tensor
    slot: Tensor

    @classmethod
    def of(cls, real: Tensor) -> Packing:
        """Return the packing of a batch.

        Parameters
        ----------
        real : bool Tensor of shape (molecule, position)
            Whether a token is not padding.
        """
        order = torch.argsort(real.flatten(), descending=True, stable=True)
        return cls(real, order[: math.ceil(int(real.sum()) / MULTIPLE) * MULTIPLE])

    @property
    def position(self) -> Tensor:
        """Position of each token in its molecule, from 0, shape (token,)."""
        return self.slot % self.real.shape[1]

    def pack(self, padded: Tensor) -> Tensor:
        """Return padded values, (molecule, position, ...), as one row, (token, ...)."""
        return padded.flatten(0, 1).index_select(0, self.slot)

    def pad(self, packed: Tensor) -> Tensor:
        """Return a row, (token, ...), padded, (molecule, position, ...): 0 beyond its slots."""
        zeros = packed.new_zeros(self.real.numel(), *packed.shape[1:])
        return zeros.index_copy_(0, self.slot, packed).unflatten(0, self.real.shape)

    def bias(self, dtype: torch.dtype) -> Tensor:
        """Return what attention adds to its scores, (molecule, 1, 1, key): 0 or very negative."""
        return torch.zeros_like(self.real, dtype=dtype).masked_fill_(
            ~self.real, torch.finfo(dtype).min
        )[:, None, None]
