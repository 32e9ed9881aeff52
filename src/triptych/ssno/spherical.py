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
    grid : tuple of int
        Latitudes and longitudes.
    cutoff : int, optional
        Largest degree of the band; all that the grid resolves when None.
    dtype : torch.dtype, optional
        Of the real arrays that it uses.
    device : torch.device or str, optional

    Raises
    ------
    ValueError
        If the grid does not resolve the cutoff.
    """

    dim = 2

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

    def _build_matrices(self, dtype: torch.dtype, device: torch.device) -> None:
        from torch_harmonics import InverseRealSHT, InverseRealVectorSHT

        nlat, nlon = self.grid
        size = self.cutoff + 1
        options = {"lmax": size, "mmax": size, "grid": "legendre-gauss"}
        legendre = InverseRealSHT(nlat, nlon, **options).pct.to(device, torch.float64)
        slopes = InverseRealVectorSHT(nlat, nlon, **options).dpct.to(device, torch.float64)
        degree = self.indices[0, :, 0].to(torch.float64)
        weights = torch.from_numpy(self.weights).to(device) * 2 * math.pi
        points = torch.arange(nlon, dtype=torch.float64, device=device)
        phase = 2 * math.pi / nlon * degree[:, None] * points
        pairs = torch.stack([phase.cos(), -phase.sin()], 1)
        # A derivative in longitude is a factor i m; the m sits in the table, the i here.
        pairs_times_i = torch.stack([pairs[:, 1], -pairs[:, 0]], 1)
        multiplicity = torch.where(degree == 0, 1.0, 2.0)[:, None, None]

        def synthesis(tables: Tensor, waves: list[Tensor]) -> _Matrices:
            longitude = torch.stack([(wave * multiplicity).flatten(0, 1) for wave in waves])
            return _Matrices(tables.to(dtype).contiguous(), longitude.to(dtype))

        def analysis(tables: Tensor, waves: list[Tensor]) -> _Matrices:
            longitude = torch.stack([(wave / nlon).flatten(0, 1) for wave in waves])
            return _Matrices((tables * weights).to(dtype).contiguous(), longitude.to(dtype))

        self._synthesis = synthesis(legendre[None], [pairs])
        self._analysis = analysis(legendre[None], [pairs])
        self._slope_synthesis = synthesis(slopes, [pairs, pairs_times_i])
        self._slope_analysis = analysis(slopes, [pairs, pairs_times_i])

    def forward(self, field: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.forward`."""
        return _to_modes(field.unsqueeze(0), self._analysis)

    def inverse(self, coefficients: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.inverse`."""
        return _to_grid(coefficients, self._synthesis).squeeze(0)

    def gradient(self, coefficients: Tensor) -> Tensor:
        """Return ``(∂_θ, ∂_φ / sin θ)`` on the grid, θ the colatitude and φ the longitude.

        Parameters
        ----------
        coefficients : complex Tensor of shape (..., *modes)
            Of the field.

        Returns
        -------
        real Tensor of shape (..., 2, latitude, longitude)
            Components to the south and to the east, in units of the field per radius.
        """
        return _to_grid(coefficients, self._slope_synthesis).movedim(0, -3)

    def divergence(self, vector: Tensor) -> Tensor:
        """Return the coefficients of ``∇·F``, by parts: ``∫ Y* ∇·F = −∫ ∇Y*·F``.

        Parameters
        ----------
        vector : real Tensor of shape (..., 2, latitude, longitude)
            Components to the south and to the east.

        Returns
        -------
        complex Tensor of shape (..., *modes)
            In units of the field per radius.
        """
        return -_to_modes(vector.movedim(-3, 0), self._slope_analysis)

    def hermitian(self, values: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.hermitian`; orders above their degree stay."""
        zonal = torch.complex(values[..., :1].real, torch.zeros_like(values[..., :1].real))
        return torch.cat([zonal, values[..., 1:]], dim=-1)

    def coordinates(self) -> dict[str, np.ndarray]:
        """See :meth:`.transforms.Transform.coordinates`."""
        nlon = self.grid[1]
        return {
            "latitude": 90.0 - np.rad2deg(self.colatitude),
            "longitude": np.arange(nlon) * (360.0 / nlon),
        }

    def embed(self, coefficients: Tensor, other: Transform) -> Tensor:
        """See :meth:`.transforms.Transform.embed`."""
        size = min(self.cutoff, other.cutoff) + 1
        result = coefficients.new_zeros(*coefficients.shape[:-2], *other.modes)
        result[..., :size, :size] = coefficients[..., :size, :size]
        return result


@dataclass(frozen=True)
class _Matrices:
    """One way between coefficients and the components of a field: a field itself, or its slopes.

    The two directions are each other's adjoints.

    Attributes
    ----------
    legendre : Tensor of shape (component, m, l, latitude)
    longitude : Tensor of shape (component, m × (re, im), longitude)
    """

    legendre: Tensor
    longitude: Tensor


def _to_grid(coefficients: Tensor, matrices: _Matrices) -> Tensor:
    return apply_linear(coefficients, partial(_sum_modes, matrices), partial(_sum_points, matrices))


def _to_modes(components: Tensor, matrices: _Matrices) -> Tensor:
    return apply_linear(components, partial(_sum_points, matrices), partial(_sum_modes, matrices))


def _sum_modes(matrices: _Matrices, coefficients: Tensor) -> Tensor:
    """Return ``(component, …, latitude, longitude)`` from ``(…, l, m)``.

    One copy, whatever the number of components, and two matrix products a component.
    """
    batch = coefficients.shape[:-2]
    components, orders, degrees, latitudes = matrices.legendre.shape
    # One product an order, over all fields and both parts: (m, re/im × field, l). As a matrix that
    # is transposed the copy is twice as fast as by a permutation of four axes.
    pairs = torch.view_as_real(coefficients.contiguous()).reshape(-1, 2 * orders)
    rows = pairs.T.contiguous().view(orders, -1, degrees)
    circles = rows.new_empty(components, orders, rows.shape[1], latitudes)
    for circle, table in zip(circles, matrices.legendre, strict=True):
        torch.bmm(rows, table, out=circle)
    fields = torch.bmm(circles.view(components, 2 * orders, -1).mT, matrices.longitude)
    return fields.view(components, *batch, latitudes, -1)


def _sum_points(matrices: _Matrices, fields: Tensor) -> Tensor:
    """Return ``(…, l, m)`` from ``(component, …, latitude, longitude)``: their sum."""
    batch = fields.shape[1:-2]
    components, orders, degrees, latitudes = matrices.legendre.shape
    lines = fields.reshape(components, -1, fields.shape[-1])
    circles = torch.bmm(matrices.longitude, lines.mT).view(components, orders, -1, latitudes)
    rows = torch.bmm(circles[0], matrices.legendre[0].mT)
    for circle, table in zip(circles[1:], matrices.legendre[1:], strict=True):
        rows.baddbmm_(circle, table.mT)
    pairs = rows.view(orders, 2, -1, degrees).permute(2, 3, 0, 1).contiguous()
    return torch.view_as_complex(pairs).view(*batch, degrees, orders)
