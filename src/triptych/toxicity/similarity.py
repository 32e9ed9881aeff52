"""How much the masks of two tasks agree on the same molecules."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from triptych.toxicity.means import mean_of_present
from triptych.toxicity.sparsity import atoms_of, shares


def cosine_similarity(
    mask: ArrayLike, other: ArrayLike, positive: ArrayLike
) -> NDArray[np.float64]:
    """Return the mean cosine between the masks of every two tasks, where both have found something.

    Parameters
    ----------
    mask
        Non-negative, NaN beyond the molecule, (molecule, task, atom).
    other
        Masks of the same molecules and tasks: the same again, or those of another training.
    positive
        Whether a molecule is positive for a task, (molecule, task): a pair of tasks is compared on
        the molecules that are positive for both.

    Returns
    -------
    NDArray
        (task, task); of the same masks symmetric with 1 on the diagonal. NaN where no molecule is
        positive for both tasks; molecules without mass in one of the masks are left out.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    cosine = np.einsum("mta,msa->mts", _unit(mask), _unit(other))
    return mean_of_present(np.where(_both(positive), cosine, np.nan))


def chance_similarity(mask: ArrayLike, positive: ArrayLike) -> NDArray[np.float64]:
    """Return what :func:`cosine_similarity` would be were each mask's atoms in random order.

    For shares a and b over n atoms the mean of a·πb over permutations π is 1/n, so the expected
    cosine is 1 / (n |a| |b|): two flat masks agree by chance alone, two sparse ones do not.

    Parameters
    ----------
    mask, positive
        As in :func:`cosine_similarity`.

    Returns
    -------
    NDArray
        (task, task).

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    norm = np.sqrt((shares(mask) ** 2).sum(axis=-1))
    atoms = np.maximum(atoms_of(mask).max(axis=1), 1)
    cosine = 1.0 / (atoms[:, None, None] * norm[:, :, None] * norm[:, None, :])
    return mean_of_present(np.where(_both(positive), cosine, np.nan))


def cluster_order(similarity: ArrayLike) -> NDArray[np.int64]:
    """Return the order of the tasks in which similar ones are neighbours.

    Average linkage on 1 − similarity, with the leaves ordered so that neighbours are as close as
    the tree allows (Bar-Joseph et al. 2001).

    Parameters
    ----------
    similarity
        At most 1, (task, task); NaN counts as 0.

    Returns
    -------
    NDArray
        Positions of tasks, (task,).
    """
    matrix = np.asarray(similarity, dtype=float)
    if len(matrix) < 3:
        return np.arange(len(matrix))
    distance = 1.0 - np.nan_to_num((matrix + matrix.T) / 2)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(np.maximum(distance, 0.0), checks=False), "average", True)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def between_tasks(similarity: ArrayLike) -> float:
    """Return the mean over pairs of different tasks.

    Parameters
    ----------
    similarity
        (task, task), symmetric; NaN is left out.

    Returns
    -------
    float
        NaN if there is one task.
    """
    matrix = np.asarray(similarity, dtype=float)
    upper = matrix[np.triu_indices(len(matrix), 1)]
    finite = upper[~np.isnan(upper)]
    return float(finite.mean()) if finite.size else float("nan")


def _both(positive: ArrayLike) -> NDArray[np.bool_]:
    """Return whether molecules are positive for both of two tasks, (molecule, task, task)."""
    label = np.asarray(positive, dtype=bool)
    return label[:, :, None] & label[:, None, :]


def _unit(mask: ArrayLike) -> NDArray[np.float64]:
    share = shares(mask)
    return share / np.sqrt((share**2).sum(axis=-1, keepdims=True))
