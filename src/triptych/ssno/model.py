"""The stable spectral neural operator, on a periodic box of any dimension and on the sphere.

``û_t = λ û + F[N(u)]`` with a learned diagonal ``λ`` and a learned ``N = Π + f_u + f_x``, stepped
by integrating-factor RK4 (Zhang et al., arXiv:2512.11686). This is the fast form of it:

- for fixed weights the linear maps before a product collapse to one multiplier per channel and
  mode, and they are built once per call, not once per stage;
- the 1×1 convolution after the products commutes with the low-pass, so Π takes 2 P inverse
  transforms and C forward ones, which carry ``f_u`` and ``f_x`` too;
- all stages live on the band of modes that the low-pass keeps, and the transforms never see others;
- with one channel ``f_u`` is a function of one number and is tabulated.

The reference implementation, a transform for every mention of one, is in ``tests/reference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.ssno.coordinates import OCTAVES, coordinate_count, periodic_coordinates
from triptych.ssno.domains import Domain
from triptych.ssno.networks import ScalarTable, mlp, pointwise
from triptych.ssno.specs import ModelSpec
from triptych.ssno.stepping import explicit_step, integrating_factor_step
from triptych.ssno.transforms import TensorMap, Transform

WAVE_RANGE = 4.0
"""Size of the networks' inputs at the edge of the training band.

At 1 the ReLU kinks of a fresh network are spread too thin over the lowest modes, where operators
such as an inverse Laplacian turn fastest and where the energy is.
"""


@dataclass(frozen=True)
class Operators:
    """All that is fixed while the weights are: built once per call.

    Attributes
    ----------
    symbol
        λ, ``(channels, *modes)``.
    full, half
        ``exp(λ h)`` and ``exp(λ h / 2)`` of the step h.
    factors
        Multipliers from the state to both factors of every product, ``(2 P, channels, *modes)``;
        the left factors first. None without products.
    backgrounds
        Constant part of the factors, ``(2 P, *modes)``.
    readout
        From products to channels, ``(outputs × channels, P)``.
    outputs
        Multipliers after the products, ``(outputs, 1, *modes)``.
    forcing
        ``f_x`` on the grid, ``(channels, *grid)``; None when off.
    """

    symbol: Tensor
    full: Tensor
    half: Tensor
    factors: Tensor | None = None
    backgrounds: Tensor | None = None
    readout: Tensor | None = None
    outputs: Tensor | None = None
    forcing: Tensor | None = None


class SSNO(nn.Module):
    """Next states of a field from a learned spectral equation.

    Parameters
    ----------
    spec
        The shape of the model.
    domain
        Where the fields live.
    channels
        Components of the state.
    points
        Grid of the training data; it fixes, once and for all, the band of modes that is modelled,
        so that the model is the same function on every grid that resolves the band.
    dt
        Time between two states; a step takes ``dt / spec.substeps``.
    """

    def __init__(
        self, spec: ModelSpec, domain: Domain, channels: int, points: int, dt: float
    ) -> None:
        super().__init__()
        self.spec, self.domain, self.channels = spec, domain, channels
        self.dt, self.step = dt, dt / spec.substeps
        self.cutoff = domain.cutoff(points, spec.low_pass)
        self.products = spec.products + 2 * spec.gradient_products
        self._transforms: dict[tuple[int, torch.dtype, str], Transform] = {}
        transform = self._transform(points, torch.float32, torch.device("cpu"))
        inputs = len(transform.indices) + 1
        self.symbol_network = mlp(inputs, spec.hidden, 2 * channels)
        if self.products:
            self._add_products(inputs, len(transform.backgrounds))
        if spec.local:
            # Smooth, so that the tabulated function and its derivative are the network's, and so
            # that f_u of a resolved field is resolved.
            self.local_network = mlp(channels, spec.local, channels, nn.GELU)
        if spec.forcing:
            inputs = coordinate_count(domain, OCTAVES)
            self.forcing_network = mlp(inputs, spec.forcing, channels)

    def _add_products(self, inputs: int, backgrounds: int) -> None:
        spec, factors = self.spec, 2 * self.products
        bound = (self.channels * (spec.multipliers + 1)) ** -0.5
        mixing = torch.empty(factors, self.channels, spec.multipliers + 1, 2)
        self.multiplier_network = mlp(inputs, spec.hidden, 2 * spec.multipliers)
        self.mixing = nn.Parameter(mixing.uniform_(-bound, bound))
        self.background = nn.Parameter(torch.empty(factors, backgrounds).uniform_(-bound, bound))
        readout = torch.empty(spec.outputs * self.channels, self.products)
        # A fresh model is close to pure decay: with operators of high order among its factors, one
        # of unit size would blow up within a step.
        bound = 0.1 * self.products**-0.5
        self.readout = nn.Parameter(readout.uniform_(-bound, bound))
        self.mask = nn.Parameter(torch.ones(self.products))
        if spec.outputs > 1:
            self.output_network = mlp(inputs, spec.hidden, 2 * (spec.outputs - 1))

    def forward(self, field: Tensor, steps: int) -> Tensor:
        """Return the next states of a field.

        Parameters
        ----------
        field
            Scaled states, ``(batch, channels, *grid)``.
        steps
            How many, one ``dt`` apart.

        Returns
        -------
        Tensor, shape (batch, steps, channels, *grid)
            In units of the scale.

        Raises
        ------
        ValueError
            If the field is not on a grid of this model's domain.
        """
        transform = self.transform(field)
        operators = self.operators(transform, field)
        nonlinear = self.nonlinear(operators, transform, field)
        state, states = transform.forward(field), []
        for _ in range(steps):
            for _ in range(self.spec.substeps):
                state = self.advance(state, operators, nonlinear)
            states.append(state)
        return transform.inverse(torch.stack(states, 1))

    def transform(self, field: Tensor) -> Transform:
        """Return the transform from a field's grid to the model's band, or what is resolved of it.

        Parameters
        ----------
        field
            ``(batch, channels, *grid)``.

        Raises
        ------
        ValueError
            If the field is not on a grid of this model's domain.
        """
        points = field.shape[2] if field.ndim > 2 else 0
        if tuple(field.shape[2:]) != self.domain.grid(points):
            raise ValueError(f"a field of shape {tuple(field.shape)} is not on {self.domain}")
        return self._transform(points, field.dtype, field.device)

    def _transform(self, points: int, dtype: torch.dtype, device: torch.device) -> Transform:
        key = (points, dtype, str(device))
        if key not in self._transforms:
            cutoff = min(self.cutoff, self.domain.cutoff(points, 1.0))
            self._transforms[key] = self.domain.transform(
                points, cutoff, dtype=dtype, device=device
            )
        return self._transforms[key]

    def _over_modes(self, network: nn.Module, transform: Transform) -> Tensor:
        """Return complex values of a network over the band, ``(n, *modes)``, of a real operator.

        The inputs are integer wavenumbers in units fixed by the training band: the same mode has
        the same inputs on every grid.
        """
        waves = torch.cat([transform.indices, transform.magnitude.unsqueeze(0)])
        inputs = waves * (WAVE_RANGE / self.cutoff)
        values = network(inputs.movedim(0, -1)).movedim(-1, 0)
        return transform.hermitian(torch.complex(*values.chunk(2)))

    def symbol(self, transform: Transform) -> Tensor:
        """Return the learned ``λ(k)``.

        Returns
        -------
        Tensor of complex, shape (channels, *modes)
            In inverse units of time; its real part is negative if ``spec.decaying``.
        """
        raw = self._over_modes(self.symbol_network, transform)
        decay = -functional.softplus(raw.real) if self.spec.decaying else raw.real
        return torch.complex(decay, raw.imag)

    def operators(self, transform: Transform, field: Tensor) -> Operators:
        """Return everything that depends on the weights alone.

        Parameters
        ----------
        transform
            From :meth:`transform`.
        field
            ``(batch, channels, *grid)``, for its grid, dtype and device.
        """
        symbol = self.symbol(transform)
        exponent = symbol * self.step
        operators: dict[str, Tensor] = {}
        if self.products:
            operators |= self._product_operators(transform)
        if self.spec.forcing:
            points = transform.grid[0]
            coordinates = periodic_coordinates(self.domain, points, OCTAVES, field.device)
            operators["forcing"] = pointwise(
                self.forcing_network, coordinates.to(field.dtype)[None]
            )
        return Operators(symbol, exponent.exp(), (exponent / 2).exp(), **operators)

    def _powers(self, transform: Transform, orders: Sequence[int]) -> Tensor:
        """Return powers of ``|k|`` in the networks' units, ``(orders, *modes)``; 1 at the mean."""
        size = transform.magnitude * (WAVE_RANGE / self.cutoff)
        size = torch.where(size == 0, torch.ones_like(size), size)
        return torch.stack([size**order for order in orders])

    def _product_operators(self, transform: Transform) -> dict[str, Tensor]:
        learned = self._over_modes(self.multiplier_network, transform)
        if any(self.spec.orders):
            orders = self.spec.orders
            exponents = [orders[j % len(orders)] for j in range(self.spec.multipliers)]
            learned = learned * self._powers(transform, exponents)
        basis = torch.cat([torch.ones_like(learned[:1]), learned]).flatten(1)
        factors = (torch.view_as_complex(self.mixing) @ basis).unflatten(-1, transform.modes)
        backgrounds = self.background @ transform.backgrounds.flatten(1)
        operators = {
            # On the plane n_last = 0 a complex weight leaves a part that belongs to no real field;
            # the inverse transform has no use for it.
            "factors": factors,
            "backgrounds": backgrounds.unflatten(-1, transform.modes).to(factors.dtype),
            "readout": self.readout * self.mask,
        }
        if self.spec.outputs > 1:
            highest = [max(self.spec.orders)] * (self.spec.outputs - 1)
            outputs = self._over_modes(self.output_network, transform)
            outputs = outputs * self._powers(transform, highest)
            operators["outputs"] = torch.cat([torch.ones_like(outputs[:1]), outputs]).unsqueeze(1)
        return operators

    def nonlinear(self, operators: Operators, transform: Transform, field: Tensor) -> TensorMap:
        """Return the map from coefficients to those of ``N = Π + f_u + f_x``.

        Parameters
        ----------
        operators, transform
            From the methods of these names.
        field
            ``(batch, channels, *grid)``: a state like those to come, for the range of a table.

        Returns
        -------
        callable
            Maps complex ``(batch, channels, *modes)`` to the same shape, per unit of time.
        """
        local = self._local(field) if self.spec.local else None

        def term(state: Tensor) -> Tensor:
            # All that is added on the grid goes through one transform.
            parts = []
            if operators.factors is not None:
                parts.append(self._products(state, operators, transform))
            if local is not None:
                parts.append(self._among_outputs(local(transform.inverse(state))))
            if operators.forcing is not None:
                parts.append(self._among_outputs(operators.forcing))
            if not parts:
                return torch.zeros_like(state)
            spectrum = transform.forward(sum(parts[1:], parts[0]))
            if operators.outputs is None:
                return spectrum
            return (spectrum.unflatten(1, (self.spec.outputs, -1)) * operators.outputs).sum(1)

        return term

    def _local(self, field: Tensor) -> TensorMap:
        if self.channels == 1:
            return ScalarTable(self.local_network, field)
        return lambda u: pointwise(self.local_network, u)

    def _among_outputs(self, values: Tensor) -> Tensor:
        """Return channels on the grid as those of the first output, the identity."""
        if not self.products or self.spec.outputs == 1:
            return values
        missing = (self.spec.outputs - 1) * self.channels
        return functional.pad(values, (*[0, 0] * (values.ndim - 2), 0, missing))

    def _products(self, state: Tensor, operators: Operators, transform: Transform) -> Tensor:
        """Return Π on the grid before its outputs, ``(batch, outputs × channels, *grid)``."""
        assert operators.factors is not None
        assert operators.readout is not None
        spectra = _apply(operators.factors, state, operators.backgrounds)
        products = self._multiply(spectra, transform)
        readout = operators.readout.expand(len(products), -1, -1)
        return torch.bmm(readout, products.flatten(2)).unflatten(-1, products.shape[2:])

    def _multiply(self, spectra: Tensor, transform: Transform) -> Tensor:
        """Return the products on the grid: ``a b``, then ``∇a·∇b``, then ``r̂·∇a×∇b``."""
        pointwise, graded = self.spec.products, self.spec.gradient_products
        spectra, gradient_spectra = spectra.split([2 * pointwise, 4 * graded], 1)
        products = []
        if pointwise:
            left, right = transform.inverse(spectra).chunk(2, 1)
            products.append(left * right)
        if graded:
            left, a, right, b = transform.gradient(gradient_spectra).chunk(4, 1)
            products.append((left * right).sum(2))
            (a_south, a_east), (b_south, b_east) = a.unbind(2), b.unbind(2)
            products.append(a_south * b_east - a_east * b_south)
        return products[0] if len(products) == 1 else torch.cat(products, 1)

    def advance(self, state: Tensor, operators: Operators, nonlinear: TensorMap) -> Tensor:
        """Return the coefficients one step, ``dt / substeps``, later.

        Parameters
        ----------
        state
            Complex, ``(batch, channels, *modes)``.
        operators, nonlinear
            From the methods of these names.

        Returns
        -------
        Tensor of complex, shape (batch, channels, *modes)
            In units of the scale.
        """
        if not self.spec.integrating_factor:
            return explicit_step(state, operators.symbol, nonlinear, self.step)
        return integrating_factor_step(state, operators.full, operators.half, nonlinear, self.step)


def _apply(factors: Tensor, state: Tensor, backgrounds: Tensor | None) -> Tensor:
    """Return ``Σ_c factors[:, c] state[:, c] + backgrounds``, ``(batch, 2 P, *modes)``."""
    result = backgrounds
    for channel in range(state.shape[1]):
        part, values = factors[:, channel], state[:, channel : channel + 1]
        result = part * values if result is None else torch.addcmul(result, part, values)
    assert result is not None
    return result
