"""Paired bootstrap over molecules and folds: intervals for means and for differences of models.

A resample is a row of counts: how often each molecule of a tested fold was drawn. Every model is
scored on the same counts, so that what two models share (hard molecules, rare positives) cancels in
their difference. The mean over folds varies at both levels: see :meth:`FoldMean.draw`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from triptych.claims.measured import ENDS
from triptych.toxicity.metrics import checked, mean_of_present, roc_auc, weighted_auc

DRAWS = 100_000
"""Of an interval over folds, at least.

Over seeds of t the ends then have a standard deviation of a hundredth of the interval's width with
two folds, and of half of one or less with more. The molecules' draws add to that.
"""


def resample_counts(molecules: int, resamples: int, seed: int | Sequence[int]) -> NDArray[np.int32]:
    """Return how often each molecule is drawn in each resample.

    Parameters
    ----------
    molecules, resamples : int
        How many of each, at least 1.
    seed : int or sequence of int
        One number, or several that are hashed together.

    Returns
    -------
    int32 ndarray of shape (resample, molecule)
        Every row sums to the number of molecules.
    """
    rng = np.random.default_rng(seed)
    drawn = rng.integers(molecules, size=(resamples, molecules))
    counts = np.zeros((resamples, molecules), dtype=np.int32)
    np.add.at(counts, (np.arange(resamples)[:, None], drawn), 1)
    return counts


def resampled_mean_auc(
    label: ArrayLike, logit: ArrayLike, counts: ArrayLike
) -> NDArray[np.float64]:
    """Return the mean-over-tasks ROC-AUC of every resample.

    A task that lacks a class in a resample has its ROC-AUC of all molecules there. To leave it out
    of the mean would shift that towards the other tasks: one with two positives is missing in every
    seventh resample.

    Parameters
    ----------
    label : array_like of shape (molecule, task)
        0, 1 or NaN.
    logit : array_like of shape (molecule, task)
        Scores.
    counts : array_like of shape (resample, molecule)
        How often a molecule is drawn.

    Returns
    -------
    ndarray of shape (resample,)
        NaN if no task has both classes among all molecules; one that has not is in no mean.

    Raises
    ------
    ValueError
        As in :func:`triptych.toxicity.metrics.weighted_auc`.
    """
    labels, scores = checked(label, logit)
    tasks = zip(labels.T, scores.T, strict=True)
    drawn = np.stack([weighted_auc(*task, counts) for task in tasks])
    whole = roc_auc(labels, scores)[:, None]
    return mean_of_present(np.where(np.isnan(drawn), whole, drawn))


def auc_interval(
    label: ArrayLike, score: ArrayLike, counts: ArrayLike
) -> tuple[float, float, float]:
    """Return one task's ROC-AUC and the ends of its 95 % interval.

    Parameters
    ----------
    label : array_like of shape (molecule,)
        0, 1 or NaN.
    score : array_like of shape (molecule,)
        The higher the more likely positive.
    counts : array_like of shape (resample, molecule)
        How often a molecule is drawn.

    Returns
    -------
    auc, low, high : float
        NaN without both classes; resamples that lack one do not count.

    Raises
    ------
    ValueError
        As in :func:`triptych.toxicity.metrics.weighted_auc`.
    """
    (auc,) = weighted_auc(label, score, np.ones((1, np.shape(counts)[1])))
    return float(auc), *interval(weighted_auc(label, score, counts))


def resampled_mean(values: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
    """Return the mean of values in every resample.

    Parameters
    ----------
    values : array_like of shape (value,)
        One a column of ``counts``.
    counts : array_like of shape (resample, value)
        How often a value is drawn.

    Returns
    -------
    ndarray of shape (resample,)
        In the unit of the values; NaN where nothing is drawn.
    """
    weights = np.asarray(counts, dtype=np.float64)
    number = weights.sum(axis=1)
    total = weights @ np.asarray(values, dtype=np.float64)
    return np.divide(total, number, out=np.full(len(number), np.nan), where=number > 0)


@dataclass(frozen=True)
class Estimate:
    """A number with its bootstrap samples.

    Attributes
    ----------
    value : float
        NaN where there is none.
    samples : ndarray of shape (resample,)
    """

    value: float
    samples: NDArray[np.float64]

    def __sub__(self, other: Estimate) -> Estimate:
        """Return the difference, resample by resample."""
        return Estimate(self.value - other.value, self.samples - other.samples)

    def over(self, other: Estimate) -> Estimate:
        """Return the ratio, resample by resample."""
        return Estimate(self.value / other.value, self.samples / other.samples)


@dataclass(frozen=True)
class FoldMean:
    """A mean over tested folds, as it is stored: what varies over molecules, and over folds.

    Attributes
    ----------
    value : float
        NaN if no fold has a value.
    samples : ndarray of shape (resample,)
        The mean of the folds' resamples over molecules.
    error : float
        Standard error over folds, s/√K of K folds; NaN for one.
    folds : int
        K, folds with a value.
    """

    value: float
    samples: NDArray[np.float64]
    error: float
    folds: int

    def draw(self, seed: int | Sequence[int]) -> Estimate:
        """Return the mean with draws over molecules and folds, of shape (:data:`DRAWS`,) or more.

        With d*_f a resample over molecules of the value of fold f, a draw is

        ``mean_f d*_f + s/√K · t``

        with t of Student's distribution of K − 1 degrees and s the standard deviation of the d_f:
        how far the mean of K normal numbers lies from their true mean (Student 1908). Drawing the
        few folds with replacement would give intervals that are too short, by a factor of 2.7 for
        three folds. Folds differ by their trainings and by their molecules, which the first term
        resamples too: the interval is rather too wide than too narrow. Of one fold only molecules
        can be resampled. A resample over molecules costs time, a draw of t none: each of the former
        is taken with many of the latter.

        Parameters
        ----------
        seed : int or sequence of int
            Of t.

        Returns
        -------
        Estimate
        """
        samples = np.tile(self.samples, -(-DRAWS // len(self.samples)))
        if self.folds > 1:
            t = np.random.default_rng(seed).standard_t(self.folds - 1, len(samples))
            samples = samples + self.error * t
        return Estimate(self.value, samples)


def mean_over_folds(folds: Sequence[Estimate], resamples: int) -> FoldMean:
    """Return the mean over tested folds.

    Parameters
    ----------
    folds : sequence of Estimate
        Folds without a value are left out. A fold's sample that has none is the fold's value:
        without it the mean of that resample would be shifted towards the other folds.
    resamples : int
        Number of samples, that of each fold.

    Returns
    -------
    FoldMean
        NaN if no fold has a value.
    """
    scored = [fold for fold in folds if np.isfinite(fold.value)]
    if not scored:
        return FoldMean(float("nan"), np.full(resamples, np.nan), float("nan"), 0)
    values = np.array([fold.value for fold in scored])
    drawn = [np.where(np.isnan(fold.samples), fold.value, fold.samples) for fold in scored]
    count = len(values)
    error = float(values.std(ddof=1) / np.sqrt(count)) if count > 1 else float("nan")
    return FoldMean(float(values.mean()), np.mean(drawn, axis=0), error, count)


def interval(samples: ArrayLike) -> tuple[float, float]:
    """Return the 95 % percentile interval of bootstrap samples (Efron and Tibshirani 1993).

    Parameters
    ----------
    samples : array_like
        Of any shape; what is not finite is left out.

    Returns
    -------
    low, high : float
        In the unit of the samples; NaN, NaN if none is finite.
    """
    values = np.asarray(samples, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(values, ENDS)
    return float(low), float(high)
