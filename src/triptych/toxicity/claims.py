"""The quantities behind the claims of paper 3, from stored scores and masks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import Measured, Quantity, Unavailable
from triptych.toxicity.similarity import between_tasks, chance_similarity, cosine_similarity
from triptych.toxicity.summaries import comparison_table, run_table

BENCHMARKS = ("clintox", "sider", "tox21")
RESAMPLES, SEED = 200, 0


@dataclass(frozen=True)
class Results:
    """What the claims are measured on: scores of the datasets, and runs with the masks shown."""

    scores: Sequence[xr.Dataset]
    masks: Sequence[xr.Dataset]


def auc_difference(
    results: Results, first: str, second: str, dataset: str = "", split: str = "random"
) -> Measured:
    """Return the difference of the mean test ROC-AUC of two kinds of models.

    Parameters
    ----------
    first, second
        Kinds of models; first minus second.
    dataset
        A dataset; the mean over the three benchmark sets if empty.
    """
    rows = _compared(results, first, second, split)
    rows = rows[rows.dataset.isin([dataset] if dataset else BENCHMARKS)]
    if rows.empty:
        raise Unavailable(f"{first} and {second} were not both run on {dataset or 'a benchmark'}")
    about = ", ".join(f"{row.dataset}: {row.seeds:.0f} seeds" for row in rows.itertuples())
    return _mean_of(rows, "difference", f"test molecules resampled; {about}")


def least_backbone_difference(results: Results, first: str, second: str) -> Measured:
    """Return the least difference of mean test ROC-AUC over the backbones that were compared."""
    rows = _compared(results, first, second, "random", every_backbone=True)
    rows = rows[rows.groupby("dataset").backbone.transform("nunique") > 1]
    if rows.empty:
        raise Unavailable("several backbones were not run on any dataset")
    worst = rows.iloc[int(rows.difference.argmin())]
    about = f"least of {len(rows)} backbones, that of {worst.backbone}; test molecules resampled"
    return Measured(worst.difference, worst.difference_low, worst.difference_high, about)


def mass90(results: Results) -> Measured:
    """Return the share of atoms that carries 90 % of the sparse masks, mean over benchmark sets."""
    runs = pd.concat([run_table(one) for one in results.scores])
    runs = runs[runs.main & (runs.kind == "sparse") & (runs.split == "random")]
    runs = runs[runs.dataset.isin(BENCHMARKS)]
    if runs.empty:
        raise Unavailable("no sparse model on a benchmark set")
    means = runs.groupby("dataset").mass90.mean()
    about = f"mean of {len(means)} sets; range over them"
    return Measured(float(means.mean()), float(means.min()), float(means.max()), about)


def similarity_of_masks(results: Results, dataset: str) -> Measured:
    """Return the mean cosine between two tasks' masks of one molecule, less that of chance."""
    for run in results.masks:
        if run.attrs["dataset"] == dataset and run.sizes["task"] > 1:
            return _similarity(run.mask.values[run.part.values == "test"])
    raise Unavailable(f"no masks of several tasks on {dataset}")


def alert_recovery(results: Results) -> Measured:
    """Return the average precision of the sparse masks for the atoms of the known alerts."""
    runs = pd.concat([run_table(one) for one in results.scores])
    runs = runs[
        runs.main & (runs.kind == "sparse") & (runs.split == "random") & (runs.recovery_pairs > 0)
    ]
    if runs.empty:
        raise Unavailable("no sparse model on a dataset with known alerts")
    halves = (runs.recovery_ap_high - runs.recovery_ap_low) / 2
    value, half = float(runs.recovery_ap.mean()), float(np.sqrt((halves**2).sum()) / len(runs))
    return Measured(value, value - half, value + half, f"{len(runs)} seeds; molecules resampled")


def recovery_difference(results: Results, first: str, second: str) -> Measured:
    """Return the difference of the average precision for alert atoms of two kinds of models."""
    rows = _compared(results, first, second, "random").dropna(subset="recovery_difference")
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
    results: Results, first: str, second: str, split: str, every_backbone: bool = False
) -> pd.DataFrame:
    tables = []
    for scores in results.scores:
        rows = comparison_table(scores)
        rows = rows[(rows["first"] == first) & (rows.second == second) & (rows.split == split)]
        tables.append(rows if every_backbone else rows[rows.backbone == scores.attrs["backbone"]])
    return pd.concat(tables, ignore_index=True)


def _mean_of(rows: pd.DataFrame, name: str, about: str) -> Measured:
    """Return the mean of independent differences; their errors add in squares, side by side."""
    value, count = float(rows[name].mean()), len(rows)
    down = math.sqrt(((rows[name] - rows[f"{name}_low"]) ** 2).sum()) / count
    up = math.sqrt(((rows[f"{name}_high"] - rows[name]) ** 2).sum()) / count
    return Measured(value, value - down, value + up, about)


def _similarity(mask: NDArray) -> Measured:
    def excess(chosen: NDArray) -> float:
        return between_tasks(cosine_similarity(chosen)) - between_tasks(chance_similarity(chosen))

    rng = np.random.default_rng(SEED)
    drawn = rng.integers(len(mask), size=(RESAMPLES, len(mask)))
    samples = np.array([excess(mask[chosen]) for chosen in drawn])
    return Measured.resampled(excess(mask), samples, f"{len(mask)} test molecules, resampled")
