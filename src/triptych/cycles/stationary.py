"""The stationary state of a latent Markov chain and what follows from it in closed form."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import torch
from numpy.typing import NDArray

from triptych.cycles.model import Population

Array = NDArray[np.float64]

RESOLUTION = 1e-9
"""A variance of the latent state below it is lost in the subtraction that it comes from, and a sum
of correlations above its inverse in the inversion of the matrix."""


def stationary(kernel: Array) -> Array:
    """Solve ``π = π T`` without subtractions (Grassmann, Taksar and Heyman, 1985).

    States are eliminated one by one, and every operation adds or multiplies positive numbers. So
    each ``π(z)`` keeps its relative accuracy, however nearly the chain falls apart. Latent chains
    do come near it: their self-transition may be close to one.

    Parameters
    ----------
    kernel : ndarray of shape (..., K, K)
        Row-stochastic ``T(z′|z)``, ``z`` along rows. Diagonals are not read.

    Returns
    -------
    float64 ndarray of shape (..., K)
        Adds up to one.

    Raises
    ------
    ValueError
        If the elimination meets a state without a way to those before it: the chain is then
        reducible.
    """
    work = np.array(kernel, dtype=np.float64)
    states = work.shape[-1]
    for last in range(states - 1, 0, -1):
        leaving = work[..., last, :last].sum(-1)
        if not (leaving > 0).all():
            raise ValueError(
                f"the chain is reducible: no way from state {last} to the states before it"
            )
        work[..., :last, last] /= leaving[..., None]
        work[..., :last, :last] += work[..., :last, last, None] * work[..., last, None, :last]
    result = np.ones(work.shape[:-1], dtype=np.float64)
    for state in range(1, states):
        earlier = result[..., :state]
        result[..., state] = (earlier * work[..., :state, state]).sum(-1)
        # Scaling as we go keeps products of extreme ratios inside the range of floats.
        result[..., : state + 1] /= result[..., : state + 1].sum(-1, keepdims=True)
    return result


def tied_stationary(population: Population) -> Array:
    """Return the tied model's stationary state in closed form.

    With ``V = W`` the chain samples ``p(x, z) ∝ exp(a·x + b_z + W_z·x)``, so that
    ``π(z) ∝ exp(b_z) ∏_i (1 + exp(a_i + W_zi))``.

    Parameters
    ----------
    population : Population
        With ``V = W``, which is not checked.

    Returns
    -------
    float64 ndarray of shape (M, K)
        Each row adds up to one.
    """
    normaliser = torch.nn.functional.softplus(population.fields.double()).sum(-1)
    return torch.softmax(population.b.double() + normaliser, dim=-1).numpy()


def autocorrelation_time(kernel: Array, pi: Array) -> Array:
    """Return the integrated autocorrelation time of the one-hot latent state.

    With ``C(t) = Σ_z π_z [(T^t)_zz − π_z]`` it is ``τ = 1 + 2 Σ_{t≥1} C(t)/C(0)``. The sum is
    geometric: ``τ = 1 + 2 (Σ_z π_z Z_zz − 1) / (1 − Σ_z π_z²)`` with the fundamental matrix
    ``Z = (I − T + 1π)⁻¹`` (Kemeny and Snell, 1960).

    Parameters
    ----------
    kernel : ndarray of shape (..., K, K)
        Row-stochastic.
    pi : ndarray of shape (..., K)
        Their stationary states.

    Returns
    -------
    ndarray of shape (...)
        In chain steps. Below one where the chain avoids the state it has just been in. NaN where
        double precision cannot tell: one state holds all of the weight to rounding, or the sum
        ``Σ_z π_z Z_zz − 1`` is a thousand million or more. Both happen in collapsed, nearly
        reversible models. Where one state holds nearly all of the weight, times of 1e13 steps
        come through and are off by some percent.
    """
    matrix = np.eye(kernel.shape[-1]) - kernel + pi[..., None, :]
    diagonal = np.full_like(pi, np.nan)
    # One by one, for one that is singular in double precision is an error for all of a stack.
    for index in np.ndindex(matrix.shape[:-2]):
        with suppress(np.linalg.LinAlgError):
            diagonal[index] = np.linalg.inv(matrix[index]).diagonal()
    excess = np.asarray((pi * diagonal).sum(-1) - 1.0)
    variance = np.asarray(1.0 - (pi**2).sum(-1))
    ratio = np.full_like(variance, np.nan)
    reliable = (variance > RESOLUTION) & (np.abs(excess) < 1.0 / RESOLUTION)
    np.divide(excess, variance, out=ratio, where=reliable)
    return 1.0 + 2.0 * ratio
