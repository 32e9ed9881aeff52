"""The scores of rollouts by their formulas, on labelled fields."""

from __future__ import annotations

import numpy as np
import xarray as xr

from triptych.ssno.areas import area_weights, grid_dims


def relative_error(predicted: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    dims = ["channel", *grid_dims(truth)]
    weights = area_weights(truth)
    difference = (weights * (predicted - truth) ** 2).sum(dims, skipna=False)
    error = (difference / (weights * truth**2).sum(dims)) ** 0.5
    return error.where(finite(predicted), np.inf)


def correlation(predicted: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    dims = ["channel", *grid_dims(truth)]
    weights = area_weights(truth)
    a, b = centred(predicted), centred(truth)
    product = (weights * a * b).sum(dims, skipna=False)
    norm = ((weights * a**2).sum(dims, skipna=False) * (weights * b**2).sum(dims)) ** 0.5
    return (product / norm).where(finite(predicted), 0.0)


def centred(field: xr.DataArray) -> xr.DataArray:
    return field - (field * area_weights(field)).sum(grid_dims(field), skipna=False)


def finite(field: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(np.isfinite, field).all(["channel", *grid_dims(field)])
