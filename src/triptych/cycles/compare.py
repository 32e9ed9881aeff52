"""Tables of many models, and how strongly two of their quantities go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import ENDS, Unavailable

SCALARS = (
    "log_likelihood",
    "log_likelihood_held_out",
    "entropy_production",
    "entropy_production_error",
    "entropy_production_bias",
    "zx_entropy_production",
    "zx_entropy_production_error",
    "self_transition",
    "effective_states",
    "circulation",
    "kl_classes",
    "autocorrelation_time",
    "autocorrelation_time_error",
    "collapsed",
    "nearly_reversible",
    "cycling",
)

RESAMPLES, SEED = 2000, 0
"""Bootstrap samples of an interval over models, and their seed."""

FEWEST = 8
"""Models of each kind that a contrast needs."""


def table(evaluations: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return one row a model, with its settings, scalar results and ``tied``.

    Parameters
    ----------
    evaluations : sequence of xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`SCALARS`, the coordinates of the models, and ``tied``. Units are those of the
        evaluations: nats, nats a chain step, chain steps.
    """
    frames = [
        evaluation[list(SCALARS)].to_dataframe().assign(tied=bool(evaluation.attrs["tied"]))
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


@dataclass(frozen=True)
class RankCorrelation:
    """Spearman's coefficient with a 95 % bootstrap interval over models.

    Attributes
    ----------
    value : float
        From −1 to 1.
    low, high : float
        Ends of the interval.
    models : int
        Number of models.
    """

    value: float
    low: float
    high: float
    models: int

    def __str__(self) -> str:
        interval = f"[{self.low:.2f}, {self.high:.2f}]"
        text = f"Spearman ρ = {self.value:.2f} {interval}, {self.models} models"
        return text.replace("-", "−")  # a minus as on the axes


def rank_correlation(x: NDArray, y: NDArray, groups: NDArray) -> RankCorrelation:
    """Correlate ranks within groups, such as models with the same number of states.

    Ranks are taken within each group and scaled to (0, 1]. Differences between groups then neither
    make nor hide a correlation. Models are resampled within their group.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        A quantity of each model.
    groups : ndarray, shape (n,)
        The group of each model.

    Returns
    -------
    RankCorrelation

    Raises
    ------
    ValueError
        If there are fewer than three models.
    """
    from scipy.stats import spearmanr

    if len(x) < 3:
        raise ValueError(f"{len(x)} models are too few for a rank correlation; 3 at least")
    rng = np.random.default_rng(SEED)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]

    def coefficient(chosen: list[NDArray]) -> float:
        ranks = [
            np.concatenate([pd.Series(v[part]).rank(pct=True) for part in chosen]) for v in (x, y)
        ]
        if any(np.ptp(rank) == 0 for rank in ranks):
            return np.nan  # a resample of equal models says nothing
        return float(spearmanr(*ranks).statistic)

    def resampled() -> list[NDArray]:
        return [rng.choice(part, len(part)) for part in members]

    samples = [coefficient(resampled()) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(samples, ENDS)
    return RankCorrelation(coefficient(members), float(low), float(high), len(x))


def correlation_with_entropy_production(models: pd.DataFrame, quantity: str) -> RankCorrelation:
    """Correlate a quantity with σ over the free models, within each K.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`table`.
    quantity : str
        A column of it.

    Returns
    -------
    RankCorrelation

    Raises
    ------
    ValueError
        If there are fewer than three free models.
    """
    free = models[~models.tied]
    return rank_correlation(
        free.entropy_production.to_numpy(), free[quantity].to_numpy(), free.states.to_numpy()
    )


@dataclass(frozen=True)
class Contrast:
    """Cycling models against nearly reversible ones at one learning rate and K.

    Attributes
    ----------
    value : float
        Median of the cycling models minus median of the nearly reversible ones.
    low, high : float
        Ends of its 95 % bootstrap interval over models.
    states : int
        K.
    cycling, reversible : int
        Models of each kind.
    """

    value: float
    low: float
    high: float
    states: int
    cycling: int
    reversible: int


def contrast(models: pd.DataFrame, quantity: str) -> Contrast:
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
    Contrast
        In the unit of the quantity.

    Raises
    ------
    Unavailable
        If there are fewer than eight of a kind.
    """
    states, rate = int(models.states.iloc[0]), float(models.learning_rate.iloc[0])
    reversible = models.nearly_reversible.to_numpy(bool)
    cycling = models.cycling.to_numpy(bool) & ~reversible
    counts = int(cycling.sum()), int(reversible.sum())
    if min(counts) < FEWEST:
        raise Unavailable(
            f"K = {states}, rate {rate:g}: {counts[0]} cycling, {counts[1]} nearly reversible"
        )
    values = models[quantity].to_numpy()
    rng = np.random.default_rng(SEED)
    ours, theirs = values[cycling], values[reversible]
    samples = resampled_medians(ours, rng) - resampled_medians(theirs, rng)
    low, high = np.quantile(samples[1:], ENDS)
    return Contrast(float(samples[0]), float(low), float(high), states, *counts)


def resampled_medians(values: NDArray, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the median of some values, and then those of resamples.

    Parameters
    ----------
    values : ndarray, shape (n,)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (1 + RESAMPLES,)
        In their unit.
    """
    samples = values[rng.integers(len(values), size=(RESAMPLES, len(values)))]
    return np.concatenate([[np.median(values)], np.median(samples, 1)])
