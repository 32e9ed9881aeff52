"""Agreement of two tasks' masks of a molecule, beside that of one task's masks of two trainings.

Both are measured on molecules that are positive for both tasks, where both masks have something to
show. Masks that are noise agree by chance alone, between tasks as between trainings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.toxicity.bootstrap import Estimate, resample_counts
from triptych.toxicity.runs import of_split
from triptych.toxicity.sparsity import ROUND_OFF, atoms_of, shares

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Cosine of two masks and its mean over random orders of the atoms, an array each."""


@dataclass(frozen=True)
class Agreements:
    """Agreement beyond chance, 0 as by chance and 1 in full, of the masks of two replicates.

    Attributes
    ----------
    tasks
        Of two tasks in one model.
    trainings
        Of one task in both models.
    molecules, pairs
        Numbers of molecules positive for two tasks, and of such pairs of tasks in them.
    """

    tasks: Estimate
    trainings: Estimate
    molecules: int
    pairs: int

    @property
    def difference(self) -> Estimate:
        """Agreement of tasks less that of trainings, paired by molecule."""
        return self.tasks - self.trainings


def agreements(replicates: Sequence[xr.Dataset], resamples: int, seed: int) -> Agreements | None:
    """Compare the masks of two models that differ in the seed of their training only.

    For a pair of tasks the cosine of their masks is averaged over the two models; the cosine of the
    models' masks is averaged over the two tasks. Means c over pairs and e over the same pairs in
    random orders of the atoms give (c − e) / (1 − e), as Cohen's κ (Cohen 1960).

    Parameters
    ----------
    replicates
        Predictions of the two models: ``mask`` (molecule, task, atom), ``label`` (molecule, task),
        ``split`` (molecule).
    resamples, seed
        Of the test molecules.

    Returns
    -------
    Agreements or None
        None if no test molecule is positive for two tasks.

    Raises
    ------
    ValueError
        If there are not two models, or they were tested on different molecules.
    """
    first, second = (of_split(run, "test") for run in _checked(replicates))
    positive = first.label.values == 1
    chosen = np.flatnonzero(positive.sum(axis=1) > 1)
    if not len(chosen):
        return None
    masks = [run["mask"].values[chosen] for run in (first, second)]
    tasks = positive.shape[1]
    one, two = np.triu_indices(tasks, 1)
    both = positive[chosen][:, one] & positive[chosen][:, two]
    between_tasks = [_cosine(mask[:, one], mask[:, two]) for mask in masks]
    between_models = _cosine(masks[0], masks[1])
    counts = resample_counts(len(chosen), resamples, seed)
    of_tasks = _mean(*between_tasks)
    cosine, chance = between_models
    of_trainings = _mean((cosine[:, one], chance[:, one]), (cosine[:, two], chance[:, two]))
    return Agreements(
        _beyond_chance(of_tasks, both, counts),
        _beyond_chance(of_trainings, both, counts),
        len(chosen),
        int(both.sum()),
    )


def _checked(replicates: Sequence[xr.Dataset]) -> Sequence[xr.Dataset]:
    if len(replicates) != 2:
        raise ValueError(f"{len(replicates)} models; two are compared")
    if not np.array_equal(replicates[0].molecule, replicates[1].molecule):
        raise ValueError("the models were tested on different molecules")
    return replicates


def _cosine(one: NDArray, two: NDArray) -> Pair:
    """Return the cosines of masks (molecule, pair, atom), and their means over random orders.

    For shares a and b over n atoms the mean of a·πb over permutations π is 1/n.
    """
    a, b = shares(one), shares(two)
    norms = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
    return (a * b).sum(axis=-1) / norms, 1.0 / (np.maximum(atoms_of(one), 1) * norms)


def _mean(one: Pair, two: Pair) -> Pair:
    return (one[0] + two[0]) / 2, (one[1] + two[1]) / 2


def _beyond_chance(values: Pair, both: NDArray[np.bool_], counts: NDArray) -> Estimate:
    """Return (c − e) / (1 − e) of the means over the pairs that count; NaN where e is 1."""
    number = both.sum(axis=1)
    totals = [np.where(both, of, 0.0).sum(axis=1) for of in values]
    weights = np.vstack([np.ones(len(number)), counts])
    c, e = (weights @ total / (weights @ number) for total in totals)
    flat = e > 1 - ROUND_OFF
    agreement = np.where(flat, np.nan, (c - e) / np.where(flat, 1.0, 1 - e))
    return Estimate(float(agreement[0]), agreement[1:])
