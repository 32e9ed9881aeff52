"""What a store of predictions holds and belongs to, and which runs stand for a kind of model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from triptych.toxicity.names import MASKED, SPARSE

ATOM_BITS = 10
"""Binary digits after the first that are stored of what is over atoms: its rounding, by 1 in 2048
at most, is far below what two trainings differ by, and it compresses to about half."""


@dataclass(frozen=True)
class Run:
    """One model where one fold is tested, with its predictions for validation and test molecules.

    Attributes
    ----------
    dataset, split_method, kind, backbone : str
        Names; the forest has no backbone (empty).
    mask : str
        Form of its masks, empty for the kinds that have none.
    penalty : float
        λ of a run with masks (0 for attention without penalty), NaN for the kinds that have none.
    fold : int
        The one tested.
    seed : int
        Of the training.
    predictions : xarray.Dataset
        The store: ``logit`` and ``label`` (molecule, task), ``split`` (molecule).
    """

    dataset: str
    split_method: str
    kind: str
    backbone: str
    mask: str
    penalty: float
    fold: int
    seed: int
    predictions: xr.Dataset = field(compare=False, repr=False)


def of_split(predictions: xr.Dataset, name: str) -> xr.Dataset:
    """Return the predictions of one split.

    Parameters
    ----------
    predictions : xarray.Dataset
        Anything over molecules, with ``split`` (molecule).
    name : str
        One of :data:`triptych.toxicity.names.SPLITS`.

    Returns
    -------
    xarray.Dataset
        Over the molecules of that split.
    """
    return predictions.isel(molecule=np.flatnonzero(predictions.split == name))


def run_of(predictions: xr.Dataset) -> Run:
    """Return a store of predictions as a run.

    Parameters
    ----------
    predictions : xarray.Dataset
        ``logit``, log odds, and ``label``, 0, 1 or NaN, both (molecule, task), and ``split``
        (molecule). Attributes: ``dataset``, ``split_method``, ``kind``, ``fold`` and ``run_seed``,
        and of kinds that have them ``backbone``, ``mask`` and ``penalty``.

    Returns
    -------
    Run

    Raises
    ------
    ValueError
        If an attribute that names the run is missing.
    """
    attrs = predictions.attrs
    missing = [
        name
        for name in ("dataset", "split_method", "kind", "fold", "run_seed")
        if name not in attrs
    ]
    if missing:
        raise ValueError(f"predictions lack the attributes {missing}; they have {sorted(attrs)}")
    penalty = attrs.get("penalty")
    return Run(
        dataset=str(attrs["dataset"]),
        split_method=str(attrs["split_method"]),
        kind=str(attrs["kind"]),
        backbone=str(attrs.get("backbone") or ""),
        mask=str(attrs.get("mask") or ""),
        penalty=float("nan") if penalty is None else float(penalty),
        fold=int(attrs["fold"]),
        seed=int(attrs["run_seed"]),
        predictions=predictions,
    )


def checked_runs(predictions: Sequence[xr.Dataset]) -> list[Run]:
    """Return runs in a settled order, after checking that they belong together.

    Parameters
    ----------
    predictions : sequence of xarray.Dataset, shape (run,)
        As for :func:`run_of`, with the coordinate ``task``.

    Returns
    -------
    list of Run, shape (run,)
        Sorted by way to split, kind, encoder, form of masks, λ, fold and seed.

    Raises
    ------
    ValueError
        If there is none, if an attribute that names a run is missing, if datasets or tasks differ,
        or if a run is there twice.
    """
    runs = sorted(
        map(run_of, predictions),
        key=lambda run: (
            run.split_method,
            run.kind,
            run.backbone,
            run.mask,
            np.nan_to_num(run.penalty, nan=-1.0),
            run.fold,
            run.seed,
        ),
    )
    if not runs:
        raise ValueError("no predictions to score")
    for run in runs[1:]:
        if run.dataset != runs[0].dataset:
            raise ValueError(f"predictions of two datasets: {runs[0].dataset} and {run.dataset}")
        if not np.array_equal(run.predictions.task, runs[0].predictions.task):
            raise ValueError(f"{run} has other tasks than {runs[0]}")
    for before, after in pairwise(runs):
        if repr(before) == repr(after):  # two penalties of NaN are not equal
            raise ValueError(f"the predictions of {after} are there twice")
    return runs


@dataclass(frozen=True)
class Record:
    """Which runs stand for their kind of model.

    Attributes
    ----------
    backbone : str
        The encoder of the comparison.
    mask : str
        The form of masks.
    penalty : float
        λ of the sparse kind.
    """

    backbone: str
    mask: str
    penalty: float

    def stands(self, kind: ArrayLike, mask: ArrayLike, penalty: ArrayLike) -> NDArray[np.bool_]:
        """Return which runs stand for their kind, whatever their encoder.

        Parameters
        ----------
        kind, mask : str ndarray of shape (...)
        penalty : ndarray of shape (...)
            Of the runs.

        Returns
        -------
        bool ndarray of shape (...)
            True of all kinds without masks.
        """
        at_penalty = np.asarray(penalty) == self.penalty
        of_form = ~np.isin(kind, MASKED) | (np.asarray(mask) == self.mask)
        return np.asarray(of_form & ((np.asarray(kind) != SPARSE) | at_penalty))


def prediction_store(
    molecules: xr.Dataset,
    splits: xr.Dataset,
    evaluated: NDArray[np.int64],
    logit: NDArray,
    over_atoms: Mapping[str, NDArray],
) -> xr.Dataset:
    """Return the store of predictions of the ``evaluated`` molecules, without what names the model.

    Parameters
    ----------
    molecules : xarray.Dataset
        ``label`` (molecule, task); attribute ``dataset``.
    splits : xarray.Dataset
        ``split`` (molecule); attributes ``split_method`` and ``fold``.
    evaluated : int64 ndarray of shape (evaluated,)
        Positions of the molecules that are predicted.
    logit : ndarray of shape (evaluated, task)
        Log odds.
    over_atoms : mapping of str to ndarray of shape (evaluated, task, atom)
        What there is over atoms by name, such as ``mask``; may be empty. It is stored as float32,
        to :data:`ATOM_BITS`.

    Returns
    -------
    xarray.Dataset
        ``logit`` and ``label`` (molecule, task), ``split`` (molecule), and what is over atoms; the
        coordinate ``molecule`` counts the molecules of the ``molecules`` store.
    """
    dims = ("molecule", "task", "atom")
    arrays = {name: (dims, _rounded(values)) for name, values in over_atoms.items()}
    return xr.Dataset(
        {
            "logit": (("molecule", "task"), logit, {"long_name": "log odds"}),
            "label": (("molecule", "task"), molecules.label.values[evaluated]),
            "split": ("molecule", splits.split.values[evaluated]),
            **arrays,
        },
        {"molecule": evaluated, "task": molecules.task.values},
        {
            "dataset": molecules.attrs["dataset"],
            "split_method": splits.attrs["split_method"],
            "fold": splits.attrs["fold"],
        },
    )


def _rounded(values: NDArray) -> NDArray[np.float32]:
    """Return values, (molecule, task, atom), rounded; task by task, which takes less memory."""
    steps = np.float32(2 ** (ATOM_BITS + 1))
    rounded = np.empty(values.shape, np.float32)
    for task in range(values.shape[1]):
        fraction, exponent = np.frexp(values[:, task])
        rounded[:, task] = np.ldexp(np.rint(fraction * steps) / steps, exponent)
    return rounded
