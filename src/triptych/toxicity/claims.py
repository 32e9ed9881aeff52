"""The quantities behind the claims of paper 3, from stored scores and masks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import ENDS, Measured, Quantity, Unavailable
from triptych.toxicity.names import MAIN_SPLIT_METHOD, SPARSE
from triptych.toxicity.runs import of_split
from triptych.toxicity.similarity import agreement
from triptych.toxicity.summaries import comparison_table, run_tables

BENCHMARKS = ("clintox", "sider", "tox21")
RESAMPLES, SEED = 200, 0


@dataclass(frozen=True)
class Results:
    """What the claims are measured on: scores of the datasets, and their chosen sparse runs."""

    scores: Sequence[xr.Dataset]
    masks: Sequence[xr.Dataset]


def auc_difference(results: Results, first: str, second: str, dataset: str = "") -> Measured:
    """Return the difference of the mean test ROC-AUC of two kinds of models, on random splits.

    Parameters
    ----------
    results
        Scores of the datasets.
    first, second
        Kinds of models; first minus second.
    dataset
        A dataset; the mean over the three benchmark sets if empty.

    Returns
    -------
    Measured
        A difference of areas, between −1 and 1; its interval resamples test molecules.

    Raises
    ------
    Unavailable
        If a dataset is missing, or the intervals are not of the confidence needed.
    """
    rows = _compared(results, first, second).dropna(subset="difference")
    datasets = [dataset] if dataset else BENCHMARKS
    rows = _of_all(rows, datasets, f"{first} and {second} were not both run")
    seeds = ", ".join(f"{row.dataset}: {row.seeds:.0f} seeds" for row in rows.itertuples())
    return _mean_of(rows, "difference", f"test molecules resampled; {seeds}")


def least_backbone_difference(results: Results, first: str, second: str) -> Measured:
    """Return the least difference of mean test ROC-AUC over the backbones that were compared.

    The ends of its interval are the least of theirs: it lies above a threshold only if all of their
    intervals do, and below only if one of them does.

    Parameters
    ----------
    results
        Scores of the datasets.
    first, second
        Kinds of models; first minus second.

    Returns
    -------
    Measured
        A difference of areas, between −1 and 1.

    Raises
    ------
    Unavailable
        If no dataset has several backbones, or the intervals are not of the confidence needed.
    """
    rows = _compared(results, first, second, every_backbone=True)
    rows = rows[rows.groupby("dataset").backbone.transform("nunique") > 1]
    if rows.empty:
        raise Unavailable("several backbones were not run on any dataset")
    worst = rows.iloc[int(rows.difference.argmin())]
    names = ("difference", "difference_low", "difference_high")
    value, low, high = (float(rows[name].min(skipna=False)) for name in names)
    basis = (
        f"least of {len(rows)} backbones, that of {worst.backbone}, ends of the interval likewise; "
        "test molecules resampled"
    )
    return Measured(value, low, high, basis)


def mass90(results: Results) -> Measured:
    """Return the share of atoms that carries 90 % of the sparse masks, mean over benchmark sets.

    Parameters
    ----------
    results
        Scores of the datasets.

    Returns
    -------
    Measured
        A share, between 0 and 1; its interval is the range over the sets.

    Raises
    ------
    Unavailable
        If a benchmark set is missing.
    """
    runs = _of_all(_sparse_runs(results), BENCHMARKS, "no sparse model")
    means = runs.groupby("dataset").mass90.mean()
    basis = f"mean of {len(means)} sets; range over them"
    return Measured(float(means.mean()), float(means.min()), float(means.max()), basis)


def similarity_of_masks(results: Results, dataset: str) -> Measured:
    """Return how much two tasks' masks of one molecule agree: 0 as by chance, 1 in full.

    Parameters
    ----------
    results
        Predictions of the chosen sparse runs.
    dataset
        Whose masks.

    Returns
    -------
    Measured
        See :func:`triptych.toxicity.similarity.agreement`; its interval resamples test molecules.

    Raises
    ------
    Unavailable
        If the dataset has no masks of several tasks, or flat ones, which agree by chance in full.
    """
    for run in results.masks:
        if run.attrs["dataset"] == dataset and run.sizes["task"] > 1:
            return _agreement(of_split(run, "test").mask.values)
    raise Unavailable(f"no masks of several tasks on {dataset}")


def alert_recovery(results: Results) -> Measured:
    """Return the average precision of the sparse masks for the atoms of the known alerts.

    Parameters
    ----------
    results
        Scores of the datasets.

    Returns
    -------
    Measured
        Between 0 and 1, mean over seeds; its interval resamples molecules.

    Raises
    ------
    Unavailable
        If no dataset has known alerts, or the intervals are not of the confidence needed.
    """
    _check_confidence(results)
    runs = _sparse_runs(results)
    runs = runs[runs.recovery_pairs > 0]
    if runs.empty:
        raise Unavailable("no sparse model on a dataset with known alerts")
    return _mean_of(runs, "recovery_ap", f"{len(runs)} seeds; molecules resampled")


def recovery_difference(results: Results, first: str, second: str) -> Measured:
    """Return the difference of the average precision for alert atoms of two kinds of models.

    Parameters
    ----------
    results
        Scores of the datasets.
    first, second
        Kinds of models; first minus second.

    Returns
    -------
    Measured
        Between −1 and 1; its interval resamples molecules.

    Raises
    ------
    Unavailable
        As for :func:`alert_recovery`.
    """
    rows = _compared(results, first, second).dropna(subset="recovery_difference")
    if rows.empty:
        raise Unavailable(f"{first} and {second} were not both run on a dataset with known alerts")
    return _mean_of(rows, "recovery_difference", "molecules resampled")


QUANTITIES: dict[str, Quantity] = {
    f.__name__: f
    for f in (
        auc_difference,
        least_backbone_difference,
        mass90,
        similarity_of_masks,
        alert_recovery,
        recovery_difference,
    )
}


def _compared(
    results: Results, first: str, second: str, every_backbone: bool = False
) -> pd.DataFrame:
    """Return the comparisons of two kinds of models with the main split method."""
    _check_confidence(results)
    tables = []
    for scores in results.scores:
        rows = comparison_table(scores)
        rows = rows[
            (rows["first"] == first)
            & (rows.second == second)
            & (rows.split_method == MAIN_SPLIT_METHOD)
        ]
        tables.append(rows if every_backbone else rows[rows.backbone == scores.attrs["backbone"]])
    return pd.concat(tables, ignore_index=True)


def _sparse_runs(results: Results) -> pd.DataFrame:
    """Return the main sparse runs on random splits."""
    runs = run_tables(results.scores)
    return runs[runs.main & (runs.kind == SPARSE) & (runs.split_method == MAIN_SPLIT_METHOD)]


def _of_all(rows: pd.DataFrame, datasets: Sequence[str], lacking: str) -> pd.DataFrame:
    """Return the rows of datasets, none of which may be missing; say what is ``lacking`` if so."""
    missing = [name for name in datasets if name not in set(rows.dataset)]
    if missing:
        raise Unavailable(f"{lacking} on {', '.join(missing)}")
    return rows[rows.dataset.isin(datasets)]


def _check_confidence(results: Results) -> None:
    """Refuse scores whose intervals are not those that claims are judged by."""
    needed = ENDS[1] - ENDS[0]
    for scores in results.scores:
        confidence = scores.attrs["confidence"]
        if not math.isclose(confidence, needed):
            raise Unavailable(
                f"the intervals on {scores.attrs['dataset']} are of {100 * confidence:g} %, "
                f"a claim needs {100 * needed:g} %"
            )


def _mean_of(rows: pd.DataFrame, name: str, basis: str) -> Measured:
    """Return the mean of independent numbers; their errors add in squares, side by side."""
    value, count = float(rows[name].mean()), len(rows)
    down = math.sqrt(((rows[name] - rows[f"{name}_low"]) ** 2).sum()) / count
    up = math.sqrt(((rows[f"{name}_high"] - rows[name]) ** 2).sum()) / count
    return Measured(value, value - down, value + up, basis)


def _agreement(mask: NDArray) -> Measured:
    value = agreement(mask)
    if math.isnan(value):
        raise Unavailable("the masks are flat: chance alone makes them agree in full")
    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(mask), size=(RESAMPLES, len(mask)))
    samples = np.array([agreement(mask[chosen]) for chosen in drawn])
    return Measured.resampled(value, samples, f"{len(mask)} test molecules, resampled")
