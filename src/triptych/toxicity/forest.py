"""The reference that reads no text: random forests on fingerprints of circular substructures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.toxicity.fingerprints import Fingerprint, fingerprints
from triptych.toxicity.names import EVALUATED, FOREST
from triptych.toxicity.runs import prediction_store


@dataclass(frozen=True)
class Forest:
    """Trees a task, and fewest molecules in a leaf.

    Classes are not weighted, so that the trees' probabilities stay estimates and can be compared in
    calibration.
    """

    trees: int
    min_leaf: int


def fit_forest(
    molecules: xr.Dataset,
    splits: xr.Dataset,
    fingerprint: Fingerprint,
    forest: Forest,
    seed: int,
    monitor: Monitor | None = None,
) -> xr.Dataset:
    """Train a forest a task on the training split and predict the validation and test splits.

    Random forests: Breiman, Mach. Learn. 45, 5 (2001).

    A molecule without a label for the task is left out of that task's training. A task whose
    training labels are of one class, or absent, gets their (smoothed) rate for every molecule.

    Parameters
    ----------
    molecules : xarray.Dataset
        ``smiles`` (molecule), ``label`` (molecule, task).
    splits : xarray.Dataset
        ``split`` (molecule).
    fingerprint : Fingerprint
    forest : Forest
    seed : int
        Of the forests; task t takes ``seed + t``.
    monitor : Monitor, optional
        Gets a report of every task.

    Returns
    -------
    xarray.Dataset
        ``logit`` (molecule, task) float32, log odds; ``label`` (molecule, task); ``split``
        (molecule). The coordinate ``molecule`` counts the molecules of the ``molecules`` store.

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    monitor = monitor or NullMonitor()
    bits = fingerprints(molecules.smiles.values, fingerprint)
    label, split = molecules.label.values, splits.split.values
    training = split == "train"
    evaluated = np.flatnonzero(np.isin(split, EVALUATED))
    logit = np.empty((len(evaluated), label.shape[1]), dtype=np.float32)
    for task in range(label.shape[1]):
        rows = np.flatnonzero(training & ~np.isnan(label[:, task]))
        probability = _positive_probability(
            bits[rows], label[rows, task], bits[evaluated], forest, seed + task
        )
        logit[:, task] = np.log(probability / (1 - probability))
        monitor.report(task + 1, label.shape[1])
    return prediction_store(molecules, splits, evaluated, logit, {}).assign_attrs(
        kind=FOREST, backbone="", penalty=None, run_seed=seed, trees=forest.trees
    )


def _positive_probability(
    training_bits: sparse.csr_matrix,
    label: NDArray[np.float32],
    evaluated_bits: sparse.csr_matrix,
    forest: Forest,
    seed: int,
) -> NDArray[np.float64]:
    """Return the probability of the positive class, strictly between 0 and 1.

    The mean v of the probabilities of n trees becomes (n v + ½) / (n + 1): in the same order, but
    with finite log odds.
    """
    if len(label) == 0 or label.min() == label.max():
        rate = (label.sum() + 0.5) / (len(label) + 1)
        return np.full(evaluated_bits.shape[0], rate)
    model = RandomForestClassifier(
        n_estimators=forest.trees,
        min_samples_leaf=forest.min_leaf,
        random_state=seed,
        n_jobs=1,
    ).fit(training_bits, label > 0.5)
    mean = model.predict_proba(evaluated_bits)[:, 1]
    return (forest.trees * mean + 0.5) / (forest.trees + 1)
