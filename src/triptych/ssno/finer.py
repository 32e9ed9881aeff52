"""Band-limited fields between their grid points, where their expansions say what they are."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from triptych.ssno.domains import Box, Domain, Sphere

POINTS = 160
"""Least points along an axis of a picture: ten a wave at the limit of a grid of 32."""


def evaluate_finer(field: NDArray, domain: Domain, factor: int) -> NDArray[np.float64]:
    """Return a field on a finer grid of its domain, by the sum of its expansion.

    That is exact for every field that the grid resolves, as the truth and the SSNO's states are.
    What a baseline holds beyond (the waves at the very limit of a box, on the sphere degrees that
    the circles resolve but the latitudes do not) is left out.

    Parameters
    ----------
    field : ndarray of shape (..., *grid)
        Real and finite; on the sphere Gauss–Legendre latitudes, north to south, by twice as many
        longitudes.
    domain : Domain
        Where it lives.
    factor : int
        How many points stand for one along each axis; positive.

    Returns
    -------
    float64 ndarray of shape (..., *factor · grid)
        In the units of the field.
    """
    points = field.shape[-domain.dim]
    coarse = domain.transform(points)
    fine = domain.transform(factor * points, coarse.cutoff)
    values = torch.from_numpy(np.ascontiguousarray(field, dtype=np.float64))
    finer: NDArray[np.float64] = fine.inverse(coarse.forward(values)).numpy()
    return finer


def for_picture(field: xr.DataArray, points: int = POINTS) -> xr.DataArray:
    """Return a field on a plane or a sphere with at least so many points along an axis.

    Parameters
    ----------
    field : xarray.DataArray of shape (latitude, longitude) or (x, y)
        With the coordinates of its dimensions, in any order; a box is a square.
    points : int, optional
        Along its first axis, on the sphere the latitude.

    Returns
    -------
    float64 xarray.DataArray of shape (latitude, longitude) or (x, y)
        With finer coordinates, in the units of the field; a box keeps the order of its dimensions.
    """
    dims = [str(d) for d in field.dims]
    domain: Domain
    if "latitude" in dims:
        dims, domain = ["latitude", "longitude"], Sphere()
    else:
        axis = field[dims[0]].values
        domain = Box(float(axis[1] - axis[0]) * len(axis), len(dims))
    field = field.transpose(*dims)
    factor = -(-points // len(field))
    values = evaluate_finer(field.values, domain, factor)
    axes = domain.transform(len(values), 1).coordinates()
    return xr.DataArray(values, dims=dims, coords=dict(zip(dims, axes.values(), strict=True)))
