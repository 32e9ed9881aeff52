"""A measured quantity with its interval, which the papers' functions return."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENDS = (0.025, 0.975)
"""Quantiles at the ends of an interval."""

ROUNDING = 1e-12
"""A line drawn above what rounding leaves: smaller values count, and are shown, as 0."""

EXTREMES: dict[str, Callable[..., Any]] = {"least": np.argmin, "greatest": np.argmax}


@dataclass(frozen=True)
class Measured:
    """A measured quantity.

    Attributes
    ----------
    value : float
    low, high : float
        Its 95 % interval; equal to ``value`` for what is known exactly.
    basis : str
        What the interval covers and how many things were measured, in a few words.
    """

    value: float
    low: float
    high: float
    basis: str

    @classmethod
    def resampled(cls, value: float, samples: NDArray, basis: str) -> Measured:
        """Return a value with the percentile interval of its bootstrap samples.

        Parameters
        ----------
        value : float
        samples : ndarray of shape (n,)
            NaN are left out. Where some are infinite, an end is one of them, not between two.
        basis : str
            What the interval covers.

        Returns
        -------
        Measured
        """
        method: Any = "inverted_cdf" if np.isinf(samples).any() else "linear"
        low, high = np.nanquantile(samples, ENDS, method=method)
        return cls(float(value), float(low), float(high), basis)

    @classmethod
    def of_draws(cls, draws: NDArray, basis: str) -> Measured:
        """Return the first of some draws, shape (1 + n,), with the interval of the others.

        As :meth:`resampled`.
        """
        return cls.resampled(draws[0], draws[1:], basis)


def extreme(names: Sequence[str], measured: Sequence[Measured], which: str) -> Measured:
    """Return the least or greatest of several, its value and each end by itself.

    So it is on one side of a line with its whole interval only if all are, and on the other as soon
    as one is. If one is NaN, it is.

    Parameters
    ----------
    names : sequence of str, length n
        What each was measured on; one at least.
    measured : sequence of Measured, length n
        In one unit.
    which : str
        ``least`` or ``greatest``.

    Returns
    -------
    Measured
        In their unit; its basis is that of the one whose value it has.

    Raises
    ------
    ValueError
        If ``which`` is neither of the two.
    """
    if which not in EXTREMES:
        raise ValueError(f"{which!r}: least or greatest?")
    ends = [[getattr(one, of) for one in measured] for of in ("value", "low", "high")]
    indices = [int(EXTREMES[which](values)) for values in ends]
    value, low, high = (values[index] for values, index in zip(ends, indices, strict=True))
    at = indices[0]
    basis = f"value of {names[at]}, each end the {which} of {len(names)}; {measured[at].basis}"
    return Measured(value, low, high, basis)


class Unavailable(Exception):
    """What a quantity needs is not among the results; the message says what."""


Quantity = Callable[..., Measured]
