"""Paired bootstrap over molecules and folds: intervals for means and for differences of models.

A resample is a row of counts: how often each molecule of a tested fold was drawn. Every model is
scored on the same counts, so that what two models share (hard molecules, rare positives) cancels in
their difference. The mean over folds varies at both levels: see :func:`mean_over_folds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from triptych.claims.measured import ENDS
from triptych.toxicity.metrics import checked, mean_of_present, weighted_auc


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

    In a resample the mean is over the tasks that have both classes in it. Paired models have the
    same labels, so these are the same tasks.

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
        NaN where no task has both classes.

    Raises
    ------
    ValueError
        As in :func:`triptych.toxicity.metrics.weighted_auc`.
    """
    labels, scores = checked(label, logit)
    tasks = zip(labels.T, scores.T, strict=True)
    return mean_of_present(np.stack([weighted_auc(*task, counts) for task in tasks]))


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


def mean_over_folds(
    folds: Sequence[Estimate], seed: int | Sequence[int], resamples: int
) -> Estimate:
    """Return the mean over tested folds with samples over molecules and folds.

    With d_f the value of fold f and d*_f its resample over molecules, a sample of the mean of K
    folds is

    ``mean_f d*_f + √((K − 1) / χ²) · Σ_f g_f (d_f − mean_f d_f) / √(K (K − 1))``

    with g_f normal and χ² of K − 1 degrees of freedom. The second term is s/√K times Student's t of
    K − 1 degrees, s the standard deviation of the d_f: how far the mean of K normal numbers lies
    from their true mean (Student 1908). Drawing the few folds with replacement would give intervals
    that are too short, by a factor of 2.7 for three folds. Folds differ by their trainings and by
    their molecules, which the first term resamples too: the interval is rather too wide than too
    narrow. Of one fold only molecules can be resampled.

    Parameters
    ----------
    folds : sequence of Estimate
        Folds without a value are left out.
    seed : int or sequence of int
        Of the draws over folds; equal for what is compared on the same folds.
    resamples : int
        Number of samples, that of each fold.

    Returns
    -------
    Estimate
        NaN if no fold has a value.
    """
    scored = [fold for fold in folds if np.isfinite(fold.value)]
    if not scored:
        return Estimate(float("nan"), np.full(resamples, np.nan))
    values = np.array([fold.value for fold in scored])
    samples = mean_of_present(np.stack([fold.samples for fold in scored]))
    count = len(values)
    if count > 1:
        rng = np.random.default_rng(seed)
        weights = (
            rng.normal(size=(resamples, count))
            / np.sqrt(rng.chisquare(count - 1, resamples))[:, None]
        )
        samples = samples + weights @ (values - values.mean()) / np.sqrt(count)
    return Estimate(float(values.mean()), samples)


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
