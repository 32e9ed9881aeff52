"""The search by validation: which rate is tried beyond those before it, and which is best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

OF_CANDIDATE = (
    "learning_rate",
    "iterations",
    "validation_error",
    "cpu_seconds",
    "restarts",
)
"""Numbers that are recorded of a candidate beside its model."""


def candidate_record(model: str, **numbers: float) -> xr.Dataset:
    """Return the record of one candidate.

    Parameters
    ----------
    model : str
        Its name.
    **numbers : float
        All of :data:`OF_CANDIDATE`.

    Returns
    -------
    xarray.Dataset
        One entry of dimension ``candidate``.
    """
    values = {name: ("candidate", [float(numbers[name])]) for name in OF_CANDIDATE}
    return xr.Dataset({"model": ("candidate", [model]), **values})


def empty_record() -> xr.Dataset:
    """Return the record of a candidate that was not trained."""
    return candidate_record("", **dict.fromkeys(OF_CANDIDATE, 0.0)).isel(candidate=slice(0))


def gather(records: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the records of several candidates as one dataset.

    Parameters
    ----------
    records : sequence of xarray.Dataset
        As from :func:`candidate_record`, or empty ones.

    Returns
    -------
    xarray.Dataset
        Of dimension ``candidate``, in the order of the records.

    Raises
    ------
    ValueError
        If none of them was trained.
    """
    trained = [record for record in records if record.sizes["candidate"]]
    if not trained:
        raise ValueError("no candidate was trained")
    return xr.concat(trained, "candidate")


def counted_rates(candidates: xr.Dataset) -> NDArray[np.float64]:
    """Return the peak rates that candidates count as tried at.

    It is the rate that one ended with: each time it went back it was halved. What blew up all the
    same says that the rate it was given is bad, and nothing about those that it was halved to.

    Parameters
    ----------
    candidates : xarray.Dataset
        With ``learning_rate``, ``restarts`` and ``validation_error`` (candidate).

    Returns
    -------
    ndarray of shape (candidate,)
        Without units.
    """
    declared = candidates.learning_rate.values
    halved = declared * 0.5**candidates.restarts.values
    return np.where(np.isfinite(candidates.validation_error.values), halved, declared)


def best(candidates: xr.Dataset) -> int:
    """Return the position of the candidate with the lowest validation error.

    Among equals, such as all that blew up, it is the one with the lowest rate.

    Parameters
    ----------
    candidates : xarray.Dataset
        With ``learning_rate`` and ``validation_error`` (candidate).

    Returns
    -------
    int
        Along ``candidate``.
    """
    order = (candidates.learning_rate.values, candidates.validation_error.values)
    return int(np.lexsort(order)[0])


def best_rate(candidates: xr.Dataset) -> float:
    """Return the peak rate that the best candidate counts as tried at.

    Parameters
    ----------
    candidates : xarray.Dataset
        Records of candidates of one model.
    """
    return float(counted_rates(candidates)[best(candidates)])


def edge(candidates: xr.Dataset) -> int:
    """Say whether the best candidate's rate is one of the ends of those tried.

    Parameters
    ----------
    candidates : xarray.Dataset
        Records of candidates of one model.

    Returns
    -------
    int
        −1 where the rate of the best one is the lowest, 1 where it is the highest, 0 between: also
        below a rate that had to be halved. −1 also where no error is finite. A rate that another
        candidate was halved to was not tried as a whole: none is lower for that.
    """
    if not np.isfinite(candidates.validation_error).any():
        return -1
    declared, rate = candidates.learning_rate.values, best_rate(candidates)
    if rate == declared.max():
        return 1
    return -1 if rate <= declared.min() else 0


def rate_beyond(earlier: Sequence[xr.Dataset], factor: float) -> float | None:
    """Return the rate beyond the edge of those tried; None where the best is not at it.

    Parameters
    ----------
    earlier : sequence of xarray.Dataset
        Records of the candidates of one model.
    factor : float
        From the rate at an edge to the one beyond it.
    """
    candidates = gather(earlier)
    side = edge(candidates)
    return best_rate(candidates) * factor**side if side else None


def selected_settings(candidates: xr.Dataset, model: str) -> dict[str, Any]:
    """Return the settings of the best candidate of a model.

    Parameters
    ----------
    candidates : xarray.Dataset
        Records, of that model at least.
    model : str
        Its name.

    Returns
    -------
    dict of str to str or float
        ``model``, the ``learning_rate`` that its candidate counts as tried at, and its
        ``validation_error``.

    Raises
    ------
    ValueError
        If it has no candidate.
    """
    eligible = candidates.isel(candidate=candidates.model.values == model)
    if not eligible.sizes["candidate"]:
        raise ValueError(f"no candidate of {model}")
    return {
        "model": model,
        "learning_rate": best_rate(eligible),
        "validation_error": float(eligible.validation_error.values[best(eligible)]),
    }


def leading_model(histories: Sequence[xr.Dataset]) -> str:
    """Return the name of the model whose training validation finds best, the first among equals.

    Parameters
    ----------
    histories : sequence of xarray.Dataset
        Of full trainings, as from :func:`triptych.ssno.recipe.fit`; at least one.
    """
    first = min(histories, key=lambda history: float(history.validation_error))
    return str(first.attrs["model"])


def mark_selected(candidates: xr.Dataset) -> xr.Dataset:
    """Return the records with marks on those that are selected.

    Parameters
    ----------
    candidates : xarray.Dataset
        As from :func:`gather`.

    Returns
    -------
    xarray.Dataset
        With ``selected`` (candidate), one candidate of every model, and ``at_edge`` (candidate)
        where the selected one's rate is the lowest or highest that was tried of its model.
    """
    count = candidates.sizes["candidate"]
    selected, at_edge = np.zeros(count, bool), np.zeros(count, bool)
    for model in np.unique(candidates.model.values):
        positions = np.flatnonzero(candidates.model.values == model)
        of_model = candidates.isel(candidate=positions)
        position = positions[best(of_model)]
        selected[position] = True
        at_edge[position] = edge(of_model) != 0
    return candidates.assign(selected=("candidate", selected), at_edge=("candidate", at_edge))
