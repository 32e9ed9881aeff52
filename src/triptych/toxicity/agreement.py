"""Agreement of two tasks' masks of a molecule, beside that of one task's masks of two trainings.

Both are measured on molecules that are positive for both tasks, where both masks have something to
show: :func:`agreements` for the claims, :func:`mean_cosines` for every pair of tasks in figure 5.
Masks that are noise agree by chance alone, between tasks as between trainings. A task's mask may
have a preference of its training's, the same for all molecules: so tasks are resampled, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from triptych.toxicity.bootstrap import Estimate, resample_counts
from triptych.toxicity.metrics import mean_of_present
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
        Numbers of molecules on which two tasks are compared, and of such pairs of tasks in them.
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
    norms = (np.sqrt((share**2).sum(axis=-1)) for share in (a, b))
    norm = np.einsum("mt,ms->mts", *norms)
    atoms = np.maximum(atoms_of(mask).max(axis=1), 1)[:, None, None]
    return np.einsum("mta,msa->mts", a, b) / norm, 1.0 / (atoms * norm)


def mean_cosines(mask: ArrayLike, other: ArrayLike, positive: ArrayLike) -> Cosines:
    """Return the mean cosine between the masks of every two tasks, on molecules positive for both.

    Parameters
    ----------
    mask : array_like of shape (molecule, task, atom)
        Non-negative, NaN beyond the molecule.
    other : array_like of shape (molecule, task, atom)
        Masks of the same molecules and tasks: the same again, or those of another training.
    positive : array_like of shape (molecule, task)
        Whether a molecule is positive for a task: a pair of tasks is compared on the molecules that
        are positive for both.

    Returns
    -------
    cosine, chance : ndarray of shape (task, task)
        As the atoms are, and were each mask's atoms in random order; of the same masks the first is
        symmetric with 1 on the diagonal. NaN where no molecule is positive for both tasks;
        molecules without mass in one of the masks are left out.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    label = np.asarray(positive, dtype=bool)
    both = label[:, :, None] & label[:, None, :]
    cosine, chance = (
        mean_of_present(np.where(both, values, np.nan)) for values in cosines(mask, other)
    )
    return cosine, chance


def between_tasks(cosine: ArrayLike) -> float:
    """Return the mean over pairs of different tasks.

    Parameters
    ----------
    cosine : array_like of shape (task, task)
        Symmetric; NaN is left out.

    Returns
    -------
    float
        NaN if there is one task.
    """
    matrix = np.asarray(cosine, dtype=float)
    return float(mean_of_present(matrix[np.triu_indices(len(matrix), 1)]))


def cluster_order(cosine: ArrayLike) -> NDArray[np.int64]:
    """Return the order of the tasks in which those that agree are neighbours.

    Average linkage on 1 − cosine, with the leaves ordered so that neighbours are as close as the
    tree allows (Bar-Joseph et al. 2001).

    Parameters
    ----------
    cosine : array_like of shape (task, task)
        At most 1; NaN counts as 0.

    Returns
    -------
    int64 ndarray of shape (task,)
        Positions of tasks.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    matrix = np.asarray(cosine, dtype=float)
    if len(matrix) < 3:
        return np.arange(len(matrix))
    distance = 1.0 - np.nan_to_num((matrix + matrix.T) / 2)
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(np.maximum(distance, 0.0), checks=False)
    tree = linkage(condensed, method="average", optimal_ordering=True)
    return np.asarray(leaves_list(tree), dtype=np.int64)


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
        None if no test molecule is positive for two tasks whose masks have mass in both models.

    Raises
    ------
    ValueError
        If there are not two models, they were tested on different molecules, or a mask is negative
        or infinite.
    """
    if len(replicates) != 2:
        raise ValueError(f"{len(replicates)} models; two are compared")
    tested = [of_split(run, "test") for run in replicates]
    if not np.array_equal(tested[0].molecule, tested[1].molecule):
        raise ValueError("the models were tested on different molecules")
    masks = [run["mask"].values for run in tested]
    with_mass = ~np.isnan([shares(mask) for mask in masks]).any(axis=(0, -1))
    compared = (tested[0].label.values == 1) & with_mass
    chosen = np.flatnonzero(compared.sum(axis=1) > 1)
    if not len(chosen):
        return None
    first, second = (mask[chosen] for mask in masks)
    in_first, in_second = cosines(first, first), cosines(second, second)
    between = cosines(first, second)
    pairs = _TaskPairs.of(compared[chosen], resamples, seed)
    left, right = pairs.left, pairs.right
    return Agreements(
        pairs.beyond_chance((in_first, left, right), (in_second, left, right)),
        pairs.beyond_chance((between, left, left), (between, right, right)),
        pairs.beyond_chance((between, left, right), (between, right, left)),
        len(chosen),
        int(pairs.compared.sum()),
    )


@dataclass(frozen=True)
class _TaskPairs:
    """Pairs of tasks, the molecules on which they are compared, and how often each is drawn.

    Attributes
    ----------
    left, right : int64 ndarray of shape (pair,)
        The two tasks.
    compared : bool ndarray of shape (molecule, pair)
    molecule_counts : ndarray of shape (1 + resample, molecule)
    pair_counts : ndarray of shape (1 + resample, pair)
        Of both the first row counts everything once and gives the value.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    compared: NDArray[np.bool_]
    molecule_counts: NDArray[np.float64]
    pair_counts: NDArray[np.float64]

    @classmethod
    def of(cls, compared: NDArray[np.bool_], resamples: int, seed: int) -> _TaskPairs:
        """Return all pairs of the tasks that are compared, (molecule, task)."""
        molecules, tasks = compared.shape
        left, right = np.triu_indices(tasks, 1)
        task_counts = resample_counts(tasks, resamples, [seed, 1])
        return cls(
            left,
            right,
            compared[:, left] & compared[:, right],
            _with_all(resample_counts(molecules, resamples, seed)),
            _with_all(task_counts[:, left] * task_counts[:, right]),
        )

    def beyond_chance(self, *terms: tuple[Cosines, NDArray, NDArray]) -> Estimate:
        """Return (c − e) / (1 − e) of the means over the pairs; NaN where e is 1.

        Each term has cosines and, pair by pair, the tasks of their two masks. What is averaged is
        the mean of the terms. Where no pair is drawn, the resample has no value.
        """
        cosine, chance = (
            self._means(np.mean([values[which][:, i, j] for values, i, j in terms], axis=0))
            for which in (0, 1)
        )
        flat = chance > 1 - ROUND_OFF
        agreement = np.where(flat, np.nan, (cosine - chance) / np.where(flat, 1.0, 1 - chance))
        return Estimate(float(agreement[0]), agreement[1:])

    def _means(self, values: NDArray) -> NDArray[np.float64]:
        """Return the means of values (molecule, pair), (1 + resample,); 1 where no pair is drawn.

        A pair counts on a molecule as often as the molecule and both tasks are drawn.
        """

        def total(summand: NDArray | float) -> NDArray[np.float64]:
            by_pair = self.molecule_counts @ np.where(self.compared, summand, 0.0)
            return np.asarray((by_pair * self.pair_counts).sum(axis=1))

        number = total(1.0)
        return np.divide(total(values), number, out=np.ones(len(number)), where=number > 0)


def _with_all(counts: NDArray) -> NDArray[np.float64]:
    return np.vstack([np.ones(counts.shape[1]), counts])
