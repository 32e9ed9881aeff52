"""Probabilities that mean what they say: a task's logits, scaled on molecules held out.

Platt scaling (Platt 1999): the probability is ``σ(slope · logit + offset)``, with slope and offset
of greatest likelihood on the validation molecules. A class is not aimed at with 1 and 0 but with
``(n₊ + 1) / (n₊ + 2)`` and ``1 / (n₋ + 2)``: with few molecules, or with two classes that a
threshold parts, the fit stays finite.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from triptych.toxicity.metrics import checked

FEWEST = 5
"""Molecules of either class below which two numbers are not fitted."""

TOLERANCE = 1e-12
"""Of the likelihood, relative, and of its gradient, absolute, at which a fit ends."""


@dataclass(frozen=True)
class Calibration:
    """The scaling of every task.

    Attributes
    ----------
    slope, offset : ndarray of shape (task,)
        1 and 0 where none could be fitted.
    fitted : bool ndarray of shape (task,)
        Whether validation had :data:`FEWEST` molecules of both classes of a task.
    """

    slope: NDArray[np.float64]
    offset: NDArray[np.float64]
    fitted: NDArray[np.bool_]

    def probability(self, logit: ArrayLike) -> NDArray[np.float64]:
        """Return calibrated probabilities.

        Parameters
        ----------
        logit : array_like of shape (molecule, task)
            Log odds of the model.

        Returns
        -------
        ndarray of shape (molecule, task)
        """
        return np.asarray(expit(self.slope * np.asarray(logit, float) + self.offset))


def calibrate(label: ArrayLike, logit: ArrayLike) -> Calibration:
    """Return the scaling that fits the labels of molecules held out best, a task at a time.

    A slope is at least 0: a model is never read against its own order. A task with fewer than
    :data:`FEWEST` molecules of a class keeps its logits as they are.

    Parameters
    ----------
    label : array_like of shape (molecule, task)
        0, 1 or NaN where no label exists.
    logit : array_like of shape (molecule, task)
        Log odds.

    Returns
    -------
    Calibration

    Raises
    ------
    ValueError
        If a label is not 0, 1 or NaN, a logit is not finite, or the shapes differ.
    """
    labels, logits = checked(label, logit)
    fitted = np.minimum((labels == 0).sum(axis=0), (labels == 1).sum(axis=0)) >= FEWEST
    slope, offset = np.ones(len(fitted)), np.zeros(len(fitted))
    for task in np.flatnonzero(fitted):
        present = ~np.isnan(labels[:, task])
        slope[task], offset[task] = platt(labels[present, task], logits[present, task])
    return Calibration(slope, offset, fitted)


def platt(label: NDArray, logit: NDArray) -> tuple[float, float]:
    """Return slope and offset of greatest likelihood for one task, the slope at least 0.

    Parameters
    ----------
    label : ndarray of shape (molecule,)
        0 or 1, both of them there.
    logit : ndarray of shape (molecule,)
        Log odds.

    Returns
    -------
    slope, offset : float
        Without units; the probability is ``σ(slope · logit + offset)``.
    """
    positive = float((label == 1).sum())
    negative = len(label) - positive
    target = np.where(label == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(scaling: NDArray) -> tuple[float, NDArray]:
        """Return the mean cross-entropy of slope and offset, and its gradient."""
        scaled = scaling[0] * logit + scaling[1]
        error = expit(scaled) - target
        value = np.logaddexp(0, scaled) - target * scaled
        return float(value.mean()), np.array([(error * logit).mean(), error.mean()])

    bounds = [(0, None), (None, None)]
    options = {"ftol": TOLERANCE, "gtol": TOLERANCE}
    fitted = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return float(fitted.x[0]), float(fitted.x[1])
