"""How much the masks of two tasks agree on the same molecules."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from triptych.toxicity.means import mean_of_present
from triptych.toxicity.sparsity import ROUND_OFF, atoms_of, shares


def cosine_similarity(mask: ArrayLike) -> NDArray[np.float64]:
    """Return the mean over molecules of the cosine between the masks of every two tasks.

    Parameters
    ----------
    mask
        Non-negative, NaN beyond the molecule, (molecule, task, atom).

    Returns
    -------
    NDArray
        (task, task), symmetric, 1 on the diagonal; molecules whose mask has no mass for one of the
        two tasks are left out of that mean.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    unit = _unit(mask)
    return mean_of_present(np.einsum("mta,msa->mts", unit, unit))


def chance_similarity(mask: ArrayLike) -> NDArray[np.float64]:
    """Return what :func:`cosine_similarity` would be were each mask's atoms in random order.

    For shares a and b over n atoms the mean of a·πb over permutations π is 1/n, so the expected
    cosine is 1 / (n |a| |b|): two flat masks agree by chance alone, two sparse ones do not.

    Parameters
    ----------
    mask
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
    share = shares(mask)
    norm = np.sqrt((share**2).sum(axis=-1))
    atoms = np.maximum(atoms_of(mask).max(axis=1), 1)
    return mean_of_present(1.0 / (atoms[:, None, None] * norm[:, :, None] * norm[:, None, :]))


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


def agreement(mask: ArrayLike) -> float:
    """Return how much the masks of different tasks agree beyond chance, corrected as Cohen's κ is.

    With c the mean cosine over pairs of tasks and e its mean over random orders of the atoms this
    is (c − e) / (1 − e): 0 for masks that agree by chance alone, 1 for equal ones (Cohen 1960).

    Parameters
    ----------
    mask
        As in :func:`cosine_similarity`.

    Returns
    -------
    float
        NaN if there is one task, or if e is 1: flat masks agree in whatever order.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere.
    """
    expected = between_tasks(chance_similarity(mask))
    if not expected < 1.0 - ROUND_OFF:
        return float("nan")
    return (between_tasks(cosine_similarity(mask)) - expected) / (1.0 - expected)


def _unit(mask: ArrayLike) -> NDArray[np.float64]:
    share = shares(mask)
    return share / np.sqrt((share**2).sum(axis=-1, keepdims=True))
