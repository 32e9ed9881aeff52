"""Fluxes, currents and entropy production of a Markov chain in its stationary state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def flux(transitions: Array, pi: Array) -> Array:
    """Return ``F(z, z′) = π(z) T(z′|z)``, shape (..., K, K), per chain step."""
    return pi[..., :, None] * transitions


def current(fluxes: Array) -> Array:
    """Return the net probability current ``J = F − Fᵀ``, shape (..., K, K), per chain step."""
    return fluxes - np.swapaxes(fluxes, -1, -2)


def self_transition(fluxes: Array) -> Array:
    """Return ``Σ_z π(z) T(z|z)``, the share of steps that stay where they are; shape (...)."""
    return np.trace(fluxes, axis1=-2, axis2=-1)


def entropy_production(fluxes: Array) -> Array:
    """Return the entropy production per step, ``σ = ½ Σ J log(F/Fᵀ)``, in nats.

    Never negative, term by term (Schnakenberg, Rev. Mod. Phys. 48, 571, 1976). A pair of states
    joined in neither direction adds nothing; a pair joined in one only makes σ infinite.

    Parameters
    ----------
    fluxes : ndarray, shape (..., K, K)

    Returns
    -------
    ndarray, shape (...)
    """
    return 0.5 * (current(fluxes) * log_ratio(fluxes)).sum((-2, -1))


def log_ratio(fluxes: Array) -> Array:
    """Return ``log(F/Fᵀ)`` in nats, 0 where both vanish, ±inf where one does; shape (..., K, K)."""
    with np.errstate(divide="ignore"):
        logs = np.log(fluxes)
    reverse = np.swapaxes(logs, -1, -2)
    absent = np.isneginf(logs) & np.isneginf(reverse)
    return np.subtract(logs, reverse, out=np.zeros_like(logs), where=~absent)
