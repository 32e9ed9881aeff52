"""Shares, means and medians of models with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from triptych.claims.measure import Measured
from triptych.cycles.compare import RESAMPLES, SEED, resampled_medians


def share(counted: NDArray[np.bool_], what: str) -> Measured:
    """Return the share of what is counted, with Wilson's interval (1927).

    Parameters
    ----------
    counted : ndarray of bool, shape (M,)
        By model.
    what : str
        The models, in words.

    Returns
    -------
    Measured
        From 0 to 1.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(counted.sum()), len(counted)).proportion_ci(0.95, "wilson")
    basis = f"{len(counted)} {what}; Wilson's interval"
    return Measured(float(counted.mean()), interval.low, interval.high, basis)


def mean_over_states(values: NDArray, states: NDArray, what: str) -> Measured:
    """Return the mean over numbers of states of the mean over models, resampled within each.

    Parameters
    ----------
    values, states : ndarray, shape (M,)
        By model, and its number of states.
    what : str
        The models, in words.

    Returns
    -------
    Measured
        In the unit of the values.
    """
    rng = np.random.default_rng(SEED)
    means = [
        np.concatenate([[own.mean()], own[_resamples(len(own), rng)].mean(1)])
        for own in (values[states == k] for k in np.unique(states))
    ]
    samples = np.mean(means, 0)
    basis = f"{len(values)} {what}; resampled within each K"
    return Measured.resampled(samples[0], samples[1:], basis)


def likelihood_medians(models: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the median of the held-out log-likelihoods, and then those of resamples.

    Where the likelihood hangs on an estimate of log Z, the resamples draw its error as well.

    Parameters
    ----------
    models : pandas.DataFrame
        With ``log_likelihood_held_out`` and, of machines, ``log_partition_error``.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (1 + RESAMPLES,)
        In nats an image.
    """
    samples = resampled_medians(models.log_likelihood_held_out.to_numpy(), rng)
    if "log_partition_error" in models:
        error = float(models.log_partition_error.mean())
        samples[1:] += rng.normal(scale=error, size=RESAMPLES)
    return samples


def _resamples(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.integers(count, size=(RESAMPLES, count))
