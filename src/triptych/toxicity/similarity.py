"""How much the masks of two tasks agree on the same molecules."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from triptych.toxicity.agreement import Cosines, cosines
from triptych.toxicity.metrics import mean_of_present, mean_over_tasks


def cosine_similarity(mask: ArrayLike, other: ArrayLike, positive: ArrayLike) -> Cosines:
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


def cluster_order(similarity: ArrayLike) -> NDArray[np.int64]:
    """Return the order of the tasks in which similar ones are neighbours.

    Average linkage on 1 − similarity, with the leaves ordered so that neighbours are as close as
    the tree allows (Bar-Joseph et al. 2001).

    Parameters
    ----------
    similarity : array_like of shape (task, task)
        At most 1; NaN counts as 0.

    Returns
    -------
    int64 ndarray of shape (task,)
        Positions of tasks.
    """
    matrix = np.asarray(similarity, dtype=float)
    if len(matrix) < 3:
        return np.arange(len(matrix))
    distance = 1.0 - np.nan_to_num((matrix + matrix.T) / 2)
    np.fill_diagonal(distance, 0.0)
    condensed = squareform(np.maximum(distance, 0.0), checks=False)
    tree = linkage(condensed, method="average", optimal_ordering=True)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def between_tasks(similarity: ArrayLike) -> float:
    """Return the mean over pairs of different tasks.

    Parameters
    ----------
    similarity : array_like of shape (task, task)
        Symmetric; NaN is left out.

    Returns
    -------
    float
        NaN if there is one task.
    """
    matrix = np.asarray(similarity, dtype=float)
    return mean_over_tasks(matrix[np.triu_indices(len(matrix), 1)])
