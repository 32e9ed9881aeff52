"""Agreement of two tasks' masks of a molecule, beside that of one task's masks of two trainings.

Both are measured on molecules that are positive for both tasks, where both masks have something to
show. Masks that are noise agree by chance alone, between tasks as between trainings. A task's mask
may have a preference of its training's, the same for all molecules: so tasks are resampled, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from triptych.toxicity.bootstrap import Estimate, resample_counts
from triptych.toxicity.runs import of_split
from triptych.toxicity.sparsity import ROUND_OFF, atoms_of, shares

Cosines = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Cosines of two masks and their means over random orders of the atoms, an array each."""


@dataclass(frozen=True)
class Agreements:
    """Agreement beyond chance, 0 as by chance and 1 in full, of the masks of two replicates.

    Attributes
    ----------
    tasks : Estimate
        Of two tasks in one model.
    trainings : Estimate
        Of one task in both models.
    across : Estimate
        Of two tasks, one in either model: without what one training's tasks share.
    molecules, pairs : int
        Numbers of molecules positive for two tasks, and of such pairs of tasks in them.
    """

    tasks: Estimate
    trainings: Estimate
    across: Estimate
    molecules: int
    pairs: int

    @property
    def difference(self) -> Estimate:
        """Agreement of tasks less that of trainings, paired by molecule and task."""
        return self.tasks - self.trainings


def cosines(mask: ArrayLike, other: ArrayLike) -> Cosines:
    """Return the cosines of every task's mask with every one of the other masks.

    For shares a and b over n atoms the mean of a·πb over permutations π is 1/n, so the expected
    cosine is 1 / (n |a| |b|): two flat masks agree by chance alone, two sparse ones do not.

    Parameters
    ----------
    mask, other : array_like of shape (molecule, task, atom)
        Of the same molecules, non-negative, NaN beyond the molecule.

    Returns
    -------
    cosine, chance : ndarray of shape (molecule, task, task)
        As the atoms are, and in the mean over their orders; NaN where a mask has no mass.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    a, b = shares(mask), shares(other)
    norms = (np.sqrt((of**2).sum(axis=-1)) for of in (a, b))
    norm = np.einsum("mt,ms->mts", *norms)
    atoms = np.maximum(atoms_of(mask).max(axis=1), 1)[:, None, None]
    return np.einsum("mta,msa->mts", a, b) / norm, 1.0 / (atoms * norm)


def agreements(replicates: Sequence[xr.Dataset], resamples: int, seed: int) -> Agreements | None:
    """Compare the masks of two models that differ in the seed of their training only.

    For a pair of tasks the cosine of their masks is averaged over the two models; the cosine of the
    models' masks is averaged over the two tasks. Means c over pairs and e over the same pairs in
    random orders of the atoms give (c − e) / (1 − e), as Cohen's κ (Cohen 1960).

    Parameters
    ----------
    replicates : sequence of xarray.Dataset, length 2
        Predictions of the two models: ``mask`` (molecule, task, atom), ``label`` (molecule, task),
        ``split`` (molecule).
    resamples, seed : int
        Of the test molecules and of the tasks.

    Returns
    -------
    Agreements or None
        None if no test molecule is positive for two tasks.

    Raises
    ------
    ValueError
        If there are not two models, they were tested on different molecules, or a mask is negative
        or infinite.
    """
    if len(replicates) != 2:
        raise ValueError(f"{len(replicates)} models; two are compared")
    if not np.array_equal(replicates[0].molecule, replicates[1].molecule):
        raise ValueError("the models were tested on different molecules")
    first, second = (of_split(run, "test") for run in replicates)
    positive = first.label.values == 1
    chosen = np.flatnonzero(positive.sum(axis=1) > 1)
    if not len(chosen):
        return None
    m, n = (run["mask"].values[chosen] for run in (first, second))
    of_first, of_second, between = cosines(m, m), cosines(n, n), cosines(m, n)
    tasks = positive.shape[1]
    one, two = np.triu_indices(tasks, 1)
    both = positive[chosen][:, one] & positive[chosen][:, two]
    drawn = resample_counts(tasks, resamples, [seed, 1])
    # Row 0 counts everything once and gives the value; the others are the resamples.
    counts = _with_all(resample_counts(len(chosen), resamples, seed))
    pair_counts = _with_all(drawn[:, one] * drawn[:, two])

    def beyond_chance(*compared: tuple[Cosines, NDArray, NDArray]) -> Estimate:
        """Return (c − e) / (1 − e) of the means over the pairs that count; NaN where e is 1.

        A pair of tasks in a molecule counts as often as the molecule and both tasks are drawn;
        where none is, the resample has no value.
        """
        cosine, chance = (
            sum(pair[which][:, i, j] for pair, i, j in compared) / len(compared) for which in (0, 1)
        )
        number, cosine, chance = (
            ((counts @ np.where(both, of, 0.0)) * pair_counts).sum(axis=1)
            for of in (1.0, cosine, chance)
        )
        c, e = (
            np.divide(of, number, out=np.ones(len(number)), where=number > 0)
            for of in (cosine, chance)
        )
        flat = e > 1 - ROUND_OFF
        agreement = np.where(flat, np.nan, (c - e) / np.where(flat, 1.0, 1 - e))
        return Estimate(float(agreement[0]), agreement[1:])

    return Agreements(
        beyond_chance((of_first, one, two), (of_second, one, two)),
        beyond_chance((between, one, one), (between, two, two)),
        beyond_chance((between, one, two), (between, two, one)),
        len(chosen),
        int(both.sum()),
    )


def _with_all(counts: NDArray) -> NDArray[np.float64]:
    return np.vstack([np.ones(counts.shape[1]), counts])
