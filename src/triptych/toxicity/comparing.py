"""Means of kinds of model over folds, and differences between them, paired by molecule.

The mean of a measure is that over the tested folds; in a fold the mean over tasks comes first. A
fold in which no task can be scored is left out of all means, and does not count.
Kinds are compared over the folds that both have, where they are tested on the same molecules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.toxicity.bootstrap import Estimate, FoldMean, interval, mean_over_folds
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
MEASURES = ("auc", "mass90", "recovery_gain", "rarity_gain", "other_task_gain")
"""What is averaged over folds."""
Estimates = Mapping[str, Estimate]
"""Of one run or one mean, by the name of the measure."""
Folds = dict[int, int]
"""By fold the index of its run."""


class Contrast(NamedTuple):
    """A measure of the first kind with one of the second."""

    first: str
    second: str
    combine: Callable[[Estimate, Estimate], Estimate]

    def of(self, first: Estimates, second: Estimates) -> Estimate:
        """Return the contrast of two runs' estimates."""
        return self.combine(first[self.first], second[self.second])


COMPARED = {
    "difference": Contrast("auc", "auc", Estimate.__sub__),
    "recovery_difference": Contrast("recovery", "recovery", Estimate.__sub__),
    "integrated_difference": Contrast("recovery", "integrated", Estimate.__sub__),
    "mass90_ratio": Contrast("mass90", "mass90", Estimate.over),
}
"""What is compared, by name."""


def compare(
    runs: Sequence[Run],
    estimates: Sequence[Estimates],
    stands: Sequence[bool] | NDArray[np.bool_],
    resamples: int,
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
    resamples : int
        Number of samples of an estimate.

    Returns
    -------
    xarray.Dataset
        Over ``group``: ``group_`` and each measure; coordinates ``group_split_method``,
        ``group_backbone``, ``group_kind``, and ``group_folds``, their number. Over ``comparison``:
        each of :data:`COMPARED`; coordinates ``compared_split_method``, ``compared_backbone``,
        ``first``, ``second``, ``compared_folds``. All have ends ``_low`` and ``_high``, over
        molecules and folds; ``_samples`` over ``resample``, of molecules alone; ``_error``, the
        standard error over folds; and ``_folds``, in how many there is a value.

    Raises
    ------
    ValueError
        If two runs that are compared were tested on different molecules, or two stand for one kind
        of model on one fold.
    """
    scored = [
        stand and bool(np.isfinite(measures["auc"].value))
        for stand, measures in zip(stands, estimates, strict=True)
    ]
    indices = _indices(runs, scored)
    groups, comparisons = [], []
    for (split_method, backbone), kinds in indices.items():
        for kind, folds in kinds.items():
            means = {
                f"group_{name}": mean_over_folds(
                    [estimates[i][name] for i in folds.values()], resamples
                )
                for name in MEASURES
            }
            groups.append(((split_method, backbone, kind, len(folds)), means))
        if not backbone:  # forests alone: they are compared with the models of each encoder
            continue
        for first, second, pairs in _paired({**indices.get((split_method, ""), {}), **kinds}):
            _check_molecules(runs, pairs)
            contrasts = {
                name: mean_over_folds(
                    [contrast.of(estimates[a], estimates[b]) for a, b in pairs], resamples
                )
                for name, contrast in COMPARED.items()
            }
            comparisons.append(((split_method, backbone, first, second, len(pairs)), contrasts))
    names = [f"group_{name}" for name in ("split_method", "backbone", "kind", "folds")]
    measured = [f"group_{name}" for name in MEASURES]
    dataset = runs[0].dataset
    of_groups = _table(dataset, "group", names, measured, groups, resamples)
    names = ["compared_split_method", "compared_backbone", "first", "second", "compared_folds"]
    compared = _table(dataset, "comparison", names, list(COMPARED), comparisons, resamples)
    return of_groups.merge(compared)


def fold_seed(*names: str) -> list[int]:
    """Return the seed of the draws over a row's folds: those of two rows are independent.

    The names are those of the dataset, the split method, the encoder and the kinds of model.
    """
    return list(" ".join(names).encode())


def _indices(
    runs: Sequence[Run], scored: Sequence[bool]
) -> dict[tuple[str, str], dict[str, Folds]]:
    """Return by way to split and encoder, and by kind, the index of the run of each fold."""
    indices: dict[tuple[str, str], dict[str, Folds]] = {}
    for number, run in enumerate(runs):
        if not scored[number]:
            continue
        kinds = indices.setdefault((run.split_method, run.backbone), {})
        folds = kinds.setdefault(run.kind, {})
        if run.fold in folds:
            raise ValueError(f"{runs[folds[run.fold]]} and {run} stand for one kind on one fold")
        folds[run.fold] = number
    return indices


def _paired(kinds: Mapping[str, Folds]) -> Iterator[tuple[str, str, list[tuple[int, int]]]]:
    """Yield the :data:`PAIRS` that share folds, and of each of these the indices of two runs."""
    for first, second in PAIRS:
        of_first, of_second = kinds.get(first, {}), kinds.get(second, {})
        shared = sorted(of_first.keys() & of_second.keys())
        if shared:
            yield first, second, [(of_first[fold], of_second[fold]) for fold in shared]


def _check_molecules(runs: Sequence[Run], pairs: Sequence[tuple[int, int]]) -> None:
    for pair in pairs:
        first, second = (runs[index] for index in pair)
        tested = [of_split(run.predictions, "test").molecule for run in (first, second)]
        if not np.array_equal(*tested):
            raise ValueError(f"{first} and {second} were tested on different molecules")


def _table(
    dataset: str,
    dimension: str,
    names: Sequence[str],
    measured: Sequence[str],
    rows: Sequence[tuple[tuple, Mapping[str, FoldMean]]],
    resamples: int,
) -> xr.Dataset:
    """Return what names the rows as coordinates, and their means with intervals.

    The last of the names is the number of folds. All columns are there even where no row is: of a
    set in which nothing can be scored.
    """
    columns = list(zip(*(named for named, _ in rows), strict=True)) or [()] * len(names)
    coords = zip(names, columns, strict=True)
    table = xr.Dataset(coords={name: (dimension, np.array(column)) for name, column in coords})
    for name in measured:
        means = [row[name] for _, row in rows]
        samples = np.array([mean.samples for mean in means], dtype=float)
        draws = (
            mean.draw(fold_seed(dataset, *named[:-1])).samples
            for mean, (named, _) in zip(means, rows, strict=True)
        )
        ends = np.array([interval(row) for row in draws], dtype=float).reshape(-1, 2)
        table[name] = (dimension, np.array([mean.value for mean in means], dtype=float))
        table[f"{name}_error"] = (dimension, np.array([mean.error for mean in means], dtype=float))
        table[f"{name}_folds"] = (dimension, np.array([mean.folds for mean in means], dtype=int))
        table[f"{name}_low"], table[f"{name}_high"] = ((dimension, end) for end in ends.T)
        table[f"{name}_samples"] = ((dimension, "resample"), samples.reshape(-1, resamples))
    return table
