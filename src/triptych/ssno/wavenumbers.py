"""How many wavenumbers a grid resolves, and how many of them a low-pass keeps."""

from __future__ import annotations

import math

DEALIAS_QUADRATIC = 2 / 3
"""Largest fraction of the Nyquist index at which a product of two fields is free of aliases."""

DEALIAS_CUBIC = 1 / 2
"""The same for a product of three fields."""


def highest_index(points: int) -> int:
    """Return the largest index that ``points`` equidistant points resolve, Nyquist excluded."""
    return (points - 1) // 2


def fast_length(least: int) -> int:
    """Return the first even length from ``least`` on without a prime factor above 7.

    FFTs of others can take several times as long: a point of 129² = (3 · 43)² six times as long as
    one of 140².
    """
    length = least + least % 2
    while not _is_fast(length):
        length += 2
    return length


def _is_fast(length: int) -> bool:
    for factor in (2, 3, 5, 7):
        while length % factor == 0:
            length //= factor
    return length == 1


def cutoff_index(points: int, fraction: float) -> int:
    """Return the largest index kept by a low-pass at ``fraction`` of the Nyquist index.

    Parameters
    ----------
    points : int
        Grid points along one axis.
    fraction : float
        ``2/3`` frees quadratic (Orszag, J. Atmos. Sci. 28, 1074, 1971), ``1/2`` cubic products from
        aliases; 1 keeps all but Nyquist.

    Raises
    ------
    ValueError
        If the fraction is not in (0, 1] or leaves nothing but the mean.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"low-pass fraction must lie in (0, 1], got {fraction}")
    # The small excess keeps 0.58 * 100 / 2 = 28.999… from becoming 28.
    index = min(highest_index(points), math.floor(fraction * points / 2 + 1e-9))
    # Alias-free at equality needs strictly fewer modes: 3 K < N, or 4 K < N.
    for rule, factor in ((DEALIAS_QUADRATIC, 3), (DEALIAS_CUBIC, 4)):
        if math.isclose(fraction, rule) and factor * index >= points:
            index -= 1
    if index < 1:
        raise ValueError(f"a low-pass at {fraction} of {points} points leaves only the mean")
    return index
