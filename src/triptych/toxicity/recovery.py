"""Do masks find the atoms that the labels are made of? Atom-level scores against known alerts.

A *pair* is a molecule and a task that the molecule is positive for, with at least one atom inside
the task's alert and one outside. Within a pair the atoms are ranked by mask; tied ones count as in
a random order. The mean over pairs is the main number; *pooled* puts the atoms of all pairs into
one ranking, where long and short molecules also compete with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from triptych.toxicity.metrics import precision_at_recall, precision_steps
from triptych.toxicity.smiles import heavy_atoms, read_canonical

Rankings = list[tuple[NDArray[np.bool_], NDArray[np.float64]]]
"""Of each pair which atoms are in the alert, and their scores."""


@dataclass(frozen=True)
class Precision:
    """The average precision of a ranking, pair by pair.

    Attributes
    ----------
    molecule, task : int64 ndarray of shape (pair,)
        Where the pair is.
    average_precision : ndarray of shape (pair,)
        Of the alert's atoms in the ranking of the molecule's atoms by mask, see
        :func:`expected_average_precision`.
    random_precision : ndarray of shape (pair,)
        Exact mean of the average precision over all orders of the atoms: the chance level in
        molecules of finite length.
    """

    molecule: NDArray[np.int64]
    task: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    random_precision: NDArray[np.float64]


@dataclass(frozen=True)
class Recovery(Precision):
    """All that masks recover, pair by pair.

    Attributes
    ----------
    hit_rate : ndarray of shape (pair,)
        Share of the k heaviest atoms that belong to the alert, k being the size of the alert;
        of atoms tied at the border each counts with the chance that it is drawn.
    base_rate : ndarray of shape (pair,)
        Share of the molecule's atoms in the alert: the chance level of the hit rate, and of the
        average precision in long molecules.
    curve : ndarray of shape (pair, recall)
        Precision at each recall level; of tied atoms, at the end of them. Where masks have ties,
        the area below it is not ``average_precision``.
    pooled : float
        Average precision of the atoms of all pairs in one ranking; NaN without pairs.
    """

    hit_rate: NDArray[np.float64]
    base_rate: NDArray[np.float64]
    curve: NDArray[np.float64]
    pooled: float


def rank_pairs(mask: ArrayLike, alert: ArrayLike, label: ArrayLike) -> Precision:
    """Return the average precision of the alerts' atoms, ranked by masks.

    Parameters
    ----------
    mask : array_like of shape (molecule, task, atom)
        Any finite weights, the higher the more; NaN beyond the molecule.
    alert : array_like of shape (molecule, task, atom)
        Whether the task's alert matches the atom.
    label : array_like of shape (molecule, task)
        0, 1 or NaN.

    Returns
    -------
    Precision
        Of all pairs, in the order of molecules, then tasks.

    Raises
    ------
    ValueError
        If the shapes do not fit each other.
    """
    return _precision(*_pairs(mask, alert, label))


def recover(
    mask: ArrayLike, alert: ArrayLike, label: ArrayLike, recall: ArrayLike = (0.5,)
) -> Recovery:
    """Score masks against the alerts' atoms.

    Parameters
    ----------
    mask, alert, label : array_like
        As in :func:`rank_pairs`.
    recall : array_like of shape (recall,), optional
        Levels of the precision curve, in (0, 1].

    Returns
    -------
    Recovery
        Of all pairs, in the order of molecules, then tasks.

    Raises
    ------
    ValueError
        As in :func:`rank_pairs`.
    """
    molecule, task, rankings = _pairs(mask, alert, label)
    levels = np.asarray(recall, dtype=float)
    curves = [precision_at_recall(*precision_steps(*ranking), levels) for ranking in rankings]
    pooled = float("nan")
    if rankings:
        truth, score = (np.concatenate(parts) for parts in zip(*rankings, strict=True))
        pooled = expected_average_precision(truth, score)
    return Recovery(
        **vars(_precision(molecule, task, rankings)),
        hit_rate=np.array([top_hits(*ranking) for ranking in rankings], float),
        base_rate=np.array([truth.mean() for truth, _ in rankings], float),
        curve=np.array(curves, float).reshape(-1, len(levels)),
        pooled=pooled,
    )


def _precision(
    molecule: NDArray[np.int64], task: NDArray[np.int64], rankings: Rankings
) -> Precision:
    precision = [expected_average_precision(truth, score) for truth, score in rankings]
    chance = [expected_average_precision(truth, np.zeros(len(truth))) for truth, _ in rankings]
    return Precision(molecule, task, np.array(precision, float), np.array(chance, float))


def _pairs(
    mask: ArrayLike, alert: ArrayLike, label: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64], Rankings]:
    """Return molecule and task of every pair, which of its atoms are true, and their scores."""
    weights, in_alert = np.asarray(mask, dtype=np.float64), np.asarray(alert, dtype=bool)
    positive = np.asarray(label) == 1
    if weights.shape != in_alert.shape or weights.shape[:2] != positive.shape:
        raise ValueError(
            f"masks {weights.shape}, alerts {in_alert.shape} and labels {positive.shape} do not fit"
        )
    inside = ~np.isnan(weights)
    has_alert = (in_alert & inside).any(axis=-1)
    has_other = (~in_alert & inside).any(axis=-1)
    molecule, task = np.nonzero(positive & has_alert & has_other)
    pairs = list(zip(molecule, task, strict=True))
    rankings = [(in_alert[pair][inside[pair]], weights[pair][inside[pair]]) for pair in pairs]
    return molecule, task, rankings


def atom_types(smiles: Sequence[str], atoms: int) -> NDArray[np.int64]:
    """Return a number for the element and aromaticity of every heavy atom, in written order.

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)
        Canonical.
    atoms : int
        At least as many as the largest molecule has.

    Returns
    -------
    int64 ndarray of shape (molecule, atom)
        Twice the atomic number, one more where it is aromatic; −1 beyond the molecule.

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    types = np.full((len(smiles), atoms), -1)
    for row, text in zip(types, smiles, strict=True):
        molecule = read_canonical(text)
        heavy = [molecule.GetAtomWithIdx(int(atom)) for atom in heavy_atoms(molecule)]
        row[: len(heavy)] = [2 * a.GetAtomicNum() + a.GetIsAromatic() for a in heavy]
    return types


def rarity(types: NDArray[np.int64], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return how rare atoms of every type are: a ranking that knows neither model nor task.

    Parameters
    ----------
    types : int64 ndarray of shape (molecule, atom)
        From :func:`atom_types`.
    counted : bool ndarray of shape (molecule,)
        The molecules whose atoms are counted.

    Returns
    -------
    ndarray of shape (molecule, atom)
        Minus the number of atoms of that type; NaN beyond the molecule.
    """
    present = types[counted]
    number = np.bincount(present[present >= 0], minlength=max(int(types.max()), 0) + 1)
    return np.where(types >= 0, -number[np.maximum(types, 0)], np.nan)


def top_hits(truth: NDArray[np.bool_], score: NDArray) -> float:
    """Return the expected share of true atoms among the k highest, k = number of true atoms.

    Parameters
    ----------
    truth : bool ndarray of shape (atom,)
        Whether an atom is in the alert, at least one.
    score : ndarray of shape (atom,)
        The mask.

    Returns
    -------
    float
        Between 0 and 1. Of atoms tied at the border each counts with the chance that it is drawn.
    """
    k = int(truth.sum())
    border = np.sort(score)[-k]
    above, tied = score > border, score == border
    drawn = (k - above.sum()) / tied.sum()
    return float((truth[above].sum() + drawn * truth[tied].sum()) / k)


def expected_average_precision(truth: NDArray[np.bool_], score: NDArray) -> float:
    """Return the average precision, its mean over all orders of tied atoms.

    Of m tied atoms h are true; before them come b atoms with t true ones. Each place is taken by a
    true atom with probability h/m, and then each of the j tied ones before it is true with
    probability (h − 1)/(m − 1). So precision there is (t + 1 + j (h − 1)/(m − 1)) / (b + j + 1).
    Where all are tied this is the mean over all orders (Bestgen, Prague Bull. Math. Linguist. 103,
    131, 2015).

    Parameters
    ----------
    truth : bool ndarray of shape (atom,)
        Whether an atom is in the alert, at least one.
    score : ndarray of shape (atom,)
        The mask.

    Returns
    -------
    float
        Between 0 and 1.
    """
    _, group, size = np.unique(-score, return_inverse=True, return_counts=True)
    true = np.bincount(group, weights=truth)
    before, true_before = np.cumsum(size) - size, np.cumsum(true) - true
    group_at = np.repeat(np.arange(len(size)), size)  # of each place in the ranking
    place = np.arange(len(score))
    share = (true - 1) / np.maximum(size - 1, 1)
    hits = true_before[group_at] + 1 + (place - before[group_at]) * share[group_at]
    return float(np.sum((true / size)[group_at] * hits / (place + 1)) / true.sum())
