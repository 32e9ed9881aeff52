"""Which molecules to show: chosen by a rule on labels and predictions, never by eye."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

RULE = (
    "tasks: those with the most positive test molecules; of each, the true positive of highest "
    "predicted probability with {least_atoms} to {most_atoms} heavy atoms, not yet shown"
)


@dataclass(frozen=True)
class Choice:
    """Molecules to show, a row each, and tasks, a column each.

    Attributes
    ----------
    rows : list of int
        Places in the predictions' molecule dimension.
    tasks : list of int
        Places of the tasks, the ones with the most positive test molecules.
    chosen_for : list of int
        For each row the column whose task it was chosen for.
    """

    rows: list[int]
    tasks: list[int]
    chosen_for: list[int]


def choose(
    predictions: xr.Dataset,
    heavy_atoms: xr.DataArray,
    tasks: int,
    least_atoms: int,
    most_atoms: int,
) -> Choice:
    """Choose test molecules by :data:`RULE`, one for each of ``tasks`` tasks.

    Parameters
    ----------
    predictions : xarray.Dataset
        ``logit``, ``label`` (molecule, task) and ``split`` (molecule).
    heavy_atoms : xarray.DataArray of shape (molecule,)
        Number of heavy atoms of the molecules of the dataset.
    tasks : int
        How many columns, and at most as many rows: a task whose true positives are all shown for
        others has none.
    least_atoms, most_atoms : int
        Heavy atoms of a molecule that is shown.

    Returns
    -------
    Choice
        Without rows if no task has a true positive.
    """
    label, logit = predictions.label.values, predictions.logit.values
    size = heavy_atoms.values[predictions.molecule.values]
    tested = predictions.split.values == "test"
    eligible = tested & (size >= least_atoms) & (size <= most_atoms)
    positives = (label[tested] == 1).sum(axis=0)
    chosen_tasks = np.argsort(-positives, kind="stable")[:tasks]
    rows: list[int] = []
    chosen_for: list[int] = []
    for column, task in enumerate(chosen_tasks):
        true_positive = eligible & (label[:, task] == 1) & (logit[:, task] > 0)
        true_positive[rows] = False
        if true_positive.any():
            best = np.where(true_positive, logit[:, task], -np.inf).argmax()
            rows.append(int(best))
            chosen_for.append(column)
    return Choice(rows, chosen_tasks.tolist(), chosen_for)
