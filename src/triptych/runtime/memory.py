"""How the process asks the system for memory."""

from __future__ import annotations

import ctypes
import os

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_NEVER = 2**31 - 1
_LARGEST_KEPT = 32 * 2**20
"""The most that the C library takes for this threshold, in bytes."""
_KERNELS = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
_KERNELS_KEPT = "64"


def keep_freed_memory() -> None:
    """Let the C library keep what is freed for the next array, instead of giving it back at once.

    A training step frees and asks for the same large arrays again and again; each time the system
    would have to find and clear fresh pages, which costs up to half of the step. Where the C
    library has no such setting, nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_TRIM_THRESHOLD, _NEVER)
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT)


def return_freed_memory() -> None:
    """Give the system back what is freed, once: between two models that a process trains in turn.

    What the first one leaves is in pieces that the second one cannot use whole. Where the C library
    has no such function, nothing changes.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def keep_few_kernels() -> None:
    """Let oneDNN keep the kernels of few shapes only; it reads this when it makes the first one.

    It makes one for every number of tokens in a batch and keeps a thousand, which would come to
    some 200 MB in a training of paper 3. To make them again takes no time that could be measured.
    """
    os.environ.setdefault(_KERNELS, _KERNELS_KEPT)
