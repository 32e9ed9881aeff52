"""Measuring claims, each by a named function of stored results, and the files they are kept in."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triptych.runtime.canonical import read_mapping
from triptych.runtime.provenance import current_attributes
from triptych.runtime.store import atomic

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


def measure(
    claims: Mapping[str, Mapping[str, Any]], quantities: Mapping[str, Quantity], results: Any
) -> dict[str, dict[str, Any]]:
    """Measure every claim.

    Parameters
    ----------
    claims : mapping of str to mapping of str to object
        ``quantity`` and ``arguments`` of each claim, by its short name.
    quantities : mapping of str to callable
        The functions of a paper by name; each takes ``results`` and the arguments.
    results : object
        What a paper stored, in the class that its quantities take.

    Returns
    -------
    dict of str to dict of str to object
        By claim the fields of :class:`Measured`, or ``reason`` where it could not be measured.

    Raises
    ------
    ValueError
        If a quantity is not known; the message names the claim and lists those that are.
    """
    measurements: dict[str, dict[str, Any]] = {}
    for name, claim in claims.items():
        quantity = quantities.get(claim["quantity"])
        if quantity is None:
            known = ", ".join(sorted(quantities))
            raise ValueError(
                f"claim {name}: unknown quantity {claim['quantity']!r}; known: {known}"
            )
        try:
            measurements[name] = asdict(quantity(results, **claim["arguments"]))
        except Unavailable as missing:
            measurements[name] = {"reason": str(missing)}
    return measurements


def write_json(claims: Any, path: Path) -> None:
    """Write measured or evaluated claims as JSON, with the running step's record.

    Infinities and NaN, which JSON lacks, become text.
    """
    content = {"record": current_attributes(), "claims": _encode(claims)}
    with atomic(path) as sibling:
        sibling.write_text(
            json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )


def read_json(path: Path) -> Any:
    """Return the claims that :func:`write_json` wrote; infinities and NaN are numbers again."""
    return _decode(read_mapping(path)["claims"])


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return float(value) if value in ("inf", "-inf", "nan") else value
