"""Shares, means and medians of models with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from triptych.claims.measured import Measured
from triptych.cycles.compare import RESAMPLES, SEED, resampled_medians


def share(counted: NDArray[np.bool_], description: str) -> Measured:
    """Return the share of what is counted, with Wilson's interval (1927).

    Parameters
    ----------
    counted : bool ndarray of shape (M,)
        By model.
    description : str
        Which models they are, in words.

    Returns
    -------
    Measured
        From 0 to 1.
    """
    from scipy.stats import binomtest

    interval = binomtest(int(counted.sum()), len(counted)).proportion_ci(0.95, "wilson")
    basis = f"{len(counted)} {description}; Wilson's interval"
    return Measured(float(counted.mean()), interval.low, interval.high, basis)


def mean_over_states(models: pd.DataFrame, values: pd.Series, description: str) -> Measured:
    """Return the mean over numbers of states of the mean over models, resampled within each.

    Parameters
    ----------
    models : pandas.DataFrame
        With ``states``.
    values : pandas.Series of shape (M,)
        Of each of them.
    description : str
        Which models they are, in words.

    Returns
    -------
    Measured
        In the unit of the values.
    """
    rng = np.random.default_rng(SEED)
    means = []
    for _, group in values.groupby(models.states):
        of_states = group.to_numpy()
        rows = rng.integers(len(of_states), size=(RESAMPLES, len(of_states)))
        means.append(np.concatenate([[of_states.mean()], of_states[rows].mean(1)]))
    averages = np.mean(means, 0)
    basis = f"{len(values)} {description}; resampled within each K"
    return Measured.of_draws(averages, basis)


def likelihood_medians(models: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the median of the held-out log-likelihoods, and then those of resamples.

    Where the likelihood hangs on an estimate of log Z, the resamples draw its error as well.

    Parameters
    ----------
    models : pandas.DataFrame
        With ``log_likelihood_held_out`` and, of RBMs, ``log_partition_error``.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (1 + RESAMPLES,)
        In nats an image.
    """
    medians = resampled_medians(models.log_likelihood_held_out.to_numpy(), rng)
    if "log_partition_error" in models:
        error = float(models.log_partition_error.mean())
        medians[1:] += rng.normal(scale=error, size=RESAMPLES)
    return medians
