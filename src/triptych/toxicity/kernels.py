"""The two parts of an encoder that a CPU is slow at, in a form that it is fast at.

PyTorch's fused attention has a slow backward pass in bfloat16 on CPUs, for sequences as short as
molecules it takes four times as long as the formula itself; and of dropout most time goes into
drawing one random number for every value.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

SLOW_IN_BFLOAT16 = ("DEFAULT", "NO AVX", "AVX2")
"""Instruction sets of CPUs that emulate bfloat16, as PyTorch names them."""


def softmax_attention(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """Return softmax attention by its formula (Vaswani et al. 2017), in the type of the queries.

    Parameters
    ----------
    query, key, value : Tensor of shape (molecule, head, position, width)
    bias : Tensor of shape (molecule, 1, 1, position)
        Added to the scores: 0 at real keys, very negative at padding.

    Returns
    -------
    Tensor of shape (molecule, position, head, width)
        In the units of ``value``.
    """
    scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    scores += bias.to(scores.dtype)  # in place: they are the largest of all that is computed
    return (torch.softmax(scores, -1) @ value).transpose(1, 2)


def gains_from_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies in bfloat16 faster than in float32.

    CPUs without AVX-512 emulate it: a training step takes sixteen times as long as in float32.
    """
    return device.type != "cpu" or torch.backends.cpu.get_cpu_capability() not in SLOW_IN_BFLOAT16


class ByteDropout(nn.Module):
    """Dropout that draws one random byte a value; its rate is rounded to a multiple of 1/256.

    Parameters
    ----------
    rate : float
        Share of the values that is set to 0 in training; the others are scaled up.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.threshold = round(256 * rate)
        self.scale = 256 / (256 - self.threshold)

    def forward(self, values: Tensor) -> Tensor:
        """Return values of any shape, some of them set to 0 in training, the others scaled up."""
        if not self.training or self.threshold == 0:
            return values
        count = values.numel()
        words = torch.empty(math.ceil(count / 8), dtype=torch.int64, device=values.device)
        # All 64 bits: without bounds the highest is never set.
        words.random_(-(2**63), None)
        keep = words.view(torch.uint8)[:count].view(values.shape) >= self.threshold
        # As numbers once: a product with booleans would turn them into numbers in each direction.
        return (values * keep.to(values.dtype)).mul_(self.scale)
