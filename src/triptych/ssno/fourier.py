"""The Fourier transform of real fields on a periodic box of two or three dimensions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor

from triptych.ssno.transforms import TensorMap, Transform, apply_linear
from triptych.ssno.wavenumbers import highest_index

DENSE_LIMIT = 32
"""Axes up to this long are transformed by a product with the pruned Fourier matrix.

On one core, in float32, this is as fast as FFTs over the band's lines alone at 32² and 24³; at 64²
the FFTs are ahead by 1.6 to the grid and 2.2 from it, at 128² by 2.8 and 3.7.
"""

PIECE_BYTES = 2**20
"""Fields of this size together go through the FFTs of all axes at a time: they stay in the cache.

On one core this is 3 to 4 times as fast as one call for 200 fields at 64² to 192².
"""


class Fourier(ABC):
    """Coefficients ``c(n)`` of ``u(x) = Σ_n c(n) exp(2πi n·x / L)``, ``|n_i| <= cutoff``.

    The last axis keeps ``0 … cutoff`` only, since the field is real; the others run ``-cutoff …
    cutoff`` in ascending order. No Nyquist mode is ever part of a band, and the only place where a
    real field still constrains its own coefficients is the plane ``n_last = 0``, where
    ``c(-n) = conj c(n)``.

    The forms differ in how they get from one to the other; they agree to rounding.

    Parameters
    ----------
    grid : tuple of int
        Points along each axis.
    length : float
        Side of the box.
    cutoff : int, optional
        Largest index of the band; all that the grid resolves when None.
    dtype : torch.dtype, optional
        Of the real arrays that it uses.
    device : torch.device or str, optional

    Raises
    ------
    ValueError
        If the grid does not resolve the cutoff.
    """

    def __init__(
        self,
        grid: tuple[int, ...],
        length: float,
        cutoff: int | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> None:
        resolved = highest_index(min(grid))
        self.cutoff = resolved if cutoff is None else cutoff
        if not 1 <= self.cutoff <= resolved:
            raise ValueError(f"grid {grid} resolves indices 1 … {resolved}, not {self.cutoff}")
        self.grid = tuple(grid)
        self.length = length
        device = torch.device(device)
        full = torch.arange(-self.cutoff, self.cutoff + 1, dtype=torch.float64, device=device)
        axes = [full] * (len(grid) - 1) + [full[self.cutoff :]]
        indices = torch.stack(torch.meshgrid(*axes, indexing="ij"))
        self.modes = tuple(indices.shape[1:])
        wave = indices * (2 * math.pi / length)
        self.indices = self.signed = indices.to(dtype)
        self.magnitude = indices.square().sum(0).sqrt().to(dtype)
        self.wavenumbers = wave.to(dtype)
        self.laplacian = -wave.square().sum(0).to(dtype)
        self.backgrounds = (self.magnitude == 0).to(dtype).unsqueeze(0)
        self._prepare(dtype, device)

    @abstractmethod
    def _prepare(self, dtype: torch.dtype, device: torch.device) -> None:
        """Make what the form needs on every call."""

    @property
    def dim(self) -> int:
        """Number of grid axes."""
        return len(self.grid)

    def forward(self, field: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.forward`."""
        return apply_linear(field, self._analyse, self._analyse_adjoint)

    def inverse(self, coefficients: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.inverse`."""
        return apply_linear(coefficients, self._synthesise, self._synthesise_adjoint)

    @abstractmethod
    def _synthesise(self, coefficients: Tensor) -> Tensor:
        """Return ``Σ_n c(n) exp(2πi n·x / L)`` on the grid."""

    @abstractmethod
    def _synthesise_adjoint(self, grad: Tensor) -> Tensor:
        """Return the gradient by coefficients of one by the field."""

    @abstractmethod
    def _analyse(self, field: Tensor) -> Tensor:
        """Return the band's coefficients of a field."""

    @abstractmethod
    def _analyse_adjoint(self, grad: Tensor) -> Tensor:
        """Return the gradient by the field of one by coefficients."""

    def gradient(self, coefficients: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.gradient`."""
        spectra = 1j * self.wavenumbers * coefficients.unsqueeze(-1 - self.dim)
        return self.inverse(spectra)

    def divergence(self, vector: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.divergence`."""
        return (1j * self.wavenumbers * self.forward(vector)).sum(-1 - self.dim)

    def hermitian(self, values: Tensor) -> Tensor:
        """See :meth:`.transforms.Transform.hermitian`."""
        # Only the plane n_last = 0 holds both members of a conjugate pair.
        plane = values[..., :1]
        mirrored = plane.flip(tuple(range(-self.dim, -1)))
        return torch.cat([0.5 * (plane + mirrored.conj()), values[..., 1:]], dim=-1)

    def coordinates(self) -> dict[str, np.ndarray]:
        """See :meth:`.transforms.Transform.coordinates`."""
        names = ("x", "y", "z")[: self.dim]
        return {
            name: np.arange(n) * (self.length / n) for name, n in zip(names, self.grid, strict=True)
        }

    def embed(self, coefficients: Tensor, other: Transform) -> Tensor:
        """See :meth:`.transforms.Transform.embed`."""
        common = min(self.cutoff, other.cutoff)
        result = coefficients.new_zeros(*coefficients.shape[: -self.dim], *other.modes)
        target = result
        for axis in range(-self.dim, 0):
            # The last axis starts at index 0, the others at minus their cutoff.
            below = 0 if axis == -1 else common
            start, target_start = (0 if axis == -1 else t.cutoff - common for t in (self, other))
            coefficients = coefficients.narrow(axis, start, below + common + 1)
            target = target.narrow(axis, target_start, below + common + 1)
        target.copy_(coefficients)
        return result


class MatrixFourier(Fourier):
    """Products with Fourier matrices of the band's waves alone, an axis at a time."""

    def _prepare(self, dtype: torch.dtype, device: torch.device) -> None:
        index = torch.arange(self.cutoff + 1, dtype=torch.float64, device=device)
        matrices = []
        for n in self.grid[:-1]:
            points = torch.arange(n, dtype=torch.float64, device=device)
            phase = 2 * math.pi / n * points[:, None] * index
            matrices.append(torch.cat([phase.cos(), phase[:, 1:].sin()], 1))
        self._synthesis = [m.to(dtype) for m in matrices]
        self._synthesis_adjoint = [m.T.contiguous().to(dtype) for m in matrices]
        self._analysis = [m / n for m, n in zip(self._synthesis_adjoint, self.grid, strict=False)]
        self._analysis_adjoint = [m / n for m, n in zip(self._synthesis, self.grid, strict=False)]
        n = self.grid[-1]
        points = torch.arange(n, dtype=torch.float64, device=device)
        phase = 2 * math.pi / n * index[:, None] * points
        pairs = torch.stack([phase.cos(), -phase.sin()], 1).flatten(0, 1)
        weight = torch.where(index == 0, 1.0, 2.0).repeat_interleave(2)
        self._last_synthesis = (pairs * weight[:, None]).to(dtype)
        self._last_synthesis_adjoint = self._last_synthesis.T.contiguous()
        self._last_analysis_adjoint = (pairs / n).to(dtype)
        self._last_analysis = self._last_analysis_adjoint.T.contiguous()

    def _synthesise(self, coefficients: Tensor) -> Tensor:
        return self._to_real(coefficients, self._synthesis, self._last_synthesis)

    def _synthesise_adjoint(self, grad: Tensor) -> Tensor:
        return self._to_complex(grad, self._synthesis_adjoint, self._last_synthesis_adjoint)

    def _analyse(self, field: Tensor) -> Tensor:
        return self._to_complex(field, self._analysis, self._last_analysis)

    def _analyse_adjoint(self, grad: Tensor) -> Tensor:
        return self._to_real(grad, self._analysis_adjoint, self._last_analysis_adjoint)

    def _to_real(self, values: Tensor, matrices: list[Tensor], last: Tensor) -> Tensor:
        for axis in range(self.dim - 2):
            values = _synthesise_along(matrices[axis], values, axis - self.dim).movedim(
                0, axis - self.dim
            )
        # The axis before the last stays in front until the end: one product, nothing is copied.
        values = _synthesise_along(matrices[-1], values, -2)
        return (torch.view_as_real(values).flatten(-2) @ last).movedim(0, -2)

    def _to_complex(self, values: Tensor, matrices: list[Tensor], last: Tensor) -> Tensor:
        values = _analyse_in_front(matrices[-1], values.movedim(-2, 0) @ last).movedim(0, -2)
        for axis in range(self.dim - 3, -1, -1):
            front = torch.view_as_real(values.movedim(axis - self.dim, 0).contiguous())
            values = _analyse_in_front(matrices[axis], front.flatten(-2))
            values = values.movedim(0, axis - self.dim)
        return values


class FastFourier(Fourier):
    """FFTs of the band's lines alone, an axis at a time."""

    def _prepare(self, dtype: torch.dtype, device: torch.device) -> None:
        # All modes but those of index 0 stand for their conjugates as well.
        self._weight = torch.full((self.cutoff + 1,), 2.0, dtype=dtype, device=device)
        self._weight[0] = 1.0
        self._piece = max(1, PIECE_BYTES // (math.prod(self.grid) * dtype.itemsize))

    def _synthesise(self, coefficients: Tensor) -> Tensor:
        return self._to_grid(coefficients)

    def _synthesise_adjoint(self, grad: Tensor) -> Tensor:
        return self._to_band(grad, "backward") * self._weight

    def _analyse(self, field: Tensor) -> Tensor:
        return self._to_band(field, "forward")

    def _analyse_adjoint(self, grad: Tensor) -> Tensor:
        return self._to_grid(grad / (self._weight * math.prod(self.grid)))

    def _to_band(self, field: Tensor, norm: str) -> Tensor:
        dtype = field.dtype.to_complex()
        return self._in_pieces(lambda v: self._piece_to_band(v, norm), field, self.modes, dtype)

    def _to_grid(self, coefficients: Tensor) -> Tensor:
        dtype = coefficients.dtype.to_real()
        return self._in_pieces(self._piece_to_grid, coefficients, self.grid, dtype)

    def _in_pieces(
        self, transform: TensorMap, values: Tensor, shape: tuple[int, ...], dtype: torch.dtype
    ) -> Tensor:
        """Return ``transform(values)``, on a CPU by calls whose fields fit its cache."""
        batch = values.shape[: -self.dim]
        if batch.numel() <= self._piece or values.device.type != "cpu":
            return transform(values)
        result = values.new_empty(batch.numel(), *shape, dtype=dtype)
        pieces = values.flatten(0, -1 - self.dim).split(self._piece)
        for piece, target in zip(pieces, result.split(self._piece), strict=True):
            target.copy_(transform(piece))
        return result.unflatten(0, batch)

    def _piece_to_band(self, field: Tensor, norm: str) -> Tensor:
        """Return the band's part of the FFT, axis by axis: what is cut is not transformed on."""
        values = torch.fft.rfft(field, norm=norm)[..., : self.cutoff + 1]
        for axis in range(-2, -1 - self.dim, -1):
            lines = torch.fft.fft(values, dim=axis, norm=norm)
            below = lines.narrow(axis, -self.cutoff, self.cutoff)
            values = torch.cat([below, lines.narrow(axis, 0, self.cutoff + 1)], axis)
        return values

    def _piece_to_grid(self, coefficients: Tensor) -> Tensor:
        """Return ``Σ_n c(n) exp(i n x)`` by FFTs, axis by axis: no line of zeros is transformed."""
        values = coefficients
        for axis in range(-self.dim, -1):
            shape = list(values.shape)
            shape[axis] = self.grid[axis]
            lines = values.new_zeros(shape)
            lines.narrow(axis, 0, self.cutoff + 1).copy_(
                values.narrow(axis, self.cutoff, self.cutoff + 1)
            )
            lines.narrow(axis, -self.cutoff, self.cutoff).copy_(values.narrow(axis, 0, self.cutoff))
            values = torch.fft.ifft(lines, dim=axis, norm="forward")
        return torch.fft.irfft(values, n=self.grid[-1], norm="forward")


def _synthesise_along(matrix: Tensor, values: Tensor, axis: int) -> Tensor:
    """Return ``Σ_m exp(i m x) v(m)`` along an axis of coefficients, that axis in front.

    With ``v(m) ± v(−m)`` the waves are real, cos and sin: half the arithmetic of complex ones, and
    one product for all the other axes together.
    """
    front = values.movedim(axis, 0)
    cutoff = len(front) // 2
    below, above = front[:cutoff].flip(0), front[cutoff + 1 :]
    folded = torch.cat([front[cutoff : cutoff + 1], above + below, 1j * (above - below)])
    points = matrix @ torch.view_as_real(folded).flatten(1)
    return torch.view_as_complex(points.view(len(matrix), *front.shape[1:], 2))


def _analyse_in_front(matrix: Tensor, pairs: Tensor) -> Tensor:
    """Return ``Σ_x exp(−i m x) u(x)`` along the first axis of (re, im) pairs, modes in front."""
    waves = (matrix @ pairs.flatten(1)).view(len(matrix), *pairs.shape[1:-1], -1, 2)
    waves = torch.view_as_complex(waves)
    cutoff = len(matrix) // 2
    cosine, sine = waves[1 : cutoff + 1], 1j * waves[cutoff + 1 :]
    return torch.cat([(cosine + sine).flip(0), waves[:1], cosine - sine])
