"""The stable spectral neural operator, on a periodic box and on the sphere.

``û_t = λ û + F[N(u)]`` with a learned ``λ``, diagonal in the modes, and a learned
``N = Π + f_u + f_x``, stepped by integrating-factor RK4 (Zhang et al., arXiv:2512.11686). This is
the fast form of it:

- for fixed weights the linear maps before a product collapse to one multiplier per channel and
  mode, and they are built once per call, not once per stage;
- the 1×1 convolution after the products commutes with the transform, so N takes (2 P + 1) C inverse
  transforms, in one batch, and C forward ones, or 2 C on the sphere;
- all stages live on the band of modes that the training grid resolves; what is nonlinear is
  evaluated on a padded grid, by transforms that never see a mode beyond the band;
- with one channel ``f_u`` is a function of one number and is tabulated.

The reference implementation, a transform for every mention of one, is in ``tests/reference``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.ssno.coordinates import coordinate_count, periodic_coordinates
from triptych.ssno.domains import Domain
from triptych.ssno.generators import apply_matrix, compose, exponential, generator, value_count
from triptych.ssno.networks import ScalarTable, mlp, pointwise
from triptych.ssno.products import multiply
from triptych.ssno.specs import ModelSpec
from triptych.ssno.stepping import explicit_step, integrating_factor_step
from triptych.ssno.transforms import TensorMap, Transform

WAVE_RANGE = 4.0
"""Size of the networks' inputs at the edge of the training band: at 1 the bends of a fresh network
are spread too thin over the lowest modes, where an inverse Laplacian turns fastest."""

FACTOR_POWERS = (-1, 0)
"""Powers of the Laplacian that the multipliers carry in turn where no derivative is diagonal: with
the first one too in both factors of a product, N would be too stiff for λ to damp."""

OUTPUT_POWER = 1
"""That of the operator after the products there."""


@dataclass(frozen=True)
class Operators:
    """All that is fixed while the weights are: built once per call.

    Attributes
    ----------
    symbol : complex Tensor of shape (channels, channels, *modes)
        λ, in inverse units of time.
    full, half : complex Tensor of shape (channels, channels, *modes)
        ``exp(λ h)`` and ``exp(λ h / 2)`` of the step h.
    factors : complex Tensor of shape (n, channels, *modes), optional
        Multipliers from the state to all that is evaluated on the grid: the left factors of the
        products, the right ones, the state itself for ``f_u``; then the fields whose gradients are
        multiplied. None where N needs no state.
    backgrounds : complex Tensor of shape (n, *modes), optional
        Constant part of the factors.
    readout : Tensor of shape (outputs × channels, products), optional
        From products to channels.
    outputs : complex Tensor of shape (outputs, 1, *modes), optional
        Multipliers after the products; None where the identity is alone.
    forcing : complex Tensor of shape (1, channels, *modes), optional
        Coefficients of ``f_x``; None when off.
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
    spec : ModelSpec
    domain : Domain
        Where the fields live.
    channels : int
        Components of the state.
    points : int
        Of the coarsest grid that holds all modes of the training data. It fixes, once and for all,
        the band of modes that is modelled and the padded grid, so that the model is the same
        function on every grid that resolves the band.
    dt : float
        Time between two states. A step takes ``dt / substeps``; ``substeps`` are those of the spec,
        or 1 in the coarse part of a training.
    """

    def __init__(
        self, spec: ModelSpec, domain: Domain, channels: int, points: int, dt: float
    ) -> None:
        super().__init__()
        self.spec, self.domain, self.channels = spec, domain, channels
        self.dt, self.substeps = dt, spec.substeps
        self.points, self.cutoff = points, domain.cutoff(points, 1.0)
        # The small excess keeps 3/2 * 24 = 36 from becoming 37.
        self.padded_points = domain.fast_points(math.ceil(spec.padding * points - 1e-9))
        gradient_pairs = 0 if domain.diagonal_derivatives else spec.products // 2
        self.gradient_products = gradient_pairs * channels
        self.plain_products = (spec.products - gradient_pairs) * channels
        self.products = self.plain_products + 2 * self.gradient_products
        self.outputs = 2 if self.gradient_products else 1
        transform = domain.transform(points, self.cutoff, dtype=torch.float32)
        squares = transform.magnitude[transform.magnitude > 0].square()
        self.smallest_square = float(squares.min())
        powers = (*FACTOR_POWERS, OUTPUT_POWER)
        self.power_rms = {p: float((squares**p).square().mean().sqrt()) for p in powers}
        inputs = len(transform.signed) + 1
        self.symbol_network = mlp(inputs, spec.hidden, 2 * value_count(channels))
        if self.products:
            self._add_products(inputs, len(transform.backgrounds))
        if spec.local:
            self.local_network = mlp(channels, spec.local, channels)
        if spec.forcing:
            self.forcing_network = mlp(coordinate_count(domain), spec.forcing, channels)

    @property
    def step(self) -> float:
        """Return the step of the integrating-factor scheme, in units of time."""
        return self.dt / self.substeps

    def _add_products(self, inputs: int, backgrounds: int) -> None:
        spec, factors = self.spec, 2 * (self.plain_products + self.gradient_products)
        bound = (self.channels * (spec.multipliers + 1)) ** -0.5
        mixing = torch.empty(factors, self.channels, spec.multipliers + 1, 2)
        self.multiplier_network = mlp(inputs, spec.hidden, 2 * spec.multipliers)
        self.mixing = nn.Parameter(mixing.uniform_(-bound, bound))
        self.background = nn.Parameter(torch.empty(factors, backgrounds).uniform_(-bound, bound))
        # A fresh model is pure decay: with operators of high order among its factors, products
        # would blow it up within a few steps.
        self.readout = nn.Parameter(torch.zeros(self.outputs * self.channels, self.products))
        self.mask = nn.Parameter(torch.ones(self.products))
        if self.outputs > 1:
            self.output_network = mlp(inputs, spec.hidden, 2 * (self.outputs - 1))

    def forward(self, field: Tensor, steps: int) -> Tensor:
        """Return the next states of a field.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)
            Scaled states.
        steps : int
            How many, one ``dt`` apart.

        Returns
        -------
        Tensor of shape (batch, steps, channels, *grid)
            In units of the scale.

        Raises
        ------
        ValueError
            If the field is not on a grid of this model's domain.
        """
        transform = self.transform(field)
        padded = self.padded(transform)
        operators = self.operators(padded)
        nonlinear = self.nonlinear(operators, padded, field)
        state, states = transform.forward(field), []
        for _ in range(steps):
            state = self.advance(state, operators, nonlinear)
            states.append(state)
        return transform.inverse(torch.stack(states, 1))

    def transform(self, field: Tensor) -> Transform:
        """Return the transform from a field's grid to the model's band, or what is resolved of it.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)

        Raises
        ------
        ValueError
            If the field is not on a grid of this model's domain.
        """
        points = field.shape[2] if field.ndim > 2 else 0
        if tuple(field.shape[2:]) != self.domain.grid(points):
            raise ValueError(f"a field of shape {tuple(field.shape)} is not on {self.domain}")
        cutoff = min(self.cutoff, self.domain.cutoff(points, 1.0))
        return self.domain.transform(points, cutoff, dtype=field.dtype, device=field.device)

    def padded(self, transform: Transform) -> Transform:
        """Return the transform of the same band to the grid on which N is evaluated.

        It is the same grid whatever the field's, so that coefficients do not depend on the latter.

        Parameters
        ----------
        transform : Transform
            From :meth:`transform`.
        """
        return self._on_grid(self.padded_points, transform)

    def _over_modes(self, network: nn.Module, transform: Transform) -> Tensor:
        """Return complex values of a network over the band, ``(n, *modes)``, of a real operator.

        The inputs are wavenumbers in units fixed by the training band: the same mode has the same
        inputs on every grid.
        """
        waves = torch.cat([transform.signed, transform.magnitude.unsqueeze(0)])
        inputs = waves * (WAVE_RANGE / self.cutoff)
        values = network(inputs.movedim(0, -1)).movedim(-1, 0)
        return transform.hermitian(torch.complex(*values.chunk(2)))

    def symbol(self, transform: Transform) -> Tensor:
        """Return the learned ``λ(k)``, a matrix between channels at every mode.

        Parameters
        ----------
        transform : Transform
            Its modes.

        Returns
        -------
        complex Tensor of shape (channels, channels, *modes)
            In inverse units of time; if ``spec.decaying``, its eigenvalues and its diagonal have
            negative real parts.
        """
        values = self._over_modes(self.symbol_network, transform)
        return generator(values, self.channels, decaying=self.spec.decaying)

    def operators(self, padded: Transform) -> Operators:
        """Return everything that depends on the weights alone.

        Parameters
        ----------
        padded : Transform
            From :meth:`padded`.

        Returns
        -------
        Operators
            Over the modes of ``padded``.
        """
        symbol = self.symbol(padded)
        half = exponential(symbol * (self.step / 2))
        operators: dict[str, Tensor] = {}
        if self.products or self.spec.local:
            operators |= self._factors(padded)
        if self.products:
            operators["readout"] = self.readout * self.mask
        if self.outputs > 1:
            learned = self._over_modes(self.output_network, padded)
            outputs = learned * self._laplacian_powers(padded, (OUTPUT_POWER,))
            operators["outputs"] = torch.cat([torch.ones_like(outputs), outputs]).unsqueeze(1)
        if self.spec.forcing:
            operators["forcing"] = self._forcing(padded)
        return Operators(symbol, compose(half, half), half, **operators)

    def _on_grid(self, points: int, like: Transform) -> Transform:
        """Return the transform of another grid to the same band, in the same precision."""
        dtype, device = like.magnitude.dtype, like.magnitude.device
        return self.domain.transform(points, like.cutoff, dtype=dtype, device=device)

    def _forcing(self, padded: Transform) -> Tensor:
        """Return the coefficients of ``f_x``, ``(1, channels, *modes)``.

        It is no function of the state: it is the same in every step, evaluated on the model's grid.
        """
        coarsest = self._on_grid(self.points, padded)
        coordinates = periodic_coordinates(self.domain, self.points, padded.magnitude.device)
        coordinates = coordinates.to(padded.magnitude.dtype).unsqueeze(0)
        return coarsest.forward(pointwise(self.forcing_network, coordinates))

    def _laplacian_powers(self, transform: Transform, powers: tuple[int, ...]) -> Tensor:
        """Return powers of ``|k|²``, ``(powers, *modes)``, of mean square 1 over their entries.

        In other units a step of a weight would change the model by more the higher the order of its
        operator: trainings blew up. The mean counts as the lowest mode beside it; on the sphere
        the entries of orders above the degree, which are no modes, count too.
        """
        square = transform.magnitude.square().clamp_min(self.smallest_square)
        return torch.stack([square**power / self.power_rms[power] for power in powers])

    def _factors(self, padded: Transform) -> dict[str, Tensor]:
        """Return the multipliers to all fields on the grid and their constant part."""
        plain, real = 2 * self.plain_products, padded.magnitude
        # Rows: factors of plain products, the state for f_u, factors of products of gradients.
        rows, constants = [], []
        if self.products:
            learned = self._over_modes(self.multiplier_network, padded)
            if not self.domain.diagonal_derivatives:
                powers = FACTOR_POWERS * math.ceil(len(learned) / len(FACTOR_POWERS))
                learned = learned * self._laplacian_powers(padded, powers[: len(learned)])
            basis = torch.cat([torch.ones_like(learned[:1]), learned]).flatten(1)
            # On the plane n_last = 0 a complex weight leaves a part that belongs to no real field;
            # the inverse transform has no use for it.
            mixed = (torch.view_as_complex(self.mixing) @ basis).unflatten(-1, padded.modes)
            constant = self.background @ padded.backgrounds.flatten(1)
            constant = constant.unflatten(-1, padded.modes)
            rows += [mixed[:plain], mixed[plain:]]
            constants += [constant[:plain], constant[plain:]]
        if self.spec.local:
            shape = (self.channels, self.channels, *[1] * padded.dim)
            identity = torch.eye(self.channels, dtype=real.dtype, device=real.device)
            rows.insert(1, identity.view(shape).expand(-1, -1, *padded.modes))
            constants.insert(1, real.new_zeros(self.channels, *padded.modes))
        factors, backgrounds = torch.cat(rows), torch.cat(constants)
        return {
            "factors": factors.to(real.dtype.to_complex()),
            "backgrounds": backgrounds.to(real.dtype.to_complex()),
        }

    def nonlinear(self, operators: Operators, padded: Transform, field: Tensor) -> TensorMap:
        """Return the map from coefficients to those of ``N = Π + f_u + f_x``.

        Parameters
        ----------
        operators : Operators
        padded : Transform
            From the methods of these names.
        field : Tensor of shape (batch, channels, *grid)
            Scaled states like those to come, for the reach of a table.

        Returns
        -------
        callable
            Maps complex ``(batch, channels, *modes)`` to the same shape, per unit of time.
        """
        local = self._local(field) if self.spec.local else None

        def term(state: Tensor) -> Tensor:
            # All that is added on the grid goes through one transform.
            summands = []
            if operators.factors is not None:
                spectra = apply_matrix(operators.factors, state, operators.backgrounds)
                differentiated = 2 * self.gradient_products
                sizes = [spectra.shape[1] - differentiated, differentiated]
                plain_spectra, gradient_spectra = spectra.split(sizes, 1)
                values = padded.inverse(plain_spectra)
                if operators.readout is not None:
                    slopes = padded.gradient(gradient_spectra) if differentiated else None
                    products, values = multiply(values, slopes, self.plain_products)
                    readout = operators.readout.expand(len(products), -1, -1)
                    product = torch.bmm(readout, products.flatten(2))
                    summands.append(product.unflatten(-1, padded.grid))
                if local is not None:
                    summands.append(self._as_first_output(local(values)))
            spectrum = torch.zeros_like(state)
            if summands:
                spectrum = padded.forward(sum(summands[1:], summands[0]))
                if operators.outputs is not None:
                    by_output = spectrum.unflatten(1, (self.outputs, -1))
                    spectrum = (by_output * operators.outputs).sum(1)
            return spectrum if operators.forcing is None else spectrum + operators.forcing

        return term

    def _local(self, field: Tensor) -> TensorMap:
        if self.channels == 1:
            return ScalarTable(self.local_network, field)
        return partial(pointwise, self.local_network)

    def _as_first_output(self, values: Tensor) -> Tensor:
        """Return channels on the grid as those of the first output, the identity."""
        missing = (self.outputs - 1) * self.channels
        return functional.pad(values, (*[0, 0] * (values.ndim - 2), 0, missing))

    def advance(self, state: Tensor, operators: Operators, nonlinear: TensorMap) -> Tensor:
        """Return the coefficients one ``dt`` later.

        Parameters
        ----------
        state : complex Tensor of shape (batch, channels, *modes)
        operators : Operators
        nonlinear : callable
            From the methods of these names.

        Returns
        -------
        complex Tensor of shape (batch, channels, *modes)
            In units of the scale.
        """
        linear, full, half = (
            partial(apply_matrix, matrix)
            for matrix in (operators.symbol, operators.full, operators.half)
        )
        for _ in range(self.substeps):
            if self.spec.integrating_factor:
                state = integrating_factor_step(state, full, half, nonlinear, self.step)
            else:
                state = explicit_step(state, linear, nonlinear, self.step)
        return state
