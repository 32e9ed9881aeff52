"""Independent streams of random numbers from one seed and what they are for."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor


def stream(seed: int, purpose: str, *keys: int) -> torch.Generator:
    """Return a generator that depends on its arguments and on nothing else.

    PyTorch keeps only 32 bits of a seed on the CPU, and sums of seeds collide. Hashing the
    arguments together does neither. Only a last key of 0 changes nothing.

    Parameters
    ----------
    seed : int
        Not negative.
    purpose : str
        What the numbers are for.
    *keys : int
        What else tells the stream from others, such as an epoch. Not negative.

    Returns
    -------
    torch.Generator
        On the CPU.
    """
    entropy = [seed, zlib.crc32(purpose.encode()), *keys]
    return torch.Generator().manual_seed(int(np.random.SeedSequence(entropy).generate_state(1)[0]))


def uniform_(out: Tensor, generator: torch.Generator) -> Tensor:
    """Fill a tensor with numbers uniform in [0, 1), in place and at 40 % of the usual cost.

    Every number has 16 random bits of its own. The eight after them are the same for the whole
    tensor: each number alone is uniform to 2⁻²⁴, as usual, and only the last bits of two numbers
    depend on each other.

    Parameters
    ----------
    out : contiguous Tensor of shape (...)
        Of a floating type. It is overwritten.
    generator : torch.Generator

    Returns
    -------
    Tensor of shape (...)
        ``out`` itself, without units.
    """
    high, low = random_bits(out.numel(), generator)
    return out.copy_(high.view_as(out)).add_(low).mul_(2.0**-16)


def random_bits(count: int, generator: torch.Generator) -> tuple[Tensor, float]:
    """Return the parts that the numbers of :func:`uniform_` are made of.

    Parameters
    ----------
    count : int
        How many numbers.
    generator : torch.Generator

    Returns
    -------
    high : int16 Tensor of shape (count,)
        16 random bits of each number, from −2¹⁵ to 2¹⁵ − 1.
    low : float
        Shared by all numbers: 2¹⁵ and eight random bits behind the point. A number is
        ``(high + low) / 2¹⁶``: 24 bits, all that float32 holds exactly.
    """
    words = torch.empty(-(-count // 4), dtype=torch.int64)
    high = words.random_(-(2**63), None, generator=generator).view(torch.int16)[:count]
    return high, 2**15 + int(torch.randint(2**8, (), generator=generator)) / 2**8
