"""Numbers of the comparison, taken from the stores of scores."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measured import Measured
from triptych.ssno.metrics import THRESHOLDS
from triptych.ssno.names import DEFAULT
from triptych.ssno.resampling import (
    Spread,
    resampled_leads,
    resampled_means,
    spread_of_trainings,
)

THRESHOLD = THRESHOLDS[0]
"""Correlation below which a forecast is called lost."""
STRICT = THRESHOLDS[-1]
"""Correlation below which it is called inaccurate: an error of some 14 % of the field."""
EQUAL_COST = 0.25
"""Share by which the cost of a training may differ from the SSNO's, or that of a candidate from the
median, and still count as equal."""
COORDINATES = ("model", "variant", "train_trajectories", "seed")
"""Which run it is, in the scores."""
SHOWN = ("learning_rate", "parameters", "validation_error", "cpu_seconds", "trainings", "kept")
"""What tables show of a run's training."""


def main_runs(scores: xr.Dataset) -> xr.Dataset:
    """Return the runs of the comparison: nothing left out, all training trajectories.

    Parameters
    ----------
    scores : xarray.Dataset
        Of one system, from :func:`triptych.ssno.evaluate.score_runs`.

    Returns
    -------
    xarray.Dataset
        The selected part of its dimension ``run``.
    """
    return scores.isel(run=np.flatnonzero(_is_main(scores)))


def ablation_runs(scores: xr.Dataset) -> xr.Dataset:
    """Return the SSNO as it is and with parts changed, trained on the same data from one seed.

    Parameters and result are those of :func:`main_runs`; the runs are in the order of
    :meth:`triptych.ssno.design.Design.runs`.
    """
    ssno = scores.isel(run=np.flatnonzero(scores.model == "ssno"))
    first = ssno.isel(run=0)
    alike = (ssno.train_trajectories == first.train_trajectories) & (ssno.seed == first.seed)
    return ssno.isel(run=np.flatnonzero(alike))


def sweep_runs(scores: xr.Dataset) -> xr.Dataset:
    """Return the runs of models that were trained on several numbers of trajectories.

    Parameters and result are those of :func:`main_runs`.
    """
    runs = scores.isel(run=np.flatnonzero(scores.variant == DEFAULT))
    counts = runs.train_trajectories.to_series().groupby(runs.model.values).nunique()
    return runs.isel(run=np.flatnonzero(runs.model.isin(counts[counts > 1].index)))


def run_table(
    scores: xr.Dataset, split: str = "test", threshold: float = THRESHOLD
) -> pd.DataFrame:
    """Return one row a run: which it is, and its means over the trajectories of a set.

    Parameters
    ----------
    scores : xarray.Dataset
        Of one system, from :func:`triptych.ssno.evaluate.score_runs`.
    split : str, optional
        The set.
    threshold : float, optional
        Of the correlation, for the high-correlation time: one of ``THRESHOLDS``.

    Returns
    -------
    pandas.DataFrame
        The coordinates of the runs; ``error``, the mean relative error, infinite if one of the
        rollouts blew up; ``hct``, the mean high-correlation time, in units of time; of ``rollouts``
        those that were ``blown_up``, and those ``outlasting`` the set, whose correlation reaches
        the threshold up to its last time; and of ``SHOWN`` what the store has. Runs that were
        not scored on the set are left out.
    """
    of_split = scores.sel(split=split)
    errors = of_split.mean_error
    columns = {name: scores[name].values for name in (*COORDINATES, *SHOWN) if name in scores}
    scored = errors.notnull()
    times = of_split.high_correlation_time.sel(threshold=threshold)
    last = horizon(scores, split)
    outlasting = times == last
    if math.isfinite(last):
        at_end = of_split.correlation.sel(time=last, drop=True)
        outlasting = outlasting & (at_end >= threshold)
    return pd.DataFrame(
        {
            **columns,
            "error": errors.mean("trajectory").values,
            "hct": times.mean("trajectory").values,
            "blown_up": (scored & ~np.isfinite(errors)).sum("trajectory").values,
            "outlasting": outlasting.sum("trajectory").values,
            "rollouts": scored.sum("trajectory").values,
        }
    ).query("rollouts > 0")


def horizon(scores: xr.Dataset, split: str = "test") -> float:
    """Return the last time of a set.

    Parameters
    ----------
    scores : xarray.Dataset
        With ``error`` (run, split, trajectory, time).
    split : str, optional
        The set.

    Returns
    -------
    float
        In units of time; NaN where no run was scored on it.
    """
    times = scores.error.sel(split=split).dropna("time", how="all").time.values
    return float(times[-1]) if len(times) else math.nan


def trajectory_errors(runs: xr.Dataset, split: str) -> xr.DataArray:
    """Return the mean relative error of every run on every trajectory of a set.

    Parameters
    ----------
    runs : xarray.Dataset
        Runs of one system that are compared, as from :func:`main_runs`.
    split : str
        The set.

    Returns
    -------
    xarray.DataArray of shape (run, trajectory)
        Without units; infinite where a rollout blew up; no trajectory where none was scored.

    Raises
    ------
    ValueError
        If a run has no error on a trajectory that another has one on.
    """
    errors = runs.mean_error.sel(split=split).dropna("trajectory", how="all")
    if bool(errors.isnull().any()):
        system = runs.attrs["system"]
        raise ValueError(f"{system}: a run has no error on a trajectory of {split}")
    return errors


def summary(scores: xr.Dataset, split: str = "test", threshold: float = THRESHOLD) -> pd.DataFrame:
    """Return one row a model, the SSNO first: means over seeds, and ratios to the best baseline.

    The best baseline is the one with the lowest mean error on this very set, which is the strictest
    comparison; ``ratio`` is its error over the model's. ``hct_ratio`` is the model's
    high-correlation time over the longest of any baseline. Parameters are those of
    :func:`run_table`.

    Returns
    -------
    pandas.DataFrame
        Indexed by model: of the columns of :func:`run_table` ``error``, ``hct``,
        ``validation_error`` and ``parameters`` as means over seeds, ``blown_up``, ``outlasting``
        and ``rollouts`` as their sums; then ``seeds``, ``ratio``, ``hct_ratio``.
    """
    runs = run_table(main_runs(scores), split, threshold)
    models = runs.groupby("model")
    totals = ["blown_up", "outlasting", "rollouts"]
    averaged = ("error", "hct", "validation_error", "parameters")
    means = [column for column in averaged if column in runs]
    result = pd.concat([models[means].mean(), models[totals].sum()], axis=1)
    result["seeds"] = models.size()
    best = result.error[best_baseline(scores, split)]
    result["ratio"] = quotient(best, result.error.to_numpy())
    longest = result.hct[result.index != "ssno"].max()
    result["hct_ratio"] = quotient(result.hct.to_numpy(), longest)
    order = sorted(result.index, key=lambda model: (model != "ssno", result.error[model]))
    return result.loc[order]


def compared_spread(systems: Iterable[xr.Dataset], split: str = "test") -> Spread:
    """Return how much the trainings that are compared differ on a set, over all systems.

    Parameters
    ----------
    systems : iterable of xarray.Dataset
        Scores of each system that was scored on the set.
    split : str, optional
        The set.

    Raises
    ------
    ValueError
        If a run has no error on a trajectory of the set.
    """
    return spread_of_trainings(trajectory_errors(main_runs(scores), split) for scores in systems)


def intervals(scores: xr.Dataset, spread: Spread) -> pd.DataFrame:
    """Return the 95 % intervals of the models' mean errors, and of the SSNO's lead.

    They are made as those of the claims are.

    Parameters
    ----------
    scores : xarray.Dataset
        Of one system.
    spread : Spread
        Of trainings, as from :func:`compared_spread`.

    Returns
    -------
    pandas.DataFrame
        Indexed by model: ``low`` and ``high`` of the error; in the SSNO's row ``lead_low`` and
        ``lead_high`` of the best baseline's error over its own.

    Raises
    ------
    ValueError
        If a run has no error on a trajectory of the set.
    """
    errors = trajectory_errors(main_runs(scores), "test")
    means = resampled_means(errors, scores.attrs["system"], spread)
    rows = {}
    for model, values in means.items():
        error = Measured.of_draws(values, "")
        rows[model] = {"low": error.low, "high": error.high}
    leads = resampled_leads(means)
    lead = Measured.of_draws(leads, "")
    rows["ssno"] |= {"lead_low": lead.low, "lead_high": lead.high}
    return pd.DataFrame.from_dict(rows, orient="index")


def training_costs(scores: xr.Dataset) -> pd.DataFrame:
    """Return what the trainings of one system's comparison cost, by model.

    Parameters
    ----------
    scores : xarray.Dataset
        With ``cpu_seconds`` (run).

    Returns
    -------
    pandas.DataFrame
        Indexed by model, the SSNO first: ``seconds`` of CPU time a training, mean over seeds;
        ``ratio`` to the SSNO's; ``unequal``, whether it is outside of ``EQUAL_COST``.
    """
    runs = main_runs(scores)
    seconds = runs.cpu_seconds.to_series().groupby(runs.model.values).mean()
    ratio = seconds / seconds["ssno"]
    table = pd.DataFrame(
        {"seconds": seconds, "ratio": ratio, "unequal": abs(ratio - 1) > EQUAL_COST}
    )
    return table.loc[sorted(table.index, key=lambda model: (model != "ssno", model))]


def search_costs(search: xr.Dataset) -> pd.DataFrame:
    """Return what the search of one system cost, by model.

    Parameters
    ----------
    search : xarray.Dataset
        The store of candidates, with ``cpu_seconds`` (candidate).

    Returns
    -------
    pandas.DataFrame
        Indexed by model: the number of ``candidates`` and their ``search_seconds`` of CPU time.
    """
    models = search.cpu_seconds.to_series().groupby(search.model.values)
    return pd.DataFrame({"candidates": models.size(), "search_seconds": models.sum()})


def errors_without_mean(scores: xr.Dataset, split: str = "test") -> pd.Series:
    """Return each model's mean relative error with the spatial mean of both fields removed.

    On Kuramoto–Sivashinsky the mean drifts and adds to the norm that errors are relative to.

    Parameters
    ----------
    scores : xarray.Dataset
    split : str, optional
        As for :func:`run_table`.

    Returns
    -------
    pandas.Series
        Indexed by model: means over the frames after the given one, trajectories and seeds;
        infinite where a rollout blew up.
    """
    runs = main_runs(scores).sel(split=split)
    errors = runs.error_mean_removed.isel(time=slice(1, None)).mean(("time", "trajectory"))
    return errors.to_series().groupby(runs.model.values).mean()


def best_baseline(scores: xr.Dataset, split: str = "test") -> str:
    """Return the baseline with the lowest mean error; if all blow up, the one that does least.

    Parameters
    ----------
    scores : xarray.Dataset
    split : str, optional
        As for :func:`run_table`.

    Raises
    ------
    ValueError
        If there is no baseline.
    """
    runs = run_table(main_runs(scores), split)
    baselines = runs[runs.model != "ssno"].groupby("model")[["error", "blown_up", "hct"]].mean()
    if baselines.empty:
        raise ValueError("no baseline among the runs of the comparison")
    ranked = baselines.assign(negative_hct=-baselines.hct).sort_values(
        ["error", "blown_up", "negative_hct"]
    )
    return str(ranked.index[0])


def of_model(array: xr.DataArray, model: str) -> xr.DataArray:
    """Return the first run of a model.

    Parameters
    ----------
    array : xarray.DataArray of shape (run, ...)
        With the coordinate ``model``.
    model : str

    Returns
    -------
    xarray.DataArray of shape (...)
        In the units of ``array``.

    Raises
    ------
    ValueError
        If there is no such run.
    """
    return array.isel(run=list(array.model.values).index(model), drop=True)


def quotient(numerator: NDArray | float, denominator: NDArray | float) -> NDArray:
    """Return a ratio where either side may be infinite or zero; NaN where it says nothing.

    Parameters
    ----------
    numerator, denominator : ndarray or float
        Of shapes that broadcast.

    Returns
    -------
    float64 ndarray of shape (...)
        That of both sides broadcast; in the ratio of their units.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.divide(numerator, denominator), dtype=np.float64)


def _is_main(scores: xr.Dataset) -> NDArray:
    is_default = scores.variant.values == DEFAULT
    counts = scores.train_trajectories.values
    return is_default & (counts == counts[is_default].max())
