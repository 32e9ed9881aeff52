"""The spherical harmonic transform of real fields on the unit sphere.

The Legendre functions and their derivatives are those of ``torch-harmonics``; the sums over them
are written out here, because the model runs thousands of small transforms and the library's
version of them spends its time in copies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from triptych.ssno.transforms import Transform, apply_linear
from triptych.ssno.wavenumbers import highest_index


class Spherical:
    """Coefficients ``c(l, m)``, ``0 <= m <= l <= cutoff``, of orthonormal spherical harmonics.

    The grid is Gauss–Legendre in latitude, north to south, and equidistant in longitude: products
    of two fields of degree ``L`` are integrated exactly when ``3 L < 2 nlat``, and the round trip
    is exact to rounding. Coefficients with ``m > l`` exist in the array and are always zero.

    Parameters
    ----------
    grid
        Latitudes and longitudes.
    cutoff
        Largest degree of the band; all that the grid resolves when None.

    Raises
    ------
    ValueError
        If the grid does not resolve the cutoff.
    """

    def __init__(
        self,
        grid: tuple[int, int],
        cutoff: int | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        from torch_harmonics.quadrature import legendre_gauss_weights

        nlat, nlon = grid
        resolved = min(nlat - 1, highest_index(nlon))
        self.cutoff = resolved if cutoff is None else cutoff
        if not 1 <= self.cutoff <= resolved:
            raise ValueError(f"grid {grid} resolves degrees 1 … {resolved}, not {self.cutoff}")
        self.grid: tuple[int, ...] = (nlat, nlon)
        size = self.cutoff + 1
        self.modes: tuple[int, ...] = (size, size)
        degree = torch.arange(size, dtype=torch.float64, device=device)
        table = torch.stack(torch.meshgrid(degree, degree, indexing="ij"))
        self.indices = table.to(dtype)
        self.signed = self.indices[1:]
        squared = table[0] * (table[0] + 1)
        self.magnitude = squared.sqrt().to(dtype)
        self.laplacian = -squared.to(dtype)
        zonal = self.indices[1] == 0
        self.backgrounds = torch.stack(
            [zonal & (self.indices[0] == degree) for degree in (0, 1)]
        ).to(dtype)
        cosine, weights = legendre_gauss_weights(nlat, -1, 1)
        self.colatitude = np.arccos(cosine)[::-1].copy()
        self.weights = weights[::-1].copy()
        self._build_matrices(dtype, torch.device(device))

    @property
    def dim(self) -> int:
        return 2

    def _build_matrices(self, dtype: torch.dtype, device: torch.device) -> None:
        from torch_harmonics import InverseRealSHT, InverseRealVectorSHT

        nlat, nlon = self.grid
        size = self.cutoff + 1
        options = {"lmax": size, "mmax": size, "grid": "legendre-gauss"}
        values = InverseRealSHT(nlat, nlon, **options).pct.to(device, torch.float64)
        slopes = InverseRealVectorSHT(nlat, nlon, **options).dpct.to(device, torch.float64)
        degree = self.indices[0, :, 0].to(torch.float64)
        weights = torch.from_numpy(self.weights).to(device) * 2 * math.pi
        points = torch.arange(nlon, dtype=torch.float64, device=device)
        phase = 2 * math.pi / nlon * degree[:, None] * points
        pairs = torch.stack([phase.cos(), -phase.sin()], 1)
        # A derivative in longitude is a factor i m; the m sits in the table, the i here.
        turned = torch.stack([pairs[:, 1], -pairs[:, 0]], 1)
        twice = torch.where(degree == 0, 1.0, 2.0)[:, None, None]

        def out(table: Tensor, waves: Tensor) -> _Matrices:
            return _Matrices(table.to(dtype), (waves * twice).flatten(0, 1).to(dtype))

        def back(table: Tensor, waves: Tensor) -> _Matrices:
            return _Matrices((table * weights).to(dtype), (waves / nlon).flatten(0, 1).to(dtype))

        self._out, self._back = out(values, pairs), back(values, pairs)
        self._slopes_out = (out(slopes[0], pairs), out(slopes[1], turned))
        self._slopes_back = (back(slopes[0], pairs), back(slopes[1], turned))

    def forward(self, field: Tensor) -> Tensor:
        return _to_modes(field, self._back)

    def inverse(self, coefficients: Tensor) -> Tensor:
        return _to_grid(coefficients, self._out)

    def gradient(self, coefficients: Tensor) -> Tensor:
        """Return ``(∂_θ, ∂_φ / sin θ)`` on the grid, θ the colatitude and φ the longitude.

        Parameters
        ----------
        coefficients
            Of the field, complex, ``(…, *modes)``.

        Returns
        -------
        Tensor of real, shape (…, 2, latitude, longitude)
            Components to the south and to the east, in units of the field per radius.
        """
        return torch.stack([_to_grid(coefficients, m) for m in self._slopes_out], -3)

    def divergence(self, vector: Tensor) -> Tensor:
        """Return the coefficients of ``∇·F``, by parts: ``∫ Y* ∇·F = −∫ ∇Y*·F``.

        Parameters
        ----------
        vector
            Components to the south and to the east, real, ``(…, 2, latitude, longitude)``.

        Returns
        -------
        Tensor of complex, shape (…, *modes)
            In units of the field per radius.
        """
        south, east = (
            _to_modes(part, matrices)
            for part, matrices in zip(vector.unbind(-3), self._slopes_back, strict=True)
        )
        return -(south + east)

    def hermitian(self, values: Tensor) -> Tensor:
        zonal = torch.complex(values[..., :1].real, torch.zeros_like(values[..., :1].real))
        return torch.cat([zonal, values[..., 1:]], dim=-1)

    def coordinates(self) -> dict[str, np.ndarray]:
        nlon = self.grid[1]
        return {
            "latitude": 90.0 - np.rad2deg(self.colatitude),
            "longitude": np.arange(nlon) * (360.0 / nlon),
        }

    def embed(self, coefficients: Tensor, other: Transform) -> Tensor:
        size = min(self.cutoff, other.cutoff) + 1
        result = coefficients.new_zeros(*coefficients.shape[:-2], *other.modes)
        result[..., :size, :size] = coefficients[..., :size, :size]
        return result


@dataclass(frozen=True)
class _Matrices:
    """One way between coefficients and grid; the two directions are each other's adjoints.

    Attributes
    ----------
    legendre
        ``(m, l, latitude)``.
    longitude
        ``(m × (re, im), longitude)``.
    """

    legendre: Tensor
    longitude: Tensor


def _to_grid(coefficients: Tensor, matrices: _Matrices) -> Tensor:
    return apply_linear(coefficients, partial(_sum_modes, matrices), partial(_sum_points, matrices))


def _to_modes(field: Tensor, matrices: _Matrices) -> Tensor:
    return apply_linear(field, partial(_sum_points, matrices), partial(_sum_modes, matrices))


def _sum_modes(matrices: _Matrices, coefficients: Tensor) -> Tensor:
    """Return ``(…, latitude, longitude)`` from ``(…, l, m)``; one copy, two matrix products."""
    batch = coefficients.shape[:-2]
    degrees, orders = coefficients.shape[-2:]
    parts = torch.view_as_real(coefficients.reshape(-1, degrees, orders))
    # One product an order, over all fields and both parts: (m, re/im × field, l).
    rows = parts.permute(2, 3, 0, 1).reshape(orders, -1, degrees)
    circles = torch.bmm(rows, matrices.legendre).reshape(2 * orders, -1)
    field = circles.T @ matrices.longitude
    return field.reshape(*batch, matrices.legendre.shape[-1], -1)


def _sum_points(matrices: _Matrices, field: Tensor) -> Tensor:
    """Return ``(…, l, m)`` from ``(…, latitude, longitude)``."""
    batch = field.shape[:-2]
    orders, degrees, latitudes = matrices.legendre.shape
    circles = matrices.longitude @ field.reshape(-1, field.shape[-1]).T
    rows = torch.bmm(circles.reshape(orders, -1, latitudes), matrices.legendre.mT)
    parts = rows.reshape(orders, 2, -1, degrees).permute(2, 3, 0, 1)
    return torch.view_as_complex(parts.contiguous()).reshape(*batch, degrees, orders)
