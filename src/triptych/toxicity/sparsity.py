"""How few atoms a mask rests on, measured so that the mask's scale cannot fake it.

A penalty on |g| can be paid by shrinking every gate. Both measures here are functions of the
*normalised* mask: multiplying a mask by a constant changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MASS = 0.9
"""Share of a mask that *mass-90* collects."""
ROUND_OFF = 1e-6
"""Sums of shares that differ by less are equal: sums of the masks as they are stored, whose own
rounding is part of their value."""


def shares(mask: ArrayLike) -> NDArray[np.float64]:
    """Return masks as shares that sum to 1 over the atoms.

    Parameters
    ----------
    mask : array_like of shape (..., atom)
        Non-negative, NaN beyond the molecule's atoms.

    Returns
    -------
    ndarray of shape (..., atom)
        0 beyond the molecule; NaN throughout where a mask has no mass at all.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    values = np.asarray(mask, dtype=np.float64)
    invalid = np.isinf(values) | (values < 0)
    if invalid.any():
        place = tuple(int(i) for i in np.argwhere(invalid)[0])
        raise ValueError(f"the mask at {place} is {values[place]}, not a non-negative number")
    filled = np.nan_to_num(values)
    total = filled.sum(axis=-1, keepdims=True)
    return np.divide(filled, total, out=np.full_like(filled, np.nan), where=total > 0)


def atoms_of(mask: ArrayLike) -> NDArray[np.int64]:
    """Return how many atoms each mask covers, with mass or not.

    Parameters
    ----------
    mask : array_like of shape (..., atom)
        NaN beyond the molecule's atoms.

    Returns
    -------
    int64 ndarray of shape (...)
    """
    return np.asarray((~np.isnan(np.asarray(mask, dtype=float))).sum(axis=-1))


def mass_share(mask: ArrayLike) -> NDArray[np.float64]:
    """Return the smallest share of the atoms that carries 90 % of a mask: *mass-90*.

    The atoms are taken from the heaviest on until their sum reaches it; a uniform mask over n atoms
    has ⌈0.9 n⌉ / n, a mask on one atom 1/n.

    Parameters
    ----------
    mask : array_like of shape (..., atom)
        Non-negative, NaN beyond the molecule's atoms.

    Returns
    -------
    ndarray of shape (...)
        Between 0 and 1; NaN without mass.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    share = shares(mask)
    heaviest_first = -np.sort(-share, axis=-1)
    too_few = np.cumsum(heaviest_first, axis=-1) < MASS - ROUND_OFF
    needed = too_few.sum(axis=-1) + 1
    return _over_atoms(needed.astype(float), mask, share)


def effective_share(mask: ArrayLike) -> NDArray[np.float64]:
    """Return exp(entropy) / n, the effective share of atoms (Hill, Ecology 54, 427, 1973).

    1 for a uniform mask over n atoms, 1/n for a mask on one.

    Parameters
    ----------
    mask : array_like of shape (..., atom)
        Non-negative, NaN beyond the molecule's atoms.

    Returns
    -------
    ndarray of shape (...)
        Between 0 and 1; NaN without mass.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    share = shares(mask)
    logarithm = np.log(share, out=np.zeros_like(share), where=share > 0)
    return _over_atoms(np.exp(-(share * logarithm).sum(axis=-1)), mask, share)


def _over_atoms(number: NDArray, mask: ArrayLike, share: NDArray) -> NDArray[np.float64]:
    empty = np.isnan(share).any(axis=-1)
    return np.where(empty, np.nan, number / np.maximum(atoms_of(mask), 1))
