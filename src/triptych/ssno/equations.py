"""The equations, each a linear symbol and a nonlinear term in spectral space.

Everything is ``û_t = L û + N(û)`` with ``û`` of shape ``(batch, channels, *modes)``. These are what
the data are made from; the learned model never sees them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from triptych.ssno.transforms import TensorMap, Transform, inverse_laplacian


class Equation(Protocol):
    """A partial differential equation with a diagonal stiff part."""

    def linear(self, transform: Transform) -> Tensor:
        """Return the symbol ``L`` of the linear part.

        Parameters
        ----------
        transform : Transform
            Its modes.

        Returns
        -------
        real Tensor of shape (channels, *modes)
            In inverse units of time, in the precision of the transform.
        """

    def nonlinear(self, transform: Transform) -> TensorMap:
        """Return the nonlinear part ``N``.

        Parameters
        ----------
        transform : Transform
            To the grid on which products are taken, and back.

        Returns
        -------
        callable
            Maps coefficients, complex128, ``(batch, channels, *modes)``, to those of their rate of
            change, in the same shape and per unit of time.
        """


@dataclass(frozen=True)
class KuramotoSivashinsky:
    """``u_t = −½ |∇u|² − Δu − Δ²u``, in more than one dimension.

    References
    ----------
    Kuramoto, Prog. Theor. Phys. Suppl. 64, 346 (1978); Sivashinsky, Acta Astronaut. 4, 1177 (1977).
    """

    def linear(self, transform: Transform) -> Tensor:
        """See :meth:`.equations.Equation.linear`; one channel."""
        lap = transform.laplacian
        return (-lap - lap.square()).unsqueeze(0)

    def nonlinear(self, transform: Transform) -> TensorMap:
        """See :meth:`.equations.Equation.nonlinear`; one channel."""

        def term(u: Tensor) -> Tensor:
            slope = transform.gradient(u)
            return transform.forward(-0.5 * slope.square().sum(-1 - transform.dim))

        return term


@dataclass(frozen=True)
class SwiftHohenberg:
    """``u_t = r u − (1 + ℓ² Δ)² u − u³``.

    Attributes
    ----------
    growth : float, optional
        ``r``, the growth rate of the critical mode.
    length_squared : float, optional
        ``ℓ²``: the critical wavenumber is ``1/ℓ``; on the sphere ``1 / (l_c (l_c + 1))``.

    References
    ----------
    Swift and Hohenberg, Phys. Rev. A 15, 319 (1977).
    """

    growth: float = 1.0
    length_squared: float = 1.0

    def linear(self, transform: Transform) -> Tensor:
        """See :meth:`.equations.Equation.linear`; one channel."""
        symbol = self.growth - (1 + self.length_squared * transform.laplacian).square()
        return symbol.unsqueeze(0)

    def nonlinear(self, transform: Transform) -> TensorMap:
        """See :meth:`.equations.Equation.nonlinear`; one channel."""
        return lambda u: transform.forward(-(transform.inverse(u) ** 3))


@dataclass(frozen=True)
class NavierStokes:
    """Vorticity on a square: ``ω_t = −∇·(u ω) + ν Δω + F cos(n x)``, ``u = (∂_y, −∂_x)(−Δ)⁻¹ ω``.

    Attributes
    ----------
    viscosity : float, optional
        ν.
    forcing : float, optional
        Amplitude of the forcing; 0 switches it off.
    forced_index : int, optional
        Its integer wavenumber ``n`` along the first axis.

    References
    ----------
    Zhang et al., arXiv:2512.11686.
    """

    viscosity: float = 1 / 500
    forcing: float = 0.1
    forced_index: int = 8

    def linear(self, transform: Transform) -> Tensor:
        """See :meth:`.equations.Equation.linear`; one channel."""
        return (self.viscosity * transform.laplacian).unsqueeze(0)

    def nonlinear(self, transform: Transform) -> TensorMap:
        """See :meth:`.equations.Equation.nonlinear`; one channel.

        Raises
        ------
        ValueError
            If the band does not hold the forced wave.
        """
        if self.forcing and transform.cutoff < self.forced_index:
            raise ValueError(
                f"the forcing has index {self.forced_index}, the band ends at {transform.cutoff}"
            )
        inverse = inverse_laplacian(transform)
        first, second = transform.indices
        forced = (first.abs() == self.forced_index) & (second == 0)
        forcing = 0.5 * self.forcing * forced

        def term(vorticity: Tensor) -> Tensor:
            slope = transform.gradient(-inverse * vorticity)
            field = transform.inverse(vorticity)
            flux = torch.stack([slope[..., 1, :, :] * field, -slope[..., 0, :, :] * field], -3)
            return forcing - transform.divergence(flux)

        return term


@dataclass(frozen=True)
class ShallowWater:
    """Rotating shallow water on the unit sphere: vorticity, divergence, geopotential.

    ``ζ_t = −∇·(u (ζ+f))``, ``δ_t = r̂·∇×(u (ζ+f)) − Δ(φ + ½|u|²)``, ``φ_t = −∇·(u (Φ + φ))``,
    with ``f = 2Ω cos θ`` and hyperdiffusion ``−κ (−Δ)²`` on all three but for degrees 0 and 1
    (mean, rigid rotation), which is the stiff part. Time is in days and length in radii, so the
    Earth has ``Ω = 2π``; the third channel is the deviation ``φ`` from the mean geopotential ``Φ``.

    Attributes
    ----------
    rotation : float
        Ω, radians a day.
    mean_geopotential : float
        Φ, squared radii a squared day: the speed of gravity waves squared.
    hyperdiffusion : float
        κ, radii to the fourth a day.

    References
    ----------
    Williamson et al., J. Comput. Phys. 102, 211 (1992), section 2, without orography.
    """

    rotation: float
    mean_geopotential: float
    hyperdiffusion: float

    def linear(self, transform: Transform) -> Tensor:
        """See :meth:`.equations.Equation.linear`; three channels."""
        symbol = -self.hyperdiffusion * transform.laplacian.square()
        # Rigid rotation is not diffused; it is angular momentum.
        symbol = torch.where(transform.indices[0] > 1, symbol, torch.zeros_like(symbol))
        return symbol.expand(3, *transform.modes)

    def nonlinear(self, transform: Transform) -> TensorMap:
        """See :meth:`.equations.Equation.nonlinear`; three channels."""
        inverse = inverse_laplacian(transform)
        coriolis = torch.zeros(transform.modes, dtype=torch.complex128)
        # cos θ = sqrt(4π/3) Y_10.
        coriolis[1, 0] = 2 * self.rotation * (4 * torch.pi / 3) ** 0.5
        coriolis = coriolis.to(transform.laplacian.device)

        def term(state: Tensor) -> Tensor:
            vorticity, divergence, phi = state.unbind(1)
            potentials = inverse * torch.stack([vorticity, divergence], 1)
            stream_slope, potential_slope = transform.gradient(potentials).unbind(1)
            velocity = _velocity(stream_slope, potential_slope)
            scalars = transform.inverse(torch.stack([vorticity + coriolis, phi], 1))
            absolute_vorticity, phi_on_grid = scalars[:, :1], scalars[:, 1:]
            flux = velocity * absolute_vorticity
            rotated_flux = torch.stack([-flux[:, 1], flux[:, 0]], 1)
            energy = transform.forward(0.5 * velocity.square().sum(1))
            return torch.stack(
                [
                    -transform.divergence(flux),
                    -transform.divergence(rotated_flux) - transform.laplacian * (energy + phi),
                    -transform.divergence(velocity * phi_on_grid)
                    - self.mean_geopotential * divergence,
                ],
                1,
            )

        return term


def _velocity(stream_slope: Tensor, potential_slope: Tensor) -> Tensor:
    """Return ``r̂ × ∇ψ + ∇χ`` of gradients ``(batch, (south, east), *grid)``, in that shape."""
    # r̂ × (south, east) = (−east, south).
    return torch.stack(
        [
            potential_slope[:, 0] - stream_slope[:, 1],
            potential_slope[:, 1] + stream_slope[:, 0],
        ],
        1,
    )
