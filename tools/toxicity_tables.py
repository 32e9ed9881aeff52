"""Tables of paper 3's scores for the docs: means over folds, masks, values of λ, forms of masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from triptych.claims.render import table
from triptych.toxicity.names import ATTENTION, MASKED, MTL, SPARSE
from triptych.toxicity.plotting import DATASETS, FORMS, KINDS, in_order, title
from triptych.toxicity.summaries import (
    comparison_table,
    group_table,
    main_runs,
    run_table,
    sweep_table,
)

ATOM_RANKINGS = {
    "sparse mask": (SPARSE, "recovery_ap"),
    "mask at λ = 0": (ATTENTION, "recovery_ap"),
    "evidence w·H of the sparse model": (SPARSE, "evidence_ap"),
    "gradient × input, multi-task": (MTL, "recovery_ap"),
    "integrated gradients, multi-task": (MTL, "integrated_ap"),
    "any order": (SPARSE, "recovery_random"),
}
"""By name of a ranking of atoms: of which kind of model, and its column."""


def scores_block(scale: Path) -> str:
    """Return mean test ROC-AUC by dataset and kind of folds down, and kind of model across."""
    groups = pd.concat(map(group_table, _stores(scale, "scores.zarr").values()))
    groups = groups[groups.main]
    kinds = in_order(groups.kind, KINDS)
    rows = []
    for (name, split_method), of in groups.groupby(["dataset", "split_method"], sort=False):
        said = {at.kind: f"{_interval(at, 'auc', 3)} ({at.folds})" for at in of.itertuples()}
        cells = (said.get(kind, "–") for kind in kinds)
        rows.append([f"{title(name)}, {split_method}", *cells])
    return table(["dataset, folds", *(KINDS[kind].title for kind in kinds)], rows)


def masks_block(scale: Path) -> str:
    """Return how sparse masks are with and without penalty, and rankings of alerts' atoms."""
    stores = _stores(scale, "scores.zarr")
    rows = []
    for name, scores in stores.items():
        groups = group_table(scores)
        groups = groups[groups.main].set_index(["split_method", "kind"])
        compared = comparison_table(scores)
        compared = compared[compared.main & (compared["first"] == SPARSE)]
        for at in compared[compared.second == ATTENTION].itertuples():
            masks = (groups.loc[(at.split_method, kind)] for kind in (SPARSE, ATTENTION))
            rows.append(
                [
                    f"{title(name)}, {at.split_method}",
                    *(_interval(of, "mass90", 2) for of in masks),
                    _interval(at, "mass90_ratio", 2),
                ]
            )
    sparsity = table(["mass-90 of masks", "sparse", "λ = 0", "ratio"], rows)
    return f"{sparsity}\n{_rankings(stores)}"


def penalties_block(scale: Path) -> str:
    """Return AUC and mass-90 on validation and on test, at each λ, on the first fold."""
    tables = {name: sweep_table(store) for name, store in _stores(scale, "scores.zarr").items()}
    penalties = sorted(set().union(*(of.penalty for of in tables.values())))
    return _grid(tables, "penalty", penalties, lambda penalty: f"λ = {penalty:g}")


def forms_block(scale: Path) -> str:
    """Return AUC and mass-90 on validation and on test, of each form of masks, on the first fold.

    Of sparse masks; average precision is of the atoms of alerts.
    """
    tables = {name: run_table(store) for name, store in _stores(scale, "forms.zarr").items()}
    tables = {name: of[of.kind == SPARSE] for name, of in tables.items()}
    return _grid(tables, "mask", list(FORMS), FORMS.__getitem__)


def _stores(scale: Path, name: str) -> dict[str, xr.Dataset]:
    """Return the stores of this name by dataset."""
    found = {
        path.parent.name: xr.open_zarr(path).load() for path in scale.glob(f"toxicity/*/{name}")
    }
    return {dataset: found[dataset] for dataset in in_order(found, DATASETS)}


def _rankings(stores: Mapping[str, xr.Dataset]) -> str:
    """Return the average precision for atoms of alerts, mean over folds, of each ranking."""
    rows = []
    for name, store in stores.items():
        runs = main_runs(store)
        runs = runs[runs.recovery_pairs > 0].groupby("kind")
        for ranking, (kind, column) in ATOM_RANKINGS.items() if len(runs) else ():
            folds = runs.get_group(kind)[column]
            each = ", ".join(f"{value:.3f}" for value in folds)
            rows.append([f"{title(name)}: {ranking}", f"{folds.mean():.3f}", each])
    return table(["average precision for atoms of alerts", "mean", "folds"], rows)


def _grid(
    tables: Mapping[str, pd.DataFrame],
    column: str,
    values: list[str] | list[float],
    named: Callable[..., str],
) -> str:
    """Return a row a dataset and measure, and across the runs by their value in a column."""
    rows = []
    for name, runs in tables.items():
        by_value = runs[runs.kind.isin(MASKED)].set_index(column)
        for measure, columns in _measures(runs):
            cells = (
                ", ".join(f"{by_value.loc[value, part]:.3f}" for part in columns)
                if value in by_value.index
                else "–"
                for value in values
            )
            rows.append([f"{title(name)}: {measure}", *cells])
    return table(["validation, test", *map(named, values)], rows)


def _measures(runs: pd.DataFrame) -> Iterator[tuple[str, tuple[str, str]]]:
    yield "AUC", ("val_auc", "auc")
    yield "mass-90", ("val_mass90", "mass90")
    if np.isfinite(runs.recovery_ap).any():
        yield "average precision", ("val_recovery_ap", "recovery_ap")


def _interval(row: Any, name: str, digits: int) -> str:
    """Return a mean over folds with its interval; of two folds Student's t says nothing."""
    value, low, high = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return f"{value:.{digits}f}" + (
        f" [{low:.{digits}f}, {high:.{digits}f}]" if row.folds != 2 else ""
    )


TOXICITY_TABLES = {
    "scores": scores_block,
    "masks": masks_block,
    "penalties": penalties_block,
    "forms": forms_block,
}
"""By the name of their marks."""
