"""Probabilities that mean what they say: a model's logits, scaled on molecules held out.

Platt scaling (Platt 1999): the probability is ``σ(slope · logit + offset)``, with slope and offset
of greatest likelihood on the validation molecules. They are the same for all tasks: with the few
positive molecules of most tasks, two numbers a task predict no better than none on most sets. A
class is not aimed at with 1 and 0 but with ``(n₊ + 1) / (n₊ + 2)`` and ``1 / (n₋ + 2)``, so
that the fit stays finite where a threshold parts the classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from triptych.toxicity.metrics import checked

FEWEST = 5
"""Labels of either class below which two numbers are not fitted."""

TOLERANCE = 1e-12
"""Of the likelihood, relative, and of its gradient, absolute, at which a fit ends."""


@dataclass(frozen=True)
class Calibration:
    """The scaling of a model.

    Attributes
    ----------
    slope, offset : float
        1 and 0 where none could be fitted.
    labels : int
        How many labels they are fitted to; 0 where validation has fewer than :data:`FEWEST` of a
        class.
    """

    slope: float
    offset: float
    labels: int

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
    """Return the scaling that fits the labels of molecules held out best, all tasks together.

    The slope is at least 0: a model is never read against its own order.

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
    if min((labels == 0).sum(), (labels == 1).sum()) < FEWEST:
        return Calibration(1.0, 0.0, 0)
    present = ~np.isnan(labels)
    return Calibration(*platt(labels[present], logits[present]), int(present.sum()))


def platt(label: NDArray, logit: NDArray) -> tuple[float, float]:
    """Return slope and offset of greatest likelihood, the slope at least 0.

    Parameters
    ----------
    label : ndarray of shape (value,)
        0 or 1, both of them there.
    logit : ndarray of shape (value,)
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
