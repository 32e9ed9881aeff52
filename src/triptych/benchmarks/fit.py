"""How the times of two forms compare, and how a time grows with a size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence


def faster(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Return how many times faster the second form is: the median of the rounds' own ratios.

    The two were timed in turn, so that what else a machine does in a round is in both.
    """
    return statistics.median(a / b for a, b in zip(slow, fast, strict=True))


def exponent(seconds: Mapping[int, float]) -> float:
    """Return ``p`` of the least-squares fit ``log seconds = p log size + constant``.

    Parameters
    ----------
    seconds
        What each size took.

    Raises
    ------
    ValueError
        If there are fewer than two sizes, or a size or a time is not positive.
    """
    if len(seconds) < 2:
        raise ValueError(f"an exponent needs two sizes, got {list(seconds)}")
    for size, value in seconds.items():
        if size <= 0 or value <= 0:
            raise ValueError(f"sizes and times must be positive: size {size} took {value:g} s")
    x = [math.log(size) for size in seconds]
    y = [math.log(value) for value in seconds.values()]
    mean = sum(x) / len(x)
    return sum((a - mean) * b for a, b in zip(x, y, strict=True)) / sum((a - mean) ** 2 for a in x)
