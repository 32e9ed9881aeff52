"""Coordinates of a grid as periodic channels, for the forcing network and for every baseline."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

from triptych.ssno.domains import Domain, Sphere

HARMONICS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Of the box, for fields that depend on the place.

All up to the forced wave of ``ns2d``, so that it does not stand out.
"""


@lru_cache(maxsize=8)
def periodic_coordinates(domain: Domain, points: int, device: torch.device | str = "cpu") -> Tensor:
    """Return channels that say where a point is, without a seam.

    On a box these are the sine and cosine of every axis at :data:`HARMONICS`. On the sphere they
    are the three Cartesian coordinates.

    Parameters
    ----------
    domain : Domain
    points : int
        Of the grid along an axis of a box; latitudes of the sphere.
    device : torch.device or str, optional
        Where to put them.

    Returns
    -------
    float32 Tensor of shape (n, *grid)
        Without units, between −1 and 1; see :func:`coordinate_count` for n.
    """
    axes = [torch.from_numpy(axis) for axis in domain.transform(points).coordinates().values()]
    grids = torch.meshgrid(*axes, indexing="ij")
    if isinstance(domain, Sphere):
        latitude, longitude = (degrees * (math.pi / 180) for degrees in grids)
        cos_latitude = latitude.cos()
        channels = [latitude.sin(), cos_latitude * longitude.cos(), cos_latitude * longitude.sin()]
    else:
        angles = [2 * math.pi * n / domain.length * x for n in HARMONICS for x in grids]
        channels = [wave for angle in angles for wave in (angle.sin(), angle.cos())]
    return torch.stack(channels).to(device, torch.float32)


def coordinate_count(domain: Domain) -> int:
    """Return the number of channels of :func:`periodic_coordinates`."""
    return 3 if isinstance(domain, Sphere) else 2 * domain.dim * len(HARMONICS)
