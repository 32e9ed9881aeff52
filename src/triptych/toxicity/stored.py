"""The means and differences that a dataset's scores hold, as rows with their samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from triptych.toxicity.bootstrap import Estimate, FoldMean
from triptych.toxicity.comparing import fold_seed
from triptych.toxicity.names import MAIN_SPLIT_METHOD

PREFIXES = {"comparison": "compared", "group": "group"}
"""By dimension the beginning of the names of its coordinates."""
ENOUGH = 3
"""Folds whose own spread is taken."""


@dataclass(frozen=True)
class StoredRow:
    """One estimate.

    Attributes
    ----------
    dataset, backbone : str
        Whose.
    main : bool
        Whether the encoder is the one of the comparison.
    folds : int
        How many it is a mean of: those in which there is a value.
    estimate : Estimate
    lent : bool, optional
        Whether the resamples have the spread of others' folds: see :func:`with_spread`.
    """

    dataset: str
    backbone: str
    main: bool
    folds: int
    estimate: Estimate
    lent: bool = False


def stored_rows(
    scores: Sequence[xr.Dataset],
    dimension: str,
    name: str,
    kinds: Mapping[str, str],
    lenders: Mapping[str, str],
) -> list[StoredRow]:
    """Return a stored quantity on random folds, one row a dataset and encoder.

    Parameters
    ----------
    scores : sequence of xarray.Dataset
        Of each dataset.
    dimension : str
        ``comparison`` or ``group``.
    name : str
        Of the variable.
    kinds : mapping of str to str
        Kinds of models by coordinate.
    lenders : mapping of str to str
        Kinds of models whose folds, with the main encoder, say how far folds of others differ.

    Returns
    -------
    list of StoredRow
        Those whose value is finite, dataset by dataset.
    """
    rows: list[StoredRow] = []
    for of_dataset in scores:
        with_main = (row for row in _rows(of_dataset, dimension, name, lenders) if row.main)
        lender = next(with_main, None)
        stored = _rows(of_dataset, dimension, name, kinds)
        rows += [with_spread(row, lender, seed) for seed, row in enumerate(stored)]
    return rows


def _rows(
    scores: xr.Dataset, dimension: str, name: str, kinds: Mapping[str, str]
) -> Iterator[StoredRow]:
    prefix = PREFIXES[dimension]
    chosen = scores[f"{prefix}_split_method"] == MAIN_SPLIT_METHOD
    for coordinate, kind in kinds.items():
        chosen = chosen & (scores[coordinate] == kind)
    for index in np.flatnonzero(chosen):
        stored = scores.isel({dimension: index})
        value, error, folds = (stored[f"{name}{part}"].item() for part in ("", "_error", "_folds"))
        backbone = stored[f"{prefix}_backbone"].item()
        main, dataset = backbone == scores.attrs["backbone"], scores.attrs["dataset"]
        if math.isfinite(value):
            mean = FoldMean(value, stored[f"{name}_samples"].values, error, folds)
            seed = fold_seed(dataset, MAIN_SPLIT_METHOD, backbone, *kinds.values())
            yield StoredRow(dataset, backbone, main, folds, mean.draw(seed))


def with_spread(row: StoredRow, lender: StoredRow | None, seed: int) -> StoredRow:
    """Return the estimate; if it has one or two folds, with the bootstrap samples of a lender.

    The samples are recentred on its value and scaled by √(K_lender / K_row), K a number of folds.
    The molecules of one fold can be resampled, its training cannot; of two folds the standard
    deviation has one degree of freedom, and Student's t is 12.7. The lender is the same quantity on
    the same set, for other kinds of models or with another encoder. Its spread has the molecules of
    a fold in it.

    Parameters
    ----------
    row : StoredRow
        Of any number of folds; of :data:`ENOUGH` or more it stays as it is.
    lender : StoredRow or None
        Of more folds; if it has fewer than :data:`ENOUGH` or is missing, the row stays as it is.
    seed : int
        Of the order of the lender's samples: trainings of two rows do not fall alike.
    """
    if row.folds >= ENOUGH or lender is None or lender.folds < ENOUGH:
        return row
    value, scale = row.estimate.value, math.sqrt(lender.folds / row.folds)
    deviations = scale * (lender.estimate.samples - lender.estimate.value)
    samples = value + np.random.default_rng(seed).permutation(deviations)
    return replace(row, estimate=Estimate(value, samples), lent=True)
