"""Shares, means, medians and differences of models, with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from triptych.claims.measured import Measured, Unavailable
from triptych.cycles.tables import kinds

RESAMPLES, SEED = 2000, 0
"""Bootstrap samples of an interval over models, and their seed."""

FEWEST_MODELS = 8
"""Models of each kind that a difference of kinds needs."""


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


def resampled_medians(values: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the median of some values, and then those of resamples.

    Parameters
    ----------
    values : ndarray of shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (1 + RESAMPLES,)
        In their unit.
    """
    samples = values[rng.integers(len(values), size=(RESAMPLES, len(values)))]
    return np.concatenate([[np.median(values)], np.median(samples, 1)])


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


def difference_of_kinds(models: pd.DataFrame, quantity: str) -> Measured:
    """Return by how much the cycling models of one learning rate exceed the nearly reversible ones.

    Models that are neither are left out.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`triptych.cycles.tables.table`, of one K and one rate.
    quantity : str
        A column of it.

    Returns
    -------
    Measured
        Difference of the medians in the unit of the quantity; models of each kind are resampled.

    Raises
    ------
    Unavailable
        If there are fewer than eight of a kind.
    """
    states, rate = int(models.states.iloc[0]), float(models.learning_rate.iloc[0])
    kind_of = kinds(models)
    cycling, reversible = kind_of == "cycling", kind_of == "nearly reversible"
    counts = int(cycling.sum()), int(reversible.sum())
    if min(counts) < FEWEST_MODELS:
        raise Unavailable(
            f"K = {states}, rate {rate:g}: {counts[0]} cycling, {counts[1]} nearly reversible"
        )
    values = models[quantity].to_numpy()
    rng = np.random.default_rng(SEED)
    medians = [resampled_medians(values[kind], rng) for kind in (cycling, reversible)]
    differences = medians[0] - medians[1]
    basis = f"{counts[0]} cycling and {counts[1]} nearly reversible models, resampled"
    basis += f"; {models.iterations.iloc[0]} iterations a training"
    return Measured.of_draws(differences, basis)


def rank_correlation(x: NDArray, y: NDArray, groups: NDArray) -> Measured:
    """Return Spearman's coefficient within groups, such as models with the same number of states.

    Ranks are taken within each group and scaled to (0, 1]. Differences between groups then neither
    make nor hide a correlation. Models are resampled within their group.

    Parameters
    ----------
    x, y : ndarray of shape (n,)
        A quantity of each model.
    groups : ndarray of shape (n,)
        The group of each model.

    Returns
    -------
    Measured
        From −1 to 1; its basis is the number of models.

    Raises
    ------
    Unavailable
        If there are fewer than three models.
    """
    from scipy.stats import spearmanr

    if len(x) < 3:
        raise Unavailable(f"{len(x)} models are too few for a rank correlation; 3 at least")
    rng = np.random.default_rng(SEED)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]

    def coefficient(rows_by_group: list[NDArray]) -> float:
        ranks = [
            np.concatenate([pd.Series(values[rows]).rank(pct=True) for rows in rows_by_group])
            for values in (x, y)
        ]
        if any(np.ptp(rank) == 0 for rank in ranks):
            return np.nan  # a resample of equal models says nothing
        return float(spearmanr(*ranks).statistic)

    def resampled() -> list[NDArray]:
        return [rng.choice(rows, len(rows)) for rows in members]

    samples = [coefficient(resampled()) for _ in range(RESAMPLES)]
    return Measured.resampled(coefficient(members), np.array(samples), f"{len(x)} models")
