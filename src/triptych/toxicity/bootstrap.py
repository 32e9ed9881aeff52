"""Paired bootstrap over molecules: intervals for means and for differences between models.

A resample is a row of counts: how often each molecule was drawn. Every model is scored on the same
counts, so that what two models share (hard molecules, rare positives) cancels in their difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from triptych.toxicity.means import mean_of_present
from triptych.toxicity.metrics import checked


def resample_counts(molecules: int, resamples: int, seed: int | Sequence[int]) -> NDArray[np.int32]:
    """Return how often each molecule is drawn in each resample.

    Parameters
    ----------
    molecules, resamples
        How many of each, at least 1.
    seed
        One number, or several that are hashed together.

    Returns
    -------
    NDArray
        (resample, molecule) int32; every row sums to the number of molecules.

    Raises
    ------
    ValueError
        If there are no molecules, or no resamples.
    """
    if molecules < 1 or resamples < 1:
        raise ValueError(f"cannot draw {resamples} resamples of {molecules} molecules")
    rng = np.random.default_rng(seed)
    drawn = rng.integers(molecules, size=(resamples, molecules))
    counts = np.zeros((resamples, molecules), dtype=np.int32)
    np.add.at(counts, (np.arange(resamples)[:, None], drawn), 1)
    return counts


def weighted_auc(label: ArrayLike, score: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
    """Return one task's ROC-AUC under each row of molecule counts.

    It is the share of (positive, negative) pairs in the right order, ties counting half (Mann and
    Whitney 1947). The sorted negatives' running counts are looked up at every positive.

    Parameters
    ----------
    label
        0, 1 or NaN, (molecule,).
    score
        The higher the more likely positive, (molecule,).
    counts
        How often a molecule is drawn, (resample, molecule).

    Returns
    -------
    NDArray
        (resample,); NaN where a class was not drawn.

    Raises
    ------
    ValueError
        If a label is not 0, 1 or NaN, a score is not finite, or the shapes differ.
    """
    y, s = checked(label, score)
    weights = np.asarray(counts, dtype=np.float64)
    negative = np.flatnonzero(y == 0)
    negative = negative[np.argsort(s[negative], kind="stable")]
    positive = np.flatnonzero(y == 1)
    running = np.zeros((len(weights), len(negative) + 1))
    np.cumsum(weights[:, negative], axis=1, out=running[:, 1:])
    below = np.searchsorted(s[negative], s[positive], side="left")
    through = np.searchsorted(s[negative], s[positive], side="right")
    right = (weights[:, positive] * 0.5 * (running[:, below] + running[:, through])).sum(axis=1)
    pairs = weights[:, positive].sum(axis=1) * running[:, -1]
    return np.divide(right, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def resampled_mean_auc(
    label: ArrayLike, logit: ArrayLike, counts: ArrayLike
) -> NDArray[np.float64]:
    """Return the mean-over-tasks ROC-AUC of every resample.

    In a resample the mean is over the tasks that have both classes in it. Paired models have the
    same labels, so these are the same tasks.

    Parameters
    ----------
    label
        0, 1 or NaN, (molecule, task).
    logit
        Scores, (molecule, task).
    counts
        How often a molecule is drawn, (resample, molecule).

    Returns
    -------
    NDArray
        (resample,); NaN where no task has both classes.

    Raises
    ------
    ValueError
        As in :func:`weighted_auc`.
    """
    y, s = checked(label, logit)
    values = np.stack([weighted_auc(y[:, t], s[:, t], counts) for t in range(y.shape[1])])
    return mean_of_present(values)


def interval(samples: ArrayLike, confidence: float) -> tuple[float, float]:
    """Return the percentile interval of bootstrap samples (Efron and Tibshirani 1993).

    Parameters
    ----------
    samples
        Of any shape; what is not finite is left out.
    confidence
        Share of the samples inside, between 0 and 1.

    Returns
    -------
    low, high
        In the unit of the samples; NaN, NaN if none is finite.

    Raises
    ------
    ValueError
        If ``confidence`` is not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not be {confidence}")
    values = np.asarray(samples, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def cluster_mean_interval(
    values: ArrayLike,
    cluster: ArrayLike,
    resamples: int,
    seed: int | Sequence[int],
    confidence: float,
) -> tuple[float, float]:
    """Return the interval of a mean whose values come in clusters that are drawn whole.

    Parameters
    ----------
    values
        For example one number for every pair of a molecule and a task, (pair,).
    cluster
        The cluster of each value, for example its molecule, (pair,).
    resamples, seed
        As in :func:`resample_counts`, of the clusters.
    confidence
        As in :func:`interval`.

    Returns
    -------
    low, high
        In the unit of the values; NaN, NaN if there is none.

    Raises
    ------
    ValueError
        If there are no resamples, or ``confidence`` is not between 0 and 1.
    """
    array = np.asarray(values, dtype=float)
    if not array.size:
        return float("nan"), float("nan")
    _, index = np.unique(np.asarray(cluster), return_inverse=True)
    total = np.bincount(index, weights=array)
    number = np.bincount(index)
    counts = resample_counts(len(number), resamples, seed)
    return interval((counts @ total) / (counts @ number), confidence)
