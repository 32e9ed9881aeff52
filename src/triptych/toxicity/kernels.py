"""The two parts of an encoder that a CPU is slow at, in a form that it is fast at.

PyTorch's fused attention has a slow backward pass in bfloat16 on CPUs, for sequences as short as
molecules it takes four times as long as the formula itself; and of dropout most time goes into
drawing one random number for every value.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from triptych.toxicity.packing import Packing

ATTENTION = "triptych_softmax"
"""Name under which ``transformers`` knows :func:`softmax_attention`."""
SLOW_IN_BFLOAT16 = ("DEFAULT", "NO AVX", "AVX2")
"""Instruction sets of CPUs, as PyTorch names them."""


def softmax_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    packing: Packing | None = None,
    **unused: Any,
) -> tuple[Tensor, None]:
    """Return softmax attention by its formula (Vaswani et al. 2017), in the type of the queries.

    Parameters
    ----------
    module
        The layer that attends; not used.
    query, key, value
        (molecule, head, position, width); if packed, one row of all molecules' tokens.
    attention_mask
        Added to the scores: 0 at real keys, very negative at padding. None if there is no padding.
    scaling
        Of the scores; ``1/√width`` if None.
    packing
        Where the tokens of packed molecules are; stands for the mask as well.

    Returns
    -------
    tuple
        (molecule, position, head, width), and None for the probabilities.
    """
    if packing is not None:
        query, key, value = (_pad(packing, x) for x in (query, key, value))
        attention_mask = packing.bias(query.dtype)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = (query * scale) @ key.transpose(-1, -2)
    if attention_mask is not None:
        scores = scores + attention_mask.to(scores.dtype)
    output = (torch.softmax(scores, -1) @ value).transpose(1, 2)
    if packing is not None:
        return packing.pack(output)[None], None
    return output.contiguous(), None


def _pad(packing: Packing, row: Tensor) -> Tensor:
    """Return (1, head, token, width) as (molecule, head, position, width)."""
    return packing.pad(row[0].transpose(0, 1)).transpose(1, 2)


AttentionInterface.register(ATTENTION, softmax_attention)
AttentionMaskInterface.register(ATTENTION, eager_mask)


def gains_from_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies in bfloat16 faster than in float32.

    CPUs without AVX-512 emulate it: a training step takes sixteen times as long as in float32.
    """
    return device.type != "cpu" or torch.backends.cpu.get_cpu_capability() not in SLOW_IN_BFLOAT16


class ByteDropout(nn.Module):
    """Dropout that draws one random byte a value; its rate is a multiple of 1/256.

    Parameters
    ----------
    rate
        Share of the values that is set to 0 in training; the others are scaled up.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.p = rate  # transformers reads it
        self.threshold = round(256 * rate)
        self.scale = 256 / (256 - self.threshold)

    def forward(self, x: Tensor) -> Tensor:
        """Return values of any shape, some of them set to 0 in training, the others scaled up."""
        if not self.training or self.threshold == 0:
            return x
        words = torch.empty(math.ceil(x.numel() / 8), dtype=torch.int64, device=x.device)
        # All 64 bits: without bounds the highest is never set.
        words.random_(-(2**63), None)
        keep = words.view(torch.uint8)[: x.numel()].view(x.shape) >= self.threshold
        # As numbers once: a product with booleans would turn them into numbers in each direction.
        return (x * keep.to(x.dtype)).mul_(self.scale)


def speed_up(backbone: PreTrainedModel) -> None:
    """Give a backbone the attention and the dropout of this module."""
    backbone.set_attn_implementation(ATTENTION)
    for module in list(backbone.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, ByteDropout(child.p))
