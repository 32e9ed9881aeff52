"""Tables of many models, and how strongly two of their quantities go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measured import Measured, Unavailable

RESAMPLES, SEED = 2000, 0
"""Bootstrap samples of an interval over models, and their seed."""

FEWEST_MODELS = 8
"""Models of each kind that a contrast needs."""


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
    """Return the models at the learning rate with the highest mean training likelihood of each K.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`table`, of one design.

    Returns
    -------
    pandas.DataFrame
        Some of its rows.
    """
    means = models.groupby(["states", "learning_rate"]).log_likelihood.mean()
    best = means.groupby("states").idxmax()
    pairs = pd.MultiIndex.from_frame(models[["states", "learning_rate"]])
    return models[pairs.isin(best.tolist())]


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


def contrast(models: pd.DataFrame, quantity: str) -> Measured:
    """Compare the cycling with the nearly reversible models that one learning rate gave.

    Models that are neither are left out.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`table`, of one K and one rate.
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
