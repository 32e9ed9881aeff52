"""Which learning rates are taken and which model is shown: never chosen on held-out images."""

from __future__ import annotations

import numpy as np
import xarray as xr


def best_model(evaluation: xr.Dataset) -> int:
    """Return the position of the model with the highest training likelihood of those not collapsed.

    If all are collapsed, it is the best of them.

    Parameters
    ----------
    evaluation : xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`.

    Returns
    -------
    int
        Along the dimension ``model``.
    """
    likelihood = evaluation.log_likelihood.values
    spread = ~evaluation.collapsed.values
    eligible = spread if spread.any() else np.ones_like(spread)
    return int(np.where(eligible, likelihood, -np.inf).argmax())


def choose_rates(search: xr.Dataset) -> xr.Dataset:
    """Return the two learning rates that a search yields, and what they were chosen by.

    *selected* has the highest mean training likelihood. *contrast* is the rate at which cycling and
    nearly reversible models are most evenly met: few trials say little of one rate, so the share of
    nearly reversible models is averaged with the neighbouring rates', and the one nearest to one
    half is taken, of equals the lowest.

    Parameters
    ----------
    search : xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`: some models at each of several rates.

    Returns
    -------
    xarray.Dataset
        ``selected`` and ``contrast``; by ``learning_rate``, rising, the mean ``log_likelihood`` of
        training images in nats and the shares ``share_nearly_reversible``, ``share_cycling`` and
        ``share_collapsed``.
    """
    flags = ("nearly_reversible", "cycling", "collapsed")
    columns = search[["log_likelihood", *flags]].astype(float)
    means = columns.groupby("learning_rate").mean()
    result = means.rename({name: f"share_{name}" for name in flags})
    rates = result.learning_rate.values
    share = result.share_nearly_reversible.values
    near = np.array([share[max(0, i - 1) : i + 2].mean() for i in range(len(share))])
    away = np.abs(near - 0.5).round(9)  # a third and two thirds are as far, but for rounding
    result["selected"] = ((), rates[np.argmax(result.log_likelihood.values)])
    result["contrast"] = ((), rates[np.argmin(away)])
    return result.drop_vars([n for n in result.coords if n != "learning_rate"])
