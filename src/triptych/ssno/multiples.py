"""Whether one step is a multiple of another."""

from __future__ import annotations

import math


def multiple(value: float, unit: float, what: str, of: str) -> int:
    """Return ``value / unit`` if it is a whole number of at least one.

    Parameters
    ----------
    value, unit
        In the same units.
    what, of
        Their names, for the message.

    Raises
    ------
    ValueError
        Otherwise, naming both.
    """
    ratio = value / unit if unit > 0 else 0.0
    if ratio < 0.5 or not math.isclose(ratio, round(ratio), rel_tol=1e-9):
        raise ValueError(f"{what} {value:g} is not a multiple of {of} {unit:g}")
    return round(ratio)
