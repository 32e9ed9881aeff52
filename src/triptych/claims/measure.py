"""Measuring claims: each by a named function of a paper's stored results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ENDS = (0.025, 0.975)
"""Quantiles at the ends of an interval."""


@dataclass(frozen=True)
class Measured:
    """A measured quantity.

    Attributes
    ----------
    value
        The number.
    low, high
        Its 95 % interval; equal to ``value`` for what is known exactly.
    basis
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
        samples : ndarray, shape (n,)
            NaN are left out.
        basis : str
            What the interval covers.

        Returns
        -------
        Measured
        """
        low, high = np.nanquantile(samples, ENDS)
        return cls(float(value), float(low), float(high), basis)


class Unavailable(Exception):
    """What a quantity needs is not among the results; the message says what."""


Quantity = Callable[..., Measured]


def measure(
    claims: Mapping[str, Mapping[str, Any]], quantities: Mapping[str, Quantity], results: Any
) -> dict[str, dict[str, Any]]:
    """Measure every claim.

    Parameters
    ----------
    claims
        ``quantity`` and ``arguments`` of each claim, by its short name.
    quantities
        The functions of a paper by name; each takes ``results`` and the arguments.

    Returns
    -------
    dict
        By claim the fields of :class:`Measured`, or ``reason`` where it could not be measured.

    Raises
    ------
    ValueError
        If a quantity is not known; the message names the claim and lists those that are.
    """
    measurements: dict[str, dict[str, Any]] = {}
    for name, claim in claims.items():
        if claim["quantity"] not in quantities:
            known = ", ".join(sorted(quantities))
            raise ValueError(
                f"claim {name}: unknown quantity {claim['quantity']!r}; known: {known}"
            )
        try:
            measurements[name] = asdict(
                quantities[claim["quantity"]](results, **claim["arguments"])
            )
        except Unavailable as missing:
            measurements[name] = {"reason": str(missing)}
    return measurements
