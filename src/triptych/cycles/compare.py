"""Tables of many models, and how strongly two of their quantities go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import ENDS

RESAMPLES, SEED = 2000, 0
"""Bootstrap samples of an interval over models, and their seed."""

SCALARS = (
    "log_likelihood",
    "log_likelihood_held_out",
    "entropy_production",
    "entropy_production_error",
    "self_transition",
    "kl_classes",
    "autocorrelation_time",
    "trapped",
)

RESAMPLES, SEED = 2000, 0
"""Of the models, behind an interval."""


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
