"""Tables of many models: all of them, those at their best rate, and of which kind each is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.cycles.choose import best_rate


def table(evaluations: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return one row a model, with its settings, scalar results, ``tied`` and ``iterations``.

    Parameters
    ----------
    evaluations : sequence of xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`, with the attribute ``iterations`` of the
        step that stores them.

    Returns
    -------
    pandas.DataFrame
        Columns are the variables and coordinates that have no dimension but the model, in their
        units, ``tied``, and the ``iterations`` of its training.
    """
    frames = [
        evaluation.drop_dims(set(evaluation.dims) - {"model"})
        .to_dataframe()
        .assign(tied=bool(evaluation.attrs["tied"]), iterations=int(evaluation.attrs["iterations"]))
        for evaluation in evaluations
    ]
    return pd.concat(frames, ignore_index=True)


def at_best_rate(models: pd.DataFrame) -> pd.DataFrame:
    """Return the models at the best rate of each K, see :func:`triptych.cycles.choose.best_rate`.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`table`, of one design.

    Returns
    -------
    pandas.DataFrame
        Some of its rows.
    """
    best = {
        states: best_rate(rows.learning_rate.to_numpy(), rows.log_likelihood.to_numpy())
        for states, rows in models.groupby("states")
    }
    return models[models.learning_rate == models.states.map(best)]


def kinds(models: pd.DataFrame) -> NDArray[np.str_]:
    """Return whether each model is ``cycling``, ``nearly reversible`` or ``neither``.

    Parameters
    ----------
    models : pandas.DataFrame, M rows
        As from :func:`table`.

    Returns
    -------
    str ndarray of shape (M,)
    """
    cycling, reversible = (
        models[name].to_numpy(dtype=bool) for name in ("cycling", "nearly_reversible")
    )
    return np.select([reversible, cycling], ["nearly reversible", "cycling"], "neither")
