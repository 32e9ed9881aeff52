"""Which penalty on the masks is taken: by validation molecules alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import xarray as xr

from triptych.toxicity.metrics import mean_over_tasks, roc_auc
from triptych.toxicity.runs import of_split
from triptych.toxicity.sparsity import mass_share


def choose_penalty(runs: Sequence[xr.Dataset], tolerance: float) -> xr.Dataset:
    """Return the largest penalty that costs no more validation AUC than the tolerance.

    Parameters
    ----------
    runs
        Predictions of models with masks that differ in ``penalty`` only: ``logit`` and ``label``
        (molecule, task), ``mask`` (molecule, task, atom), ``split`` (molecule). They are compared
        with each other alone. The workflow's grid has no 0, so attention without penalty is no
        candidate.
    tolerance
        How far below the best mean ROC-AUC of the grid a penalty may lie, 0 or more.

    Returns
    -------
    xarray.Dataset
        ``val_auc`` (penalty), mean over the scorable tasks; ``mass90`` (penalty), mean share of the
        atoms that carries 90 % of a mask's mass; attribute ``penalty``, the one chosen.

    Raises
    ------
    ValueError
        If the tolerance is negative or not finite, there is no run, two have one penalty, they are
        of different data or splits, or no task is scorable on validation.
    """
    if not math.isfinite(tolerance) or tolerance < 0:
        raise ValueError(f"tolerance is {tolerance}; it has to be 0 or more")
    ordered = sorted(runs, key=lambda run: float(run.attrs["penalty"]))
    _check(ordered)
    penalties = [float(run.attrs["penalty"]) for run in ordered]
    validation = [of_split(run, "val") for run in ordered]
    auc = np.array(
        [mean_over_tasks(roc_auc(run.label.values, run.logit.values)) for run in validation]
    )
    if not np.isfinite(auc).all():
        raise ValueError("no task is scorable on validation: there is nothing to choose by")
    mass = [float(np.nanmean(mass_share(run["mask"].values))) for run in validation]
    within = auc >= auc.max() - tolerance
    chosen = penalties[int(np.flatnonzero(within).max())]
    return xr.Dataset(
        {
            "val_auc": ("penalty", auc, {"long_name": "mean ROC-AUC on validation"}),
            "mass90": ("penalty", mass, {"long_name": "share of atoms with 90 % of the mass"}),
        },
        {"penalty": penalties},
        {
            "penalty": chosen,
            "tolerance": tolerance,
            "rule": "largest penalty whose validation AUC is within the tolerance of the best",
            "dataset": ordered[0].attrs["dataset"],
        },
    )


def _check(runs: Sequence[xr.Dataset]) -> None:
    if not runs:
        raise ValueError("no runs to choose the penalty from")
    for name in ("dataset", "split_method", "split_seed", "backbone", "run_seed"):
        values = {run.attrs[name] for run in runs}
        if len(values) > 1:
            raise ValueError(f"runs differ in {name}: {sorted(values)}")
    for a, b in pairwise(runs):
        if a.attrs["penalty"] == b.attrs["penalty"]:
            raise ValueError(f"two runs have penalty {a.attrs['penalty']}")
