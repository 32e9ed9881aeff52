"""Tables of paper 3's scores for the docs: means over folds, masks, values of λ, forms of masks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from triptych.claims.render import table
from triptych.runtime.store import read_store
from triptych.toxicity.names import ATTENTION, MTL, SPARSE
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
MEASURES = {
    "AUC": ("val_auc", "auc"),
    "mass-90": ("val_mass90", "mass90"),
    "average precision": ("val_recovery_ap", "recovery_ap"),
}
"""By name of a measure its columns, of validation and of test."""


def scores_block(scale: Path) -> str:
    """Return mean test ROC-AUC by dataset and kind of folds down, and kind of model across."""
    groups = pd.concat(map(group_table, _stores(scale, "scores.zarr").values()))
    groups = groups[groups.main]
    kinds = in_order(groups.kind, KINDS)
    said: dict[str, dict[str, str]] = {}
    for at in groups.itertuples():
        of = said.setdefault(f"{title(str(at.dataset))}, {at.split_method}", {})
        of[str(at.kind)] = f"{_interval(at, 'auc', 3)} ({at.folds})"
    rows = ([name, *(of.get(kind, "–") for kind in kinds)] for name, of in said.items())
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
    runs = {name: sweep_table(store) for name, store in _stores(scale, "scores.zarr").items()}
    by_penalty = {
        name: dict(zip(of.penalty.tolist(), of.itertuples(), strict=True))
        for name, of in runs.items()
    }
    penalties = sorted(set().union(*by_penalty.values()))
    return _grid(by_penalty, {penalty: f"λ = {penalty:g}" for penalty in penalties})


def forms_block(scale: Path) -> str:
    """Return AUC and mass-90 on validation and on test, of each form of masks, on the first fold.

    Of sparse masks; average precision is of the atoms of alerts.
    """
    runs = {name: run_table(store) for name, store in _stores(scale, "forms.zarr").items()}
    by_form = {
        name: {run.mask: run for run in of[of.kind == SPARSE].itertuples()}
        for name, of in runs.items()
    }
    return _grid(by_form, FORMS)


def _stores(scale: Path, name: str) -> dict[str, xr.Dataset]:
    """Return the stores of this name by dataset."""
    stores = {path.parent.name: read_store(path) for path in scale.glob(f"toxicity/*/{name}")}
    return {dataset: stores[dataset] for dataset in in_order(stores, DATASETS)}


def _rankings(stores: Mapping[str, xr.Dataset]) -> str:
    """Return the average precision for atoms of alerts, mean over folds, of each ranking."""
    rows = []
    for name, store in stores.items():
        runs = main_runs(store)
        for ranking, (kind, column) in ATOM_RANKINGS.items():
            folds = runs[(runs.recovery_pairs > 0) & (runs.kind == kind)][column]
            if len(folds):
                each = ", ".join(f"{value:.3f}" for value in folds)
                rows.append([f"{title(name)}: {ranking}", f"{folds.mean():.3f}", each])
    return table(["average precision for atoms of alerts", "mean", "folds"], rows)


def _grid(tables: Mapping[str, Mapping[Any, Any]], headings: Mapping[Any, str]) -> str:
    """Return a row a dataset and measure, and across its runs, by what the headings are of."""
    rows = []
    for name, runs in tables.items():
        for measure, (val, test) in MEASURES.items():
            values = {of: (getattr(run, val), getattr(run, test)) for of, run in runs.items()}
            if np.isfinite(list(values.values())).any():
                cells = (
                    "{:.3f}, {:.3f}".format(*values[of]) if of in values else "–" for of in headings
                )
                rows.append([f"{title(name)}: {measure}", *cells])
    return table(["validation, test", *headings.values()], rows)


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
