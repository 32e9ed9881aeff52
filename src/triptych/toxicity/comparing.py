"""Means of kinds of model over folds, and differences between them, paired by molecule.

The mean of a measure is that over the tested folds; in a fold the mean over tasks comes first. A
fold in which no task can be scored is left out of all means, and does not count.
Kinds are compared over the folds that both have, where they are tested on the same molecules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.toxicity.bootstrap import Estimate, interval, mean_over_folds
from triptych.toxicity.names import ATTENTION, FOREST, MTL, SPARSE, STL
from triptych.toxicity.runs import Run, of_split

PAIRS = (
    (SPARSE, MTL),
    (SPARSE, ATTENTION),
    (SPARSE, STL),
    (MTL, STL),
    (SPARSE, FOREST),
    (ATTENTION, FOREST),
    (MTL, FOREST),
    (STL, FOREST),
)
"""First minus second, or first over second."""
MEASURES = ("auc", "mass90", "recovery_gain")
"""What is averaged over folds."""
COMPARED: dict[str, tuple[str, str, Callable[[Estimate, Estimate], Estimate]]] = {
    "difference": ("auc", "auc", Estimate.__sub__),
    "recovery_difference": ("recovery", "recovery", Estimate.__sub__),
    "integrated_difference": ("recovery", "integrated", Estimate.__sub__),
    "mass90_ratio": ("mass90", "mass90", Estimate.over),
}
"""What is compared: a measure of the first with one of the second, and how."""
Estimates = Mapping[str, Estimate]
Indices = dict[int, int]
"""By fold the index of its run."""


def compare(
    runs: Sequence[Run],
    estimates: Sequence[Estimates],
    stands: Sequence[bool] | NDArray[np.bool_],
    resamples: int,
    seed: int,
) -> xr.Dataset:
    """Average the kinds of model over folds, and compare them, by way to split and encoder.

    Parameters
    ----------
    runs : sequence of Run, shape (run,)
        All runs of a dataset.
    estimates : sequence of mapping of str to Estimate, shape (run,)
        Of each run its :data:`MEASURES` and what is :data:`COMPARED`.
    stands : sequence of bool or bool ndarray of shape (run,)
        Which runs stand for their kind.
    resamples, seed : int
        Of all intervals; see :func:`triptych.toxicity.bootstrap.mean_over_folds`.

    Returns
    -------
    xarray.Dataset
        Over ``group``: ``group_`` and each measure; coordinates ``group_split_method``,
        ``group_backbone``, ``group_kind``, and ``group_folds``, their number. Over ``comparison``:
        each of :data:`COMPARED`; coordinates ``compared_split_method``, ``compared_backbone``,
        ``first``, ``second``, ``compared_folds``. All have ends ``_low`` and ``_high``, and
        ``_samples`` over ``resample``.

    Raises
    ------
    ValueError
        If two runs that are compared were tested on different molecules, or two stand for one kind
        of model on one fold.
    """
    groups, rows = [], []
    counted = [
        stand and bool(np.isfinite(of["auc"].value))
        for stand, of in zip(stands, estimates, strict=True)
    ]
    kinds = _indices(runs, counted)
    for (split_method, backbone), indices in kinds.items():
        words = [seed, *runs[0].dataset.encode(), *split_method.encode()]

        def mean(of: Sequence[Estimate], words: Sequence[int] = words) -> Estimate:
            return mean_over_folds(of, words, resamples)

        for kind, at in indices.items():
            means = {f"group_{m}": mean([estimates[n][m] for n in at.values()]) for m in MEASURES}
            groups.append(((split_method, backbone, kind, len(at)), means))
        every = {**kinds.get((split_method, ""), {}), **indices}
        for first, second in PAIRS if backbone else ():
            shared = sorted(every.get(first, {}).keys() & every.get(second, {}).keys())
            if not shared:
                continue
            pairs = [(every[first][fold], every[second][fold]) for fold in shared]
            _check_molecules(runs, pairs)
            compared = {
                name: mean([how(estimates[a][one], estimates[b][two]) for a, b in pairs])
                for name, (one, two, how) in COMPARED.items()
            }
            rows.append(((split_method, backbone, first, second, len(shared)), compared))
    names = [f"group_{name}" for name in ("split_method", "backbone", "kind", "folds")]
    measured = [f"group_{name}" for name in MEASURES]
    of_groups = _table("group", names, measured, groups)
    names = ["compared_split_method", "compared_backbone", "first", "second", "compared_folds"]
    return of_groups.merge(_table("comparison", names, list(COMPARED), rows))


def _indices(
    runs: Sequence[Run], counted: Sequence[bool]
) -> dict[tuple[str, str], dict[str, Indices]]:
    """Return by way to split and encoder, and by kind, the index of the run of each fold."""
    kinds: dict[tuple[str, str], dict[str, Indices]] = {}
    for number, run in enumerate(runs):
        if counted[number]:
            of = kinds.setdefault((run.split_method, run.backbone), {}).setdefault(run.kind, {})
            if run.fold in of:
                raise ValueError(f"{runs[of[run.fold]]} and {run} stand for one kind on one fold")
            of[run.fold] = number
    return kinds


def _check_molecules(runs: Sequence[Run], pairs: Sequence[tuple[int, int]]) -> None:
    for one, two in pairs:
        first, second = (of_split(runs[n].predictions, "test").molecule for n in (one, two))
        if not np.array_equal(first, second):
            raise ValueError(f"{runs[one]} and {runs[two]} were tested on different molecules")


def _table(
    dimension: str,
    names: Sequence[str],
    measured: Sequence[str],
    rows: Sequence[tuple[tuple, Estimates]],
) -> xr.Dataset:
    """Return what names the rows as coordinates, and their estimates with intervals."""
    columns = list(zip(*(named for named, _ in rows), strict=True)) or [()] * len(names)
    table = xr.Dataset(
        coords={n: (dimension, np.array(c)) for n, c in zip(names, columns, strict=True)}
    )
    for name in measured if rows else ():
        estimates = [row[name] for _, row in rows]
        ends = np.array([interval(estimate.samples) for estimate in estimates])
        table[name] = (dimension, np.array([estimate.value for estimate in estimates]))
        table[f"{name}_low"], table[f"{name}_high"] = ((dimension, end) for end in ends.T)
        samples = np.stack([estimate.samples for estimate in estimates])
        table[f"{name}_samples"] = ((dimension, "resample"), samples)
    return table
