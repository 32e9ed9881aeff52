"""How the process asks the system for memory."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of malloc.h
_NEVER = 2**31 - 1
_LARGEST_KEPT = 32 * 2**20
"""The most that the C library takes for this threshold, in bytes."""


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
