"""The search by validation: what a candidate is, once those before it are known; which is best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.ssno.candidates import BEYOND, RATE, Candidate

NUMBERS = (
    "learning_rate",
    "iterations",
    "validation_error",
    "cpu_seconds",
    "restarts",
)
"""What is recorded of a candidate beside its model."""


def outcome(model: str, **numbers: float) -> xr.Dataset:
    """Return the record of one candidate.

    Parameters
    ----------
    model
        Its name.
    **numbers
        All of :data:`NUMBERS`.

    Returns
    -------
    xr.Dataset
        One entry of dimension ``candidate``.
    """
    values = {name: ("candidate", [float(numbers[name])]) for name in NUMBERS}
    return xr.Dataset({"model": ("candidate", [model]), **values})


def nothing() -> xr.Dataset:
    """Return the record of a candidate that nothing was to be tried of."""
    return outcome("", **dict.fromkeys(NUMBERS, 0.0)).isel(candidate=slice(0))


def gathered(parts: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return the records of several candidates as one dataset.

    Raises
    ------
    ValueError
        If none of them was trained.
    """
    trained = [part for part in parts if part.sizes["candidate"]]
    if not trained:
        raise ValueError("no candidate was trained")
    return xr.concat(trained, "candidate")


def used_rates(candidates: xr.Dataset) -> NDArray[np.float64]:
    """Return the peak rates that candidates ended with: each time one went back it was halved."""
    return np.asarray(candidates.learning_rate.values * 0.5**candidates.restarts.values)


def best(candidates: xr.Dataset) -> int:
    """Return the position of the candidate with the lowest validation error.

    Among equals, such as all that blew up, it is the one with the lowest rate.
    """
    order = (candidates.learning_rate.values, candidates.validation_error.values)
    return int(np.lexsort(order)[0])


def at_edge(candidates: xr.Dataset) -> int:
    """Say whether the best candidate's rate is one of the ends of those tried.

    Parameters
    ----------
    candidates
        Of one model.

    Returns
    -------
    int
        −1 where the rate that the best one ended with is the lowest, 1 where it is the highest, 0
        between: also below a rate that had to be halved.
    """
    used = used_rates(candidates)
    rate = used[best(candidates)]
    if rate == candidates.learning_rate.max() and np.isfinite(candidates.validation_error).any():
        return 1
    return -1 if rate == used.min() else 0


def settled(
    candidate: Candidate, known: Mapping[str, Any], earlier: Sequence[xr.Dataset], factor: float
) -> dict[str, Any] | None:
    """Return the settings of a candidate, now that the earlier ones were trained.

    Parameters
    ----------
    candidate
        Which one.
    known
        What was known of it before, from :meth:`triptych.ssno.design.Grid.tried`.
    earlier
        Records of those that it waits for.
    factor
        From the rate at an edge to the one beyond it.

    Returns
    -------
    dict or None
        ``known`` with its ``learning_rate``; None where there is nothing to be tried: the best rate
        is not at the edge.
    """
    if candidate.kind == RATE:
        return dict(known)
    assert candidate.kind == BEYOND
    before = gathered(earlier)
    rate = float(used_rates(before)[best(before)])
    edge = at_edge(before)
    return {**known, "learning_rate": rate * factor**edge} if edge else None


def selected(candidates: xr.Dataset, models: Sequence[str]) -> dict[str, Any]:
    """Return the settings of the best candidate of some models.

    Parameters
    ----------
    candidates
        Records, of those models at least.
    models
        Their names.

    Returns
    -------
    dict
        ``model``, and the ``learning_rate`` that its candidate ended with.

    Raises
    ------
    ValueError
        If none of them has a candidate.
    """
    eligible = candidates.isel(candidate=np.isin(candidates.model.values, list(models)))
    if not eligible.sizes["candidate"]:
        raise ValueError(f"no candidate of {', '.join(models)}")
    position = best(eligible)
    return {
        "model": str(eligible.model.values[position]),
        "learning_rate": float(used_rates(eligible)[position]),
    }


def selection(candidates: xr.Dataset) -> xr.Dataset:
    """Return the records with what was made of them.

    Returns
    -------
    xr.Dataset
        With ``selected``, one candidate of every model, and ``at_edge`` where the selected one's
        rate is the lowest or highest that was tried of its model.
    """
    count = candidates.sizes["candidate"]
    chosen, edge = np.zeros(count, bool), np.zeros(count, bool)
    for model in np.unique(candidates.model.values):
        own = np.flatnonzero(candidates.model.values == model)
        position = own[best(candidates.isel(candidate=own))]
        chosen[position] = True
        edge[position] = at_edge(candidates.isel(candidate=own)) != 0
    return candidates.assign(selected=("candidate", chosen), at_edge=("candidate", edge))
