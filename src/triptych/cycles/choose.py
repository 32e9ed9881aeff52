"""Which learning rates are taken and which model is shown: never chosen on held-out images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.cycles.design import CONTRAST_RATE, SELECTED_RATE


def best_model(evaluation: xr.Dataset) -> int:
    """Return the position of the model with the highest training likelihood of those not collapsed.

    If all are collapsed, it is the best of them.

    Parameters
    ----------
    evaluation : xarray.Dataset
        With ``log_likelihood``, in nats an image, and bool ``collapsed``, both (model), as from
        :func:`triptych.cycles.evaluate.evaluate`.

    Returns
    -------
    int
        Along ``model``.
    """
    likelihood = evaluation.log_likelihood.values
    occupied = ~evaluation.collapsed.values
    eligible = occupied if occupied.any() else np.ones_like(occupied)
    return int(np.where(eligible, likelihood, -np.inf).argmax())


def choose_rates(search: xr.Dataset) -> xr.Dataset:
    """Return the two learning rates that a search yields, and what they were chosen by.

    *selected* is the :func:`best_rate`, *contrast* the :func:`even_rate`.

    Parameters
    ----------
    search : xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`: some models at each of several rates.

    Returns
    -------
    xarray.Dataset
        ``selected`` and ``contrast``; by ``learning_rate``, ascending, the mean ``log_likelihood``
        of training images in nats and the shares ``share_nearly_reversible``, ``share_cycling`` and
        ``share_collapsed``.
    """
    flags = ("nearly_reversible", "cycling", "collapsed")
    columns = search[["log_likelihood", *flags]].astype(float)
    means = columns.groupby("learning_rate").mean()
    result = means.rename({name: f"share_{name}" for name in flags})
    rates = search.learning_rate.values
    result[SELECTED_RATE] = ((), best_rate(rates, search.log_likelihood.values))
    result[CONTRAST_RATE] = ((), even_rate(rates, search.nearly_reversible.values))
    return result.drop_vars([name for name in result.coords if name != "learning_rate"])


def best_rate(rates: NDArray[np.float64], log_likelihoods: NDArray[np.float64]) -> float:
    """Return the learning rate of the highest mean training likelihood; of equal ones the lowest.

    Parameters
    ----------
    rates : ndarray of shape (M,)
        Of each model.
    log_likelihoods : ndarray of shape (M,)
        Mean over training images, in nats.

    Returns
    -------
    float
        One of the rates.
    """
    means = pd.Series(log_likelihoods).groupby(rates).mean()
    return float(means.index[int(means.argmax())])


def even_rate(rates: NDArray[np.float64], nearly_reversible: NDArray[np.bool_]) -> float:
    """Return the rate at which a model is as likely nearly reversible as not.

    Few trials say little of one rate, so a logistic regression on the logarithm of the rate is
    fitted to those of all.

    Parameters
    ----------
    rates : ndarray of shape (trial,)
        Of the trials.
    nearly_reversible : bool ndarray of shape (trial,)
        Whether its model became so.

    Returns
    -------
    float
        Between the lowest and the highest rate tried, rounded to two digits. The highest where no
        trial became nearly reversible, the lowest where all did.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if nearly_reversible.all() or not nearly_reversible.any():
        return float(rates.min() if nearly_reversible.any() else rates.max())
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(np.log(rates)[:, None], nearly_reversible)
    grid = np.geomspace(rates.min(), rates.max(), 1001)
    probability = model.predict_proba(np.log(grid)[:, None])[:, 1]
    rounded = float(f"{grid[np.argmin(np.abs(probability - 0.5))]:.2g}")
    return float(np.clip(rounded, rates.min(), rates.max()))
