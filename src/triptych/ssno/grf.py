"""Random initial fields that are the same function on every grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from triptych.ssno.domains import Box, Domain
from triptych.ssno.transforms import Transform, inverse_laplacian

SAMPLED_CUTOFF = {2: 31, 3: 15}
"""Largest index drawn, by dimension, so that a field is the same on every grid. Beyond it spectra
hold 1e-4 of the variance on ``ks2d`` and ``sh2d``, 0.8 % on ``ns2d`` and 2 % in 3D; those of the
rougher sets 0.3, 4 and 10 %."""

NOISE_VARIANCE = {2: 2.0, 3: 1.0}
"""``E|ξ + i η|²`` by dimension, as published: two unit normals in 2D, a unit complex one in 3D."""


@dataclass(frozen=True)
class GaussianField:
    """Gaussian random field of spectral density ``∝ (|k|² + τ²)^(−α)``, zero mean.

    ``u(x) = Re Σ_k √2 σ (|k|² + τ²)^(−α/2) (ξ + i η) exp(i k·x)`` over integer wavenumbers, with
    ``σ = ½ τ^(½(2α − d))`` and normal ξ, η of the same variance, which depends on the dimension:
    see :data:`NOISE_VARIANCE` (Li et al., ICLR 2021, arXiv:2010.08895, and the paper's generators).

    Attributes
    ----------
    alpha, tau : float
        Smoothness and inverse correlation length, in integer wavenumbers.
    amplitude : float, optional
        Factor on the whole field.
    """

    alpha: float
    tau: float
    amplitude: float = 1.0

    def sample(
        self, domain: Domain, transform: Transform, count: int, rng: np.random.Generator
    ) -> Tensor:
        """Return the coefficients of random fields; see :class:`.system.InitialCondition`.

        Raises
        ------
        ValueError
            On the sphere.
        """
        if not isinstance(domain, Box):
            raise ValueError("a Gaussian field in this form lives on a box, not on a sphere")
        cutoff = SAMPLED_CUTOFF[domain.dim]
        band = domain.transform(2 * cutoff + 1)
        # The sum above runs over all k; a half-space of it with u real takes the mean of the
        # coefficient at k and the conjugate of the one at -k, which is again normal with half the
        # variance. Drawing the half-space at that variance gives the same law.
        spread = 0.5 * self.tau ** (0.5 * (2 * self.alpha - domain.dim))
        spread *= (NOISE_VARIANCE[domain.dim] / 2) ** 0.5
        decay = (band.magnitude.square() + self.tau**2) ** (-self.alpha / 2)
        noise = rng.standard_normal((2, count, 1, *band.modes))
        coefficients = torch.from_numpy(noise[0] + 1j * noise[1]) * (spread * decay)
        # hermitian() averages the pairs of the plane n_last = 0 and would halve their variance.
        coefficients[..., 0] *= 2**0.5
        coefficients = band.hermitian(coefficients)
        coefficients[band.magnitude.expand(coefficients.shape) == 0] = 0
        return self.amplitude * band.embed(coefficients, transform)


@dataclass(frozen=True)
class BandField:
    """Isotropic random field on the sphere with energy around one degree.

    ``c(l, m)`` is complex normal with variance ``∝ exp(−(l − centre)² / 2 width²)``, scaled so that
    the field has the given root mean square in expectation, where the band holds all of it: degrees
    beyond are cut. Degree 0 is empty.

    Attributes
    ----------
    centre, width : float
        Degree at which the spectrum peaks, and its width.
    rms : tuple of float
        Root mean square of each channel, in the units of the state; 0 leaves a channel at rest.
    """

    centre: float
    width: float
    rms: tuple[float, ...]

    def sample(
        self, domain: Domain, transform: Transform, count: int, rng: np.random.Generator
    ) -> Tensor:
        """Return the coefficients of random fields; see :class:`.system.InitialCondition`.

        Raises
        ------
        ValueError
            On a box.
        """
        if isinstance(domain, Box):
            raise ValueError("a band of degrees lives on the sphere, not on a box")
        cutoff = int(self.centre + 4 * self.width)
        band = domain.transform(cutoff + 1)
        degree, order = band.indices
        variance = torch.exp(-((degree - self.centre) ** 2) / (2 * self.width**2))
        variance = variance * (degree > 0) * (order <= degree)
        # The mean square of the field is Σ |c|² / 4π, orders m > 0 counted twice.
        total = (variance * torch.where(order == 0, 1.0, 2.0)).sum() / (4 * np.pi)
        noise = rng.standard_normal((2, count, len(self.rms), *band.modes))
        zonal = torch.where(order == 0, 1.0, 0.5**0.5)
        coefficients = torch.from_numpy(noise[0] + 1j * noise[1]) * zonal
        coefficients = band.hermitian(coefficients) * (variance / total).sqrt()
        scale = torch.tensor(self.rms, dtype=torch.float64)[:, None, None]
        return band.embed(coefficients * scale, transform)


@dataclass(frozen=True)
class BalancedFlow:
    """Vorticity in a band of degrees, no divergence, and the geopotential that balances it.

    Linear balance, ``Δφ = ∇·(f ∇ψ)`` with ``Δψ = ζ`` and ``f = 2Ω cos θ``: without it the first
    hours would be one burst of gravity waves.

    Attributes
    ----------
    centre, width, rms : float
        The vorticity's spectrum and its root mean square, as in ``BandField``.
    rotation : float
        Ω, radians per unit of time.
    """

    centre: float
    width: float
    rms: float
    rotation: float

    def sample(
        self, domain: Domain, transform: Transform, count: int, rng: np.random.Generator
    ) -> Tensor:
        """Return coefficients of vorticity, divergence and geopotential.

        As :class:`.system.InitialCondition` says, with three channels.

        Raises
        ------
        ValueError
            On a box.
        """
        band = BandField(self.centre, self.width, (self.rms,))
        # Drawn on the CPU, like every field, but scaled by what is on the transform's device.
        vorticity = band.sample(domain, transform, count, rng).to(transform.laplacian.device)
        inverse = inverse_laplacian(transform)
        cosine = torch.from_numpy(np.sin(np.deg2rad(transform.coordinates()["latitude"])))
        coriolis = 2 * self.rotation * cosine[:, None].to(transform.laplacian)
        geopotential_slope = coriolis * transform.gradient(inverse * vorticity)
        geopotential = inverse * transform.divergence(geopotential_slope)
        return torch.cat([vorticity, torch.zeros_like(vorticity), geopotential], 1)
