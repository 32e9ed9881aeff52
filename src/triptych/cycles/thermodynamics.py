"""Fluxes, currents and entropy production of a Markov chain in its stationary state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def flux(kernel: Array, pi: Array) -> Array:
    """Return the stationary flux ``F(z, z′) = π(z) T(z′|z)``.

    Parameters
    ----------
    kernel : ndarray of shape (..., K, K)
        Row-stochastic ``T(z′|z)``, ``z`` along rows.
    pi : ndarray of shape (..., K)
        Its stationary state.

    Returns
    -------
    ndarray of shape (..., K, K)
        Probability per chain step; adds up to one.
    """
    return pi[..., :, None] * kernel


def current(fluxes: Array) -> Array:
    """Return the net probability current ``J = F − Fᵀ``.

    Parameters
    ----------
    fluxes : ndarray of shape (..., K, K)
        As from :func:`flux`.

    Returns
    -------
    ndarray of shape (..., K, K)
        Probability per chain step; antisymmetric.
    """
    return fluxes - np.swapaxes(fluxes, -1, -2)


def self_transition(fluxes: Array) -> Array:
    """Return the share of steps that stay where they are, ``Σ_z π(z) T(z|z)``.

    Parameters
    ----------
    fluxes : ndarray of shape (..., K, K)
        As from :func:`flux`.

    Returns
    -------
    ndarray of shape (...)
        A probability.
    """
    return np.trace(fluxes, axis1=-2, axis2=-1)


def effective_states(pi: Array) -> Array:
    """Return the effective number of states, ``exp(−Σ π log π)`` (Hill, Ecology 54, 427, 1973).

    Parameters
    ----------
    pi : ndarray of shape (..., K)
        Adds up to one; zeros are allowed.

    Returns
    -------
    ndarray of shape (...)
        From 1 to K.
    """
    logs = np.log(pi, out=np.zeros_like(pi), where=pi > 0)
    return np.exp(-(pi * logs).sum(-1))


def circulation(fluxes: Array) -> Array:
    """Return the net circulation ``Σ max(J, 0)``, the share of steps that nothing walks back.

    Parameters
    ----------
    fluxes : ndarray of shape (..., K, K)
        As from :func:`flux`.

    Returns
    -------
    ndarray of shape (...)
        Per chain step, from 0 to 1; 0 in detailed balance, 1 on a cycle that is never left.
    """
    return current(fluxes).clip(min=0.0).sum((-2, -1))


def entropy_production(fluxes: Array) -> Array:
    """Return the entropy production ``σ = ½ Σ J log(F/Fᵀ)`` (Schnakenberg, 1976).

    No term is negative (Rev. Mod. Phys. 48, 571). A pair of states joined in neither direction adds
    nothing. A pair joined in one direction only makes σ infinite.

    Parameters
    ----------
    fluxes : ndarray of shape (..., K, K)
        As from :func:`flux`.

    Returns
    -------
    ndarray of shape (...)
        In nats a chain step.
    """
    return 0.5 * (current(fluxes) * log_ratio(fluxes)).sum((-2, -1))


def log_ratio(fluxes: Array) -> Array:
    """Return ``log(F/Fᵀ)``.

    Parameters
    ----------
    fluxes : ndarray of shape (..., K, K)
        As from :func:`flux`.

    Returns
    -------
    ndarray of shape (..., K, K)
        In nats; 0 where both fluxes vanish, ±inf where one does.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(fluxes)
    reverse = np.swapaxes(logs, -1, -2)
    absent = np.isneginf(logs) & np.isneginf(reverse)
    return np.subtract(logs, reverse, out=np.zeros_like(logs), where=~absent)
