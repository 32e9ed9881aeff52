"""Differences between kinds of model on the same molecules, with paired bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.toxicity.bootstrap import cluster_mean_interval, interval
from triptych.toxicity.metrics import mean_over_tasks, roc_auc
from triptych.toxicity.names import ATTENTION, FOREST, MTL, SPARSE, STL
from triptych.toxicity.recovery import Recovery
from triptych.toxicity.runs import Run, of_chosen_penalty

PAIRS = (
    (SPARSE, MTL),
    (SPARSE, ATTENTION),
    (SPARSE, STL),
    (MTL, STL),
    (SPARSE, FOREST),
)
"""First minus second."""


def compare(
    runs: Sequence[Run],
    samples: Sequence[NDArray],
    recoveries: Sequence[Recovery | None],
    penalty: float,
    resamples: int,
    seed: int,
    confidence: float,
) -> xr.Dataset:
    """Compare the kinds of model for every way to split and every backbone.

    The difference of the mean-over-task AUC is averaged over the seeds that both kinds have; each
    seed has its own test set, resampled on its own. The interval speaks of the choice of test
    molecules, not of other trainings.

    Parameters
    ----------
    runs
        All runs of a dataset, (run,).
    samples
        Bootstrap means of AUC of each run, (run,) of (resample,).
    recoveries
        What the masks of each run recover; None without masks or alerts, (run,).
    penalty
        λ of the sparse runs that are compared.
    resamples, seed
        Of the bootstrap of the recovery.
    confidence
        Of all intervals.

    Returns
    -------
    xarray.Dataset
        Over ``comparison``: ``difference`` of AUC, ``difference_low`` and ``_high``, ``seeds``, and
        ``recovery_difference`` with its interval; coordinates ``compared_split_method``,
        ``compared_backbone``, ``first``, ``second``.

    Raises
    ------
    ValueError
        If two runs that are compared were tested on different molecules.
    """
    rows = []
    for split_method in sorted({run.split_method for run in runs}):
        for backbone in sorted({run.backbone for run in runs if run.kind != FOREST}):
            chosen = _by_kind(runs, split_method, backbone, penalty)
            for first, second in PAIRS:
                shared = sorted(chosen.get(first, {}).keys() & chosen.get(second, {}).keys())
                if shared:
                    pairs = [(chosen[first][s], chosen[second][s]) for s in shared]
                    row = _row(pairs, runs, samples, confidence)
                    row |= _recovery_row(pairs, recoveries, resamples, seed, confidence)
                    row |= {"compared_split_method": split_method, "compared_backbone": backbone}
                    rows.append({**row, "first": first, "second": second, "seeds": len(shared)})
    names = ["difference", "difference_low", "difference_high"]
    names += [f"recovery_{name}" for name in names] + ["seeds"]
    values = {name: ("comparison", np.array([r[name] for r in rows], float)) for name in names}
    texts = ("compared_split_method", "compared_backbone", "first", "second")
    coords = {name: ("comparison", np.array([r[name] for r in rows], str)) for name in texts}
    return xr.Dataset(values, coords)


def _by_kind(
    runs: Sequence[Run], split_method: str, backbone: str, penalty: float
) -> dict[str, dict[int, int]]:
    """Return the place of the run of each kind and seed."""
    place: dict[str, dict[int, int]] = {}
    for number, run in enumerate(runs):
        chosen = of_chosen_penalty(run.kind, run.penalty, penalty)
        if run.split_method == split_method and run.backbone in (backbone, "") and chosen:
            place.setdefault(run.kind, {})[run.seed] = number
    return place


def _row(
    pairs: Sequence[tuple[int, int]],
    runs: Sequence[Run],
    samples: Sequence[NDArray],
    confidence: float,
) -> dict[str, float | str]:
    differences, resampled = [], []
    for one, two in pairs:
        a, b = runs[one].split("test"), runs[two].split("test")
        if not np.array_equal(a.molecule, b.molecule):
            raise ValueError(f"{runs[one]} and {runs[two]} were tested on different molecules")
        means = [mean_over_tasks(roc_auc(t.label.values, t.logit.values)) for t in (a, b)]
        differences.append(means[0] - means[1])
        resampled.append(samples[one] - samples[two])
    low, high = interval(np.mean(resampled, axis=0), confidence)
    return {
        "difference": float(np.mean(differences)),
        "difference_low": low,
        "difference_high": high,
    }


def _recovery_row(
    pairs: Sequence[tuple[int, int]],
    recoveries: Sequence[Recovery | None],
    resamples: int,
    seed: int,
    confidence: float,
) -> dict[str, float | str]:
    """Compare the average precision of two runs' masks, pair by pair of molecule and task."""
    gaps, clusters = [], []
    for number, (one, two) in enumerate(pairs):
        a, b = recoveries[one], recoveries[two]
        if a is not None and b is not None and len(a.molecule):
            gaps.append(a.average_precision - b.average_precision)
            clusters.append(a.molecule.astype(np.int64) * len(pairs) + number)
    names = ("recovery_difference", "recovery_difference_low", "recovery_difference_high")
    if not gaps:
        return dict.fromkeys(names, float("nan"))
    values, cluster = np.concatenate(gaps), np.concatenate(clusters)
    low, high = cluster_mean_interval(values, cluster, resamples, seed, confidence)
    return dict(zip(names, (float(values.mean()), low, high), strict=True))
