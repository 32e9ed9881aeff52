"""The means and differences that a dataset's scores hold, as rows with their samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from triptych.toxicity.bootstrap import Estimate
from triptych.toxicity.names import MAIN_SPLIT_METHOD


@dataclass(frozen=True)
class Row:
    """One estimate.

    Attributes
    ----------
    dataset, backbone
        Whose.
    main
        Whether the encoder is the one of the comparison.
    folds
        How many it is a mean of.
    estimate
        Value and resamples.
    lent
        Whether the resamples have the spread of others' folds: see :func:`with_spread`.
    """

    dataset: str
    backbone: str
    main: bool
    folds: int
    estimate: Estimate
    lent: bool = False


def stored_rows(
    scores: xr.Dataset, dimension: str, prefix: str, name: str, of: Mapping[str, str]
) -> list[Row]:
    """Return the estimates on random folds that are named so, where there are any.

    Parameters
    ----------
    scores
        Of one dataset.
    dimension, prefix
        ``comparison`` and ``compared``, or twice ``group``.
    name
        Of the variable.
    of
        Kinds of models by variable. Rows of the first of them lend the spread of their folds.

    Returns
    -------
    list of Row
        Those whose value is finite.
    """
    first = next(iter(of))
    kin = [row for row in _rows(scores, dimension, prefix, name, {first: of[first]}) if row.main]
    rows = _rows(scores, dimension, prefix, name, of)
    return [row if row.folds > 1 else with_spread(row, kin) for row in rows]


def _rows(
    scores: xr.Dataset, dimension: str, prefix: str, name: str, of: Mapping[str, str]
) -> Iterator[Row]:
    chosen = scores[f"{prefix}_split_method"] == MAIN_SPLIT_METHOD
    for key, value in of.items():
        chosen = chosen & (scores[key] == value)
    for at in np.flatnonzero(chosen):
        one = scores.isel({dimension: at})
        estimate = Estimate(one[name].item(), one[f"{name}_samples"].values)
        backbone, folds = (one[f"{prefix}_{key}"].item() for key in ("backbone", "folds"))
        main = backbone == scores.attrs["backbone"]
        if math.isfinite(estimate.value):
            yield Row(scores.attrs["dataset"], backbone, main, folds, estimate)


def with_spread(row: Row, others: Sequence[Row]) -> Row:
    """Return an estimate of one fold with how far single folds lie from the mean of several.

    The molecules of one fold can be resampled, its training cannot. Its spread is taken from the
    same quantity on the same set, of other kinds of models or with another encoder: from the row
    whose folds differ most. That row's molecules are in it, too, so that the interval is rather
    too wide than too narrow.

    Parameters
    ----------
    row
        Of one fold.
    others
        Those of more than one fold count; if there are none, the row stays as it is.
    """
    several = [other for other in others if other.folds > 1]
    if not several:
        return row
    deviations = [
        math.sqrt(other.folds) * (other.estimate.samples - other.estimate.value)
        for other in several
    ]
    widest = max(deviations, key=np.nanstd)
    # In the opposite order: both resample the same molecules, which would add up.
    samples = row.estimate.samples + widest[::-1]
    return replace(row, estimate=Estimate(row.estimate.value, samples), lent=True)
