"""The domains that systems live on; each knows its transform."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import torch

from triptych.ssno.fourier import DENSE_LIMIT, FastFourier, MatrixFourier
from triptych.ssno.spherical import Spherical
from triptych.ssno.transforms import Transform
from triptych.ssno.wavenumbers import cutoff_index, fast_length


class SpectralDomain:
    """What both domains have: transforms between grids and spectra; the latest are kept."""

    def transform(
        self,
        points: int,
        cutoff: int | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> Transform:
        """Return the transform of a grid.

        Parameters
        ----------
        points : int
            Along every axis of a box; latitudes of the sphere.
        cutoff : int, optional
            Largest index (box) or degree (sphere) of the band; all that the grid resolves when
            None.
        dtype : torch.dtype, optional
            Of the real arrays that it uses.
        device : torch.device or str, optional
            Where they are.

        Raises
        ------
        ValueError
            If the grid does not resolve the cutoff.
        """
        return _transform(self, points, cutoff, dtype, torch.device(device))


@dataclass(frozen=True)
class Box(SpectralDomain):
    """A periodic box of side ``length`` in ``dim`` dimensions, two or three.

    Raises
    ------
    ValueError
        If the side is not positive and finite, or the dimensions are others.
    """

    length: float
    dim: int
    diagonal_derivatives: ClassVar[bool] = True
    """Whether a derivative is diagonal in the modes, as ``ik`` is."""

    def __post_init__(self) -> None:
        if not (0 < self.length < math.inf and self.dim in (2, 3)):
            raise ValueError(f"a box has a positive length and 2 or 3 dimensions: {self}")

    def grid(self, points: int) -> tuple[int, ...]:
        """Return the grid with ``points`` points along every axis."""
        return (points,) * self.dim

    def cutoff(self, points: int, fraction: float) -> int:
        """Return the largest index of a low-pass; see :func:`.wavenumbers.cutoff_index`."""
        return cutoff_index(points, fraction)

    def points(self, cutoff: int) -> int:
        """Return the points along an axis of the coarsest even grid that resolves an index."""
        return 2 * (cutoff + 1)

    def fast_points(self, least: int) -> int:
        """Return how many points, from ``least`` on, are transformed fast."""
        return fast_length(least)


@dataclass(frozen=True)
class Sphere(SpectralDomain):
    """The unit sphere, ``points`` Gauss–Legendre latitudes by twice as many longitudes."""

    dim: ClassVar[int] = 2
    diagonal_derivatives: ClassVar[bool] = False
    """Along a meridian none is: it mixes degrees."""

    def grid(self, points: int) -> tuple[int, ...]:
        """Return ``(latitudes, longitudes)``."""
        return (points, 2 * points)

    def cutoff(self, points: int, fraction: float) -> int:
        """Return the largest degree of a low-pass; ``n`` latitudes have their limit at ``n``."""
        return cutoff_index(2 * points, fraction)

    def points(self, cutoff: int) -> int:
        """Return the latitudes of the coarsest grid that resolves a degree."""
        return cutoff + 1

    def fast_points(self, least: int) -> int:
        """Return ``least``: both axes are transformed by products with matrices."""
        return least


Domain = Box | Sphere


@lru_cache(maxsize=16)
def _transform(
    domain: Domain, points: int, cutoff: int | None, dtype: torch.dtype, device: torch.device
) -> Transform:
    """Make a transform; that takes longer than to use one for a step of a small model."""
    if isinstance(domain, Sphere):
        return Spherical((points, 2 * points), cutoff, dtype=dtype, device=device)
    form = MatrixFourier if points <= DENSE_LIMIT else FastFourier
    return form(domain.grid(points), domain.length, cutoff, dtype=dtype, device=device)
