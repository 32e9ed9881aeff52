"""Scores of predictions: per task first, then the mean over tasks; missing labels are left out.

A ROC-AUC pooled over tasks would also measure how well the tasks' base rates are told apart, which
is not what this field reports. Only the reliability curve puts the labels of all tasks together.
Trainings read this: it imports neither scikit-learn nor, but for probabilities, SciPy.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scorer = Callable[[NDArray, NDArray], float]
"""From the labels of one task, 0 or 1, and their scores to a number."""
ROUND_OFF = 1e-12
"""Recalls that differ by less are equal."""


def roc_auc(label: ArrayLike, logit: ArrayLike) -> NDArray[np.float64]:
    """Return the area under the ROC curve of every task.

    Parameters
    ----------
    label : ndarray of shape (molecule, task)
        0, 1 or NaN where no label exists.
    logit : ndarray of shape (molecule, task)
        Scores, the higher the more likely positive.

    Returns
    -------
    ndarray of shape (task,)
        NaN for a task without both classes, which is *not scorable*.

    Raises
    ------
    ValueError
        If a label is not 0, 1 or NaN, a score is not finite, or the shapes differ.
    """
    labels, scores = checked(label, logit)
    once = np.ones((1, len(labels)))
    by_task = zip(labels.T, scores.T, strict=True)
    return np.array([weighted_auc(*of_task, once)[0] for of_task in by_task])


def weighted_auc(label: ArrayLike, score: ArrayLike, counts: ArrayLike) -> NDArray[np.float64]:
    """Return one task's ROC-AUC under each row of molecule counts.

    It is the share of (positive, negative) pairs in the right order, ties counting half (Mann and
    Whitney 1947). The sorted negatives' running counts are looked up at every positive.

    Parameters
    ----------
    label : ndarray of shape (molecule,)
        0, 1 or NaN.
    score : ndarray of shape (molecule,)
        The higher the more likely positive.
    counts : ndarray of shape (resample, molecule)
        How often a molecule is drawn.

    Returns
    -------
    ndarray of shape (resample,)
        NaN where a class was not drawn.

    Raises
    ------
    ValueError
        If a label is not 0, 1 or NaN, a score is not finite, or the shapes differ.
    """
    labels, scores = checked(label, score)
    weights = np.asarray(counts, dtype=np.float64)
    negative = np.flatnonzero(labels == 0)
    negative = negative[np.argsort(scores[negative], kind="stable")]
    positive = np.flatnonzero(labels == 1)
    running = np.zeros((len(weights), len(negative) + 1))
    np.cumsum(weights[:, negative], axis=1, out=running[:, 1:])
    below = np.searchsorted(scores[negative], scores[positive], side="left")
    through = np.searchsorted(scores[negative], scores[positive], side="right")
    ordered = (weights[:, positive] * 0.5 * (running[:, below] + running[:, through])).sum(axis=1)
    pairs = weights[:, positive].sum(axis=1) * running[:, -1]
    return np.divide(ordered, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def average_precision(label: ArrayLike, logit: ArrayLike) -> NDArray[np.float64]:
    """Return the average precision of every task.

    It is Σ (R_n − R_{n−1}) P_n over the thresholds, without interpolation (Manning, Raghavan and
    Schütze, *Introduction to Information Retrieval*, 2008, section 8.4).

    Parameters
    ----------
    label, logit : ndarray of shape (molecule, task)
        As in :func:`roc_auc`.

    Returns
    -------
    ndarray of shape (task,)
        NaN for a task without both classes.

    Raises
    ------
    ValueError
        As in :func:`roc_auc`.
    """

    def area_of_task(labels: NDArray, scores: NDArray) -> float:
        return area(*precision_steps(labels, scores))

    return _per_task(area_of_task, *checked(label, logit), both_classes=True)


def brier(label: ArrayLike, logit: ArrayLike) -> NDArray[np.float64]:
    """Return the mean squared error of the probability of every task (Brier 1950).

    Parameters
    ----------
    label, logit : ndarray of shape (molecule, task)
        As in :func:`roc_auc`, but the scores are log odds.

    Returns
    -------
    ndarray of shape (task,)
        NaN for a task without any label.

    Raises
    ------
    ValueError
        As in :func:`roc_auc`.
    """
    from scipy.special import expit

    def error_of_task(labels: NDArray, scores: NDArray) -> float:
        return float(np.mean((expit(scores) - labels) ** 2))

    return _per_task(error_of_task, *checked(label, logit))


def calibration_error(label: ArrayLike, logit: ArrayLike, bins: int) -> NDArray[np.float64]:
    """Return the expected calibration error of every task, over bins of equal *mass*.

    The molecules are sorted by predicted probability and cut into ``bins`` groups of (nearly) equal
    number; the error is the mean over molecules of |mean prediction − share of positives| of their
    group. Equal width would leave most bins empty: toxic outcomes are rare. It is biased upwards in
    small sets, for every model alike. (Naeini et al., AAAI 2015; equal mass: Nguyen and O'Connor,
    EMNLP 2015.)

    Parameters
    ----------
    label, logit : ndarray of shape (molecule, task)
        As in :func:`roc_auc`, but the scores are log odds.
    bins : int
        How many, at least 1.

    Returns
    -------
    ndarray of shape (task,)
        A difference of probabilities; NaN for a task without any label.

    Raises
    ------
    ValueError
        As in :func:`reliability`.
    """

    def error_of_task(labels: NDArray, scores: NDArray) -> float:
        predicted, observed, count = reliability(labels, scores, bins)
        filled = count > 0
        return float(np.sum((count * np.abs(predicted - observed))[filled]) / count.sum())

    return _per_task(error_of_task, *checked(label, logit))


def reliability(
    label: ArrayLike, logit: ArrayLike, bins: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the reliability curve of all labels together, in bins of equal mass.

    Parameters
    ----------
    label, logit : ndarray of shape (...)
        As in :func:`roc_auc`, but the scores are log odds.
    bins : int
        How many, at least 1; equal predictions are kept apart by their order, so that every bin is
        filled: where many are equal, curves depend on that order.

    Returns
    -------
    predicted, observed : ndarray of shape (bin,)
        Mean predicted probability and share of positives; NaN for bins beyond the number of labels.
    count : int64 ndarray of shape (bin,)
        Number of labels; 0 for those bins.

    Raises
    ------
    ValueError
        As in :func:`roc_auc`, or if there is to be no bin.
    """
    from scipy.special import expit

    labels, scores = (np.ravel(values) for values in checked(label, logit))
    labelled = ~np.isnan(labels)
    labels, scores = labels[labelled], scores[labelled]
    order = np.argsort(scores, kind="stable")
    predicted, observed = np.full(bins, np.nan), np.full(bins, np.nan)
    count = np.zeros(bins, dtype=np.int64)
    for index, members in enumerate(np.array_split(order, bins)):
        count[index] = len(members)
        if len(members):
            predicted[index] = expit(scores[members]).mean()
            observed[index] = labels[members].mean()
    return predicted, observed, count


def precision_steps(
    label: ArrayLike, score: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return precision and recall at every distinct score from the highest on.

    The average precision is the :func:`area` under these steps.

    Parameters
    ----------
    label : ndarray of shape (sample,)
        0 or 1, at least one 1.
    score : ndarray of shape (sample,)
        The higher the more likely positive.

    Returns
    -------
    precision, recall : ndarray of shape (threshold,)
        Between 0 and 1.
    """
    scores = np.asarray(score, dtype=np.float64)
    order = np.argsort(-scores, kind="stable")
    labels, scores = np.asarray(label, dtype=np.float64)[order], scores[order]
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    hits = np.cumsum(labels)[last]
    return hits / (last + 1), hits / hits[-1]


def precision_at_recall(
    precision: NDArray, reached: NDArray, recall: ArrayLike
) -> NDArray[np.float64]:
    """Return the precision at the highest threshold that reaches each recall.

    The curve is the step function whose integral over recall from 0 to 1 is the average precision:
    means of such curves are curves of the mean average precision.

    Parameters
    ----------
    precision, reached : ndarray of shape (threshold,)
        What :func:`precision_steps` gives.
    recall : ndarray of shape (recall,)
        Levels in (0, 1].

    Returns
    -------
    ndarray of shape (recall,)
        Between 0 and 1.
    """
    return precision[np.searchsorted(reached, np.asarray(recall) - ROUND_OFF, side="left")]


def area(precision: NDArray, recall: NDArray) -> float:
    """Return Σ (R_n − R_{n−1}) P_n, the average precision, of what :func:`precision_steps` gives.

    Parameters
    ----------
    precision, recall : ndarray of shape (threshold,)

    Returns
    -------
    float
        Between 0 and 1.
    """
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def mean_of_present(values: NDArray) -> NDArray[np.float64]:
    """Return the mean over the first axis of the values that are not NaN.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
        NaN where a value is missing.

    Returns
    -------
    ndarray of shape (...)
        In the unit of the values; NaN where all are missing.
    """
    present = ~np.isnan(values)
    number = present.sum(axis=0)
    total = np.where(present, values, 0.0).sum(axis=0)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)


def scorable(label: ArrayLike) -> NDArray[np.bool_]:
    """Return whether each task has both classes among its labels.

    Parameters
    ----------
    label : ndarray of shape (molecule, task)
        0, 1 or NaN.

    Returns
    -------
    bool ndarray of shape (task,)
    """
    array = np.asarray(label)
    return np.asarray((array == 0).any(axis=0) & (array == 1).any(axis=0))


def checked(label: ArrayLike, logit: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return labels and scores as float64 arrays.

    Parameters
    ----------
    label : ndarray of shape (...)
        0, 1 or NaN.
    logit : ndarray of shape (...)
        Scores.

    Returns
    -------
    label, logit : float64 ndarray of shape (...)

    Raises
    ------
    ValueError
        If a label is not 0, 1 or NaN, a score is not finite, or the shapes differ.
    """
    labels, scores = np.asarray(label, dtype=np.float64), np.asarray(logit, dtype=np.float64)
    if labels.shape != scores.shape:
        raise ValueError(f"labels {labels.shape} and scores {scores.shape} differ in shape")
    invalid = ~(np.isnan(labels) | (labels == 0) | (labels == 1))
    if invalid.any():
        raise ValueError(f"a label is {labels[invalid].flat[0]}, not 0, 1 or missing")
    if not np.isfinite(scores).all():
        place = tuple(int(index) for index in np.argwhere(~np.isfinite(scores))[0])
        raise ValueError(f"the score at {place} is {scores[place]}")
    return labels, scores


def _per_task(
    scorer: Scorer, label: NDArray, score: NDArray, both_classes: bool = False
) -> NDArray[np.float64]:
    """Return a number a task; NaN without labels or, where they are needed, both classes."""
    values = np.full(label.shape[1], np.nan)
    for task in range(label.shape[1]):
        labelled = ~np.isnan(label[:, task])
        labels, scores = label[labelled, task], score[labelled, task]
        if len(labels) and (not both_classes or len(np.unique(labels)) == 2):
            values[task] = scorer(labels, scores)
    return values
