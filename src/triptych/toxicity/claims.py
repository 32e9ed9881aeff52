"""The quantities behind the claims of paper 3, from stored scores and masks.

Means and differences are those over tested folds (:mod:`triptych.toxicity.comparing`), with draws
over molecules and folds (:mod:`triptych.toxicity.stored`). The least or greatest of several has the
least or greatest of their ends: it holds only if all do, and fails as soon as one does. One or two
folds say little of how far trainings differ: see :func:`triptych.toxicity.stored.with_spread`. A
quantity raises :class:`Unavailable` where a set, an encoder or a kind of model that it needs is
missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from triptych.claims.measured import Measured, Quantity, Unavailable, extreme
from triptych.toxicity.agreement import agreements
from triptych.toxicity.names import ATTENTION, MTL, SPARSE
from triptych.toxicity.stored import StoredRow, stored_rows

BENCHMARKS = ("clintox", "sider", "tox21")
"""The sets that the paper's abstract names."""
SEED = 0
"""Of the resampling of molecules that two trainings both tested."""


@dataclass(frozen=True)
class Results:
    """What the claims are measured on.

    Attributes
    ----------
    scores : sequence of xarray.Dataset
        Of each dataset.
    replicates : sequence of xarray.Dataset
        Predictions of sparse runs, two by two: of one dataset, fold and λ, from two seeds.
    """

    scores: Sequence[xr.Dataset]
    replicates: Sequence[xr.Dataset]


def least_auc_difference(results: Results, first: str, second: str) -> Measured:
    """Return the least difference of the mean test ROC-AUC over the benchmark sets.

    Parameters
    ----------
    results : Results
        Scores of the datasets.
    first, second : str
        Kinds of models; first minus second, over the random folds that both have.

    Returns
    -------
    Measured
        A difference of areas, between −1 and 1.
    """
    rows = _benchmarks(_compared(results, "difference", first, second), f"{first} and {second}")
    return _extreme([[row] for row in rows], "least")


def mean_auc_difference(results: Results, first: str, second: str) -> Measured:
    """Return the mean difference of the mean test ROC-AUC over the benchmark sets.

    Parameters and return value are those of :func:`least_auc_difference`.
    """
    rows = _benchmarks(_compared(results, "difference", first, second), f"{first} and {second}")
    return _mean(rows)


def mass90(results: Results) -> Measured:
    """Return the share of atoms that carries 90 % of the sparse masks, on the worst benchmark set.

    Between 0 and 1.
    """
    rows = _benchmarks(_grouped(results, "mass90"), "sparse models")
    return _extreme([[row] for row in rows], "greatest")


def mass90_ratio(results: Results) -> Measured:
    """Return mass-90 over that of masks without a penalty, on the worst benchmark set."""
    rows = _compared(results, "mass90_ratio", SPARSE, ATTENTION)
    rows = _benchmarks(rows, f"{SPARSE} and {ATTENTION}")
    return _extreme([[row] for row in rows], "greatest")


def agreement_of_tasks(results: Results, dataset: str) -> Measured:
    """Return how much more two tasks' masks agree than one task's masks from two seeds do.

    Parameters
    ----------
    results : Results
        Replicate runs, and the scores of their dataset, which say how often to resample.
    dataset : str
        Whose.

    Returns
    -------
    Measured
        A difference of agreements beyond chance (:func:`triptych.toxicity.agreement.agreements`),
        on the test molecules of one fold that are positive for both tasks; they and the tasks are
        resampled.

    Raises
    ------
    Unavailable
        Also if no molecule is positive for two tasks, or masks are flat.
    """
    replicates = [run for run in results.replicates if run.attrs["dataset"] == dataset]
    if not replicates:
        raise Unavailable(f"no sparse model from two seeds on {dataset}")
    resamples = next(s.attrs["resamples"] for s in results.scores if s.attrs["dataset"] == dataset)
    agreement = agreements(replicates, resamples, SEED)
    if agreement is None:
        raise Unavailable(f"no test molecule of {dataset} is positive for two tasks")
    if math.isnan(agreement.difference.value):
        raise Unavailable("the masks are flat: chance alone makes them agree in full")
    basis = (
        f"tasks {agreement.tasks.value:.3f} (of two seeds {agreement.across.value:.3f}), seeds "
        f"{agreement.trainings.value:.3f}; {agreement.pairs} pairs of tasks in "
        f"{agreement.molecules} test molecules of one pair of trainings, molecules and tasks "
        "resampled"
    )
    return Measured.resampled(agreement.difference.value, agreement.difference.samples, basis)


def backbone_auc(results: Results) -> Measured:
    """Return the mean test ROC-AUC of the sparse model with the least favourable encoder.

    Of each encoder it is the mean over the sets on which several were compared, there over the
    folds that it has.
    """
    return _extreme(_by_backbone(_grouped(results, "auc")), "least")


def backbone_mass90(results: Results) -> Measured:
    """Return mass-90 of the sparse masks with the least favourable encoder, as its AUC is taken."""
    return _extreme(_by_backbone(_grouped(results, "mass90")), "greatest")


def backbone_auc_difference(results: Results, first: str, second: str) -> Measured:
    """Return the difference of the mean test ROC-AUC, mean over the encoders and their sets.

    Parameters and return value are those of :func:`least_auc_difference`.
    """
    by_backbone = _by_backbone(_compared(results, "difference", first, second))
    return _mean([row for rows in by_backbone for row in rows])


def alert_recovery(results: Results) -> Measured:
    """Return the average precision of the sparse masks for the atoms of known alerts over chance.

    Chance is the mean average precision of shuffled atoms.
    """
    return _mean(_of_alerts(_grouped(results, "recovery_gain")))


def alert_control(results: Results, ranking: str) -> Measured:
    """Return what a ranking of atoms that is not of the task reaches, as alert_recovery.

    Parameters
    ----------
    results : Results
        Scores of the datasets.
    ranking : str
        One of :data:`triptych.toxicity.scoring.CONTROLS`.

    Returns
    -------
    Measured
        A ratio, 1 for shuffled atoms.
    """
    return _mean(_of_alerts(_grouped(results, f"{ranking}_gain")))


def integrated_difference(results: Results, first: str, second: str) -> Measured:
    """Return recovery_difference with the second's atoms ranked by integrated gradients.

    Parameters and return value are those of :func:`recovery_difference`.
    """
    return _mean(_of_alerts(_compared(results, "integrated_difference", first, second)))


def recovery_difference(results: Results, first: str, second: str) -> Measured:
    """Return the difference of the average precision for alert atoms of two kinds of models.

    Plain models rank atoms by the absolute value of gradient × input.

    Parameters
    ----------
    results : Results
        Scores of the datasets.
    first, second : str
        Kinds of models; first minus second.

    Returns
    -------
    Measured
        Between −1 and 1.
    """
    return _mean(_of_alerts(_compared(results, "recovery_difference", first, second)))


QUANTITIES: dict[str, Quantity] = {
    f.__name__: f
    for f in (
        least_auc_difference,
        mean_auc_difference,
        mass90,
        mass90_ratio,
        agreement_of_tasks,
        backbone_auc,
        backbone_mass90,
        backbone_auc_difference,
        alert_recovery,
        alert_control,
        integrated_difference,
        recovery_difference,
    )
}


def _compared(results: Results, name: str, first: str, second: str) -> list[StoredRow]:
    """Return a comparison of two kinds of models on each dataset with each encoder."""
    kinds, lenders = {"first": first, "second": second}, {"first": first, "second": MTL}
    return stored_rows(results.scores, "comparison", name, kinds, lenders)


def _grouped(results: Results, name: str) -> list[StoredRow]:
    """Return a mean over folds of the sparse models on each dataset with each encoder."""
    kinds = {"group_kind": SPARSE}
    return stored_rows(results.scores, "group", f"group_{name}", kinds, kinds)


def _benchmarks(rows: Sequence[StoredRow], models: str) -> list[StoredRow]:
    """Return the rows of the benchmark sets with the main encoder; none may be missing."""
    main = [row for row in rows if row.main and row.dataset in BENCHMARKS]
    missing = [name for name in BENCHMARKS if name not in {row.dataset for row in main}]
    if missing:
        raise Unavailable(f"{models} were not run on {', '.join(missing)}")
    return main


def _of_alerts(rows: Sequence[StoredRow]) -> list[StoredRow]:
    """Return the rows with the main encoder; only datasets with known alerts have any."""
    main = [row for row in rows if row.main]
    if not main:
        raise Unavailable("these models were not run on a dataset with known alerts")
    return main


def _by_backbone(rows: Sequence[StoredRow]) -> list[list[StoredRow]]:
    """Return the rows of each encoder, on the sets on which several were compared."""
    datasets = {row.dataset for row in rows if not row.main}
    if not datasets:
        raise Unavailable("several encoders were not run on any dataset")
    by_backbone: dict[str, list[StoredRow]] = {}
    for row in rows:
        if row.dataset in datasets:
            by_backbone.setdefault(row.backbone, []).append(row)
    lacking = [name for name, own in by_backbone.items() if len(own) < len(datasets)]
    if lacking:
        names = ", ".join(sorted(datasets))
        raise Unavailable(f"{', '.join(lacking)} was not run on all of {names}")
    return list(by_backbone.values())


def _mean(rows: Sequence[StoredRow]) -> Measured:
    value = float(np.mean([row.estimate.value for row in rows]))
    samples = np.mean([row.estimate.samples for row in rows], axis=0)
    return Measured.resampled(value, samples, _basis(rows))


def _extreme(groups: Sequence[Sequence[StoredRow]], which: str) -> Measured:
    """Return the least or greatest of the means of groups of rows, each end by itself."""
    rows = [row for group in groups for row in group]
    by_backbone = len({row.backbone for row in rows}) > 1
    names = [group[0].backbone if by_backbone else group[0].dataset for group in groups]
    basis = _basis(rows)
    means = [replace(_mean(group), basis=basis) for group in groups]
    return extreme(names, means, which)


def _basis(rows: Sequence[StoredRow]) -> str:
    folds: dict[str, set[int]] = {row.dataset: set() for row in rows}
    for row in rows:
        folds[row.dataset].add(row.folds)
    counts = ", ".join(
        f"{dataset} {'–'.join(map(str, sorted(numbers)))}" for dataset, numbers in folds.items()
    )
    spread = any(row.folds > 1 and not row.lent for row in rows)
    over_folds = ", Student's t over folds" if spread else ""
    of_others = ", for fewer than three over others' folds" if any(row.lent for row in rows) else ""
    return f"molecules resampled{over_folds}{of_others}; folds: {counts}"
