"""Tidy tables of the scores: one row a run, a task, a comparison or a status."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from triptych.toxicity.names import FOREST, MAIN_SPLIT_METHOD, MASKED
from triptych.toxicity.runs import Record


def run_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return one row a run.

    Parameters
    ----------
    scores : xarray.Dataset
        Of one dataset, over run, split and task, as
        :func:`triptych.toxicity.scoring.score_runs` returns it.

    Returns
    -------
    pandas.DataFrame
        Columns: dataset, what names the run, and all that is stored of a run as a whole, with the
        bootstrap interval of ``auc`` as ``low`` … ``high``; ``auc`` and ``val_auc``, means over the
        scorable tasks; ``tasks`` scored; other means over tasks on test; ``mass90`` and
        ``effective_share`` on test and ``val_mass90``, likewise; ``stands``: whether the run stands
        for its kind by form of masks and λ, whatever its encoder; ``main``: whether it does so with
        the encoder of the comparison. All without units.
    """
    ends = {"mean_auc_low": "low", "mean_auc_high": "high"}
    table = _over(scores, "run").rename(columns=ends)
    test, val = scores.sel(split="test"), scores.sel(split="val")
    table["auc"], table["val_auc"] = test.mean_auc.values, val.mean_auc.values
    table["tasks"] = test.scorable.sum("task").values
    for name in ("mean_average_precision", "mean_brier", "mean_calibration_error"):
        table[name] = test[name].values
    for name in ("mass90", "effective_share"):
        table[name] = test[name].mean("task").values
    table["val_mass90"] = val.mass90.mean("task").values
    record = record_of(scores)
    table["stands"] = record.stands(table.kind, table["mask"], table.penalty)
    of_main = (table.backbone == record.backbone) | (table.kind == FOREST)
    return table.assign(main=of_main & table.stands)


def record_of(scores: xr.Dataset) -> Record:
    """Return which runs of stored scores stand for their kind of model.

    Parameters
    ----------
    scores : xarray.Dataset
        Only its attributes ``backbone``, ``mask`` and ``penalty`` are read.

    Raises
    ------
    KeyError
        If one of them is missing.
    """
    return Record(*(scores.attrs[name] for name in ("backbone", "mask", "penalty")))


def main_runs(scores: xr.Dataset) -> pd.DataFrame:
    """Return the main runs on random folds.

    Parameters
    ----------
    scores : xarray.Dataset
        As for :func:`run_table`.

    Returns
    -------
    pandas.DataFrame
        Some rows of :func:`run_table`.
    """
    runs = run_table(scores)
    return runs[runs.main & (runs.split_method == MAIN_SPLIT_METHOD)]


def on_shared_folds(runs: pd.DataFrame, by: str = "kind") -> pd.DataFrame:
    """Return the runs on the folds that every kind of model among them was run on.

    Means of kinds over other folds do not compare them: folds differ by more than kinds do.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one dataset and one way to split, as of :func:`run_table`.
    by : str, optional
        The column that tells kinds, or encoders.

    Returns
    -------
    pandas.DataFrame
        Some of its rows.
    """
    number = runs.groupby("fold")[by].nunique()
    return runs[runs.fold.isin(number.index[number == runs[by].nunique()])]


def task_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return the test AUC of the main runs on random folds, mean over folds.

    Parameters
    ----------
    scores : xarray.Dataset
        ``auc`` (run, split, task), as :func:`triptych.toxicity.scoring.score_runs` returns it.

    Returns
    -------
    pandas.DataFrame of shape (task, kind)
        NaN where no fold can score the task.
    """
    return _by_task(scores.auc.sel(split="test"), main_runs(scores))


def recovery_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return how well the main runs on random folds find the atoms of each task's alert.

    Parameters
    ----------
    scores : xarray.Dataset
        ``recovery_task_ap`` and ``recovery_task_hit`` (run, task).

    Returns
    -------
    pandas.DataFrame
        Mean over folds. Tasks down; across, average precision and top-k hit rate of every kind that
        has weights of atoms. NaN where a task has no pair.
    """
    runs = main_runs(scores)
    rows = runs[runs.recovery_pairs > 0]
    measures = {"average precision": "recovery_task_ap", "top-k hit rate": "recovery_task_hit"}
    tables = {name: _by_task(scores[variable], rows) for name, variable in measures.items()}
    return pd.concat(tables, axis=1)


def sweep_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return the runs with masks of the first random fold, sorted by λ, which starts at 0.

    Parameters
    ----------
    scores : xarray.Dataset
        As for :func:`run_table`.

    Returns
    -------
    pandas.DataFrame
        Some rows of :func:`run_table`.
    """
    runs = run_table(scores)
    record = record_of(scores)
    masked = runs[runs.kind.isin(MASKED) & (runs.backbone == record.backbone)]
    masked = masked[masked["mask"] == record.mask]
    first = masked[(masked.split_method == MAIN_SPLIT_METHOD) & (masked.fold == 0)]
    return first.sort_values("penalty")


def group_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return one row a way to split, an encoder and a kind of model, averaged over folds.

    Parameters
    ----------
    scores : xarray.Dataset
        As :func:`triptych.toxicity.scoring.score_runs` returns it; what is over ``group``.

    Returns
    -------
    pandas.DataFrame
        Columns: dataset, split_method, backbone, kind, folds; of each of
        :data:`triptych.toxicity.comparing.MEASURES` the mean over folds, and its interval ``_low``
        … ``_high``, over molecules and folds; ``main`` as in :func:`run_table`.
    """
    table = _over(scores, "group").rename(columns=lambda name: name.removeprefix("group_"))
    of_main = (table.backbone == scores.attrs["backbone"]) | (table.kind == FOREST)
    return table.assign(main=of_main)


def comparison_table(scores: xr.Dataset) -> pd.DataFrame:
    """Return one row a comparison.

    Parameters
    ----------
    scores : xarray.Dataset
        As :func:`triptych.toxicity.scoring.score_runs` returns it.

    Returns
    -------
    pandas.DataFrame
        Columns: dataset, split_method, backbone, first, second, folds, and each of
        :data:`triptych.toxicity.comparing.COMPARED` with its interval; ``main``: whether the
        encoder is that of the comparison.
    """
    table = _over(scores, "comparison").rename(columns=lambda name: name.removeprefix("compared_"))
    return table.assign(main=table.backbone == scores.attrs["backbone"])


def status_table(molecules: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return how many source rows of each dataset have which status.

    Parameters
    ----------
    molecules : sequence of xarray.Dataset
        Of each dataset: ``label`` (molecule, task), the dimension ``row``, and the attributes
        ``dataset`` and ``counts``.

    Returns
    -------
    pandas.DataFrame
        A row a dataset: ``rows``, the number of each status, which sum to it, ``molecules``,
        ``tasks``, and the share of ``labels missing``.
    """
    counts = pd.DataFrame({m.attrs["dataset"]: dict(m.attrs["counts"]) for m in molecules}).T
    counts.insert(0, "rows", [m.sizes["row"] for m in molecules])
    counts["molecules"] = [m.sizes["molecule"] for m in molecules]
    counts["tasks"] = [m.sizes["task"] for m in molecules]
    counts["labels missing"] = [float(np.isnan(m.label.values).mean()) for m in molecules]
    return counts


def left_out(molecules: xr.Dataset) -> pd.DataFrame:
    """Return the source rows that were not kept.

    Parameters
    ----------
    molecules : xarray.Dataset
        ``status``, ``reason`` and ``source_smiles`` (row).

    Returns
    -------
    pandas.DataFrame
        Columns: row (the first is 1), status, reason, SMILES.
    """
    dropped = np.flatnonzero(molecules.status.values != "kept")
    return pd.DataFrame(
        {
            "row": dropped + 1,
            "status": molecules.status.values[dropped],
            "reason": molecules.reason.values[dropped],
            "SMILES": molecules.source_smiles.values[dropped],
        }
    )


def _over(scores: xr.Dataset, dimension: str) -> pd.DataFrame:
    """Return what is over one dimension alone, names first, as a table."""
    columns = {
        str(name): variable.values
        for name, variable in scores.variables.items()
        if variable.dims == (dimension,)
    }
    named = {name: values for name, values in columns.items() if name in scores.coords}
    table = pd.DataFrame({**named, **columns})
    table.insert(0, "dataset", scores.attrs["dataset"])
    return table


def _by_task(values: xr.DataArray, runs: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over runs of values (run, task), tasks down, kinds across."""
    table = pd.DataFrame(values.transpose("run", "task").values, columns=values.task.values)
    return table.loc[runs.index].groupby(runs.kind).mean().T
