"""Products of fields on the grid, pair by pair, in one pass forward and one back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Multiply(torch.autograd.Function):
    """All is written to where it belongs: slices and joins would copy every field several times."""

    @staticmethod
    def forward(
        ctx: Any, fields: Tensor, slopes: Tensor | None, pairs: int
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(fields, slopes)
        ctx.pairs = pairs
        gradient_pairs = 0 if slopes is None else slopes.shape[1] // 2
        shape = (len(fields), pairs + 2 * gradient_pairs, *fields.shape[2:])
        result = fields.new_empty(shape)
        plain, dot, cross = result.split([pairs, gradient_pairs, gradient_pairs], 1)
        torch.mul(fields[:, :pairs], fields[:, pairs : 2 * pairs], out=plain)
        if slopes is not None:
            (c_south, c_east), (d_south, d_east) = _components(slopes)
            torch.mul(c_south, d_south, out=dot).addcmul_(c_east, d_east)
            torch.mul(c_south, d_east, out=cross).addcmul_(c_east, d_south, value=-1)
        return result, fields[:, 2 * pairs :].clone()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        fields, slopes = ctx.saved_tensors
        pairs, gradient_pairs = ctx.pairs, (grads[0].shape[1] - ctx.pairs) // 2
        plain, dot, cross = grads[0].split([pairs, gradient_pairs, gradient_pairs], 1)
        to_fields = torch.empty_like(fields)
        torch.mul(plain, fields[:, pairs : 2 * pairs], out=to_fields[:, :pairs])
        torch.mul(plain, fields[:, :pairs], out=to_fields[:, pairs : 2 * pairs])
        to_fields[:, 2 * pairs :] = grads[1]
        if slopes is None:
            return to_fields, None, None
        to_slopes = torch.empty_like(slopes)
        (c_south, c_east), (d_south, d_east) = _components(slopes)
        (to_c_south, to_c_east), (to_d_south, to_d_east) = _components(to_slopes)
        torch.mul(dot, d_south, out=to_c_south).addcmul_(cross, d_east)
        torch.mul(dot, d_east, out=to_c_east).addcmul_(cross, d_south, value=-1)
        torch.mul(dot, c_south, out=to_d_south).addcmul_(cross, c_east, value=-1)
        torch.mul(dot, c_east, out=to_d_east).addcmul_(cross, c_south)
        return to_fields, to_slopes, None


def _components(slopes: Tensor) -> list[tuple[Tensor, ...]]:
    return [half.unbind(2) for half in slopes.chunk(2, 1)]


def multiply(fields: Tensor, slopes: Tensor | None, pairs: int) -> tuple[Tensor, Tensor]:
    """Return the products of pairs of fields, and the fields that are no part of one.

    Parameters
    ----------
    fields : Tensor of shape (batch, n, *grid)
        The left factors a, the right factors b, then all others.
    slopes : Tensor of shape (batch, 2 × gradient_pairs, 2, latitude, longitude), or None
        Gradients of c, then of d, each to the south and to the east.
    pairs : int
        How many left factors.

    Returns
    -------
    products : Tensor of shape (batch, pairs + 2 × gradient_pairs, *grid)
        ``a b``, then ``∇c·∇d``, then ``r̂·∇c×∇d``.
    others : Tensor of shape (batch, n − 2 × pairs, *grid)
    """
    products, others = _Multiply.apply(fields, slopes, pairs)
    return products, others
