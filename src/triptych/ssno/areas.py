"""The share of its domain that each grid point of a stored field stands for."""

from __future__ import annotations

import numpy as np
import xarray as xr


def grid_dims(field: xr.DataArray) -> list[str]:
    """Return the spatial dimensions: all but trajectory, time and channel.

    Parameters
    ----------
    field : xarray.DataArray of shape (..., *grid)
        Only its dimensions are looked at.

    Returns
    -------
    list of str
        In the order of the field.
    """
    return [str(d) for d in field.dims if d not in ("trajectory", "time", "channel")]


def area_weights(field: xr.DataArray) -> xr.DataArray:
    """Return the share of the domain that each grid point stands for; they sum to one.

    On the sphere these are the Gauss–Legendre weights of the latitudes, on a box they are equal.

    Parameters
    ----------
    field : xarray.DataArray of shape (..., *grid)
        Its values do not matter.

    Returns
    -------
    float64 xarray.DataArray of shape (*grid)
        Without units.
    """
    dims = grid_dims(field)
    weights = xr.ones_like(field.isel({d: 0 for d in field.dims if d not in dims}, drop=True))
    weights = weights.astype(np.float64)
    if "latitude" in dims:
        _, gauss = np.polynomial.legendre.leggauss(field.sizes["latitude"])
        weights = weights * xr.DataArray(gauss, dims="latitude")
    return weights / weights.sum()
