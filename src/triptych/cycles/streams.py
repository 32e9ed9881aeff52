"""Independent streams of random numbers from one seed and what they are for."""

from __future__ import annotations

import zlib

import numpy as np
import torch


def stream(seed: int, purpose: str, *keys: int) -> torch.Generator:
    """Return a generator that depends on all of its arguments and on nothing else.

    PyTorch keeps only 32 bits of a seed on the CPU, and sums of seeds collide. Hashing the
    arguments together does neither.

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
