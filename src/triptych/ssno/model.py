"""The stable spectral neural operator, on a periodic box and on the sphere.

``û_t = λ û + F[N(u)]`` with a learned ``λ``, diagonal in the modes, and a learned
``N = Π + f_u + f_x``, stepped by integrating-factor RK4 (Zhang et al., arXiv:2512.11686).

On a box, with learned multipliers ``g_1 … g_K``, a mask ``m`` and a readout ``R``::

    φ = [û, g_1 û, …, g_K û]                          of every channel
    A = F⁻¹[W₁ φ + c₁],   B = F⁻¹[W₂ φ + c₂]
    Π = R (m ⊙ A ⊙ B)

``W₁`` and ``W₂`` are the rows of ``mixing``; ``c₁`` and ``c₂`` are constants in space, the rows of
``background``. On the sphere ``g_j`` carries ``|k|⁻²`` and 1 in turn, the constants come with the
sine of latitude, and half of the pairs are multiplied as gradients. A learned operator ``o``
follows the products::

    p = m ⊙ [A ⊙ B, ∇C·∇D, r̂·∇C×∇D]
    F[Π] = F[R₀ p] + o |k|² F[R₁ p]

The powers of ``|k|`` are in units in which their mean square is 1. This is the fast form of it:

- for fixed weights the linear maps before a product collapse to one multiplier per channel and
  mode, and they are built once per call, not once per stage;
- the 1×1 convolution R after the products commutes with the transform. On a box N takes
  (2 P + 1) C inverse transforms, in one batch, and C forward ones. On the sphere, P even, it takes
  those of (P + 1) C fields and of P C gradients, in two batches, and 2 C forward ones;
- all stages live on the band of modes that the training grid resolves; what is nonlinear is
  evaluated on a padded grid, by transforms that never see a mode beyond the band;
- with one channel ``f_u`` is a function of one number and is tabulated.

The reference implementation, a transform for every mention of one, is in ``tests/reference``.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.ssno.coordinates import coordinate_count, periodic_coordinates
from triptych.ssno.domains import Domain
from triptych.ssno.emulator import Emulator
from triptych.ssno.generators import apply_matrix, compose, exponential, generator, value_count
from triptych.ssno.networks import ScalarTable, mlp, pointwise
from triptych.ssno.operators import FACTOR_POWERS, OUTPUT_POWER, LaplacianPowers, Operators
from triptych.ssno.products import multiply
from triptych.ssno.specs import ModelSpec
from triptych.ssno.stepping import explicit_step, integrating_factor_step
from triptych.ssno.transforms import TensorMap, Transform

WAVE_RANGE = 4.0
"""Size of the networks' inputs at the edge of the training band: at 1 the bends of a fresh network
are spread too thin over the lowest modes, where an inverse Laplacian turns fastest."""


class SSNO(Emulator):
    """Next states of a field from a learned spectral equation.

    Parameters
    ----------
    spec : ModelSpec
    domain : Domain
        Where the fields live.
    channels : int
        Components of the state.
    band_points : int
        Points along an axis of the coarsest grid that holds all modes of the training data, as
        :attr:`.system.System.band_points`. It fixes, once and for all, the band of modes that is
        modelled and the padded grid, so that the model is the same function on every grid that
        resolves the band.
    dt : float
        Time between two states. A step takes ``dt / substeps``; ``substeps`` are those of the spec,
        or 1 in the coarse part of a training.

    Attributes
    ----------
    plain_products, gradient_products : int
        Pairs of fields, and of gradients, over all channels; each has two factors.
    products : int
        All products over channels and kinds: a pair of gradients gives two. It is not
        ``spec.products``, the pairs a channel.
    outputs : int
        Operators after the products, the identity among them: 1, or 2 with ``o |k|²``.
    mixing : Parameter of shape (2 × (plain_products + gradient_products), channels, K + 1, 2)
        Real and imaginary parts of W: its rows are those of A, B, C, D. Absent, like the three
        that follow, where there are no products.
    background : Parameter of shape (2 × (plain_products + gradient_products), n)
        Weights of the n fields in ``Transform.backgrounds``, in the rows of W. A constant has no
        gradient: its weight in C and D does nothing.
    readout : Parameter of shape (outputs × channels, products)
        R, the rows of R₀ before those of R₁.
    mask : Parameter of shape (products,)
        m.
    """

    def __init__(
        self, spec: ModelSpec, domain: Domain, channels: int, band_points: int, dt: float
    ) -> None:
        super().__init__()
        self.spec, self.domain, self.channels = spec, domain, channels
        self.dt, self.substeps = dt, spec.substeps
        self.band_points, self.cutoff = band_points, domain.cutoff(band_points, 1.0)
        # The small excess keeps 1.1 * 50 = 55.000…01 from becoming 56.
        self.padded_points = domain.fast_points(math.ceil(spec.padding * band_points - 1e-9))
        gradient_pairs = 0 if domain.diagonal_derivatives else spec.products // 2
        self.gradient_products = gradient_pairs * channels
        self.plain_products = (spec.products - gradient_pairs) * channels
        self.products = self.plain_products + 2 * self.gradient_products
        self.outputs = 2 if self.gradient_products else 1
        transform = domain.transform(band_points, self.cutoff, dtype=torch.float32)
        self.laplacian_powers = LaplacianPowers(transform.magnitude)
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

    def coarse(self, on: bool) -> None:
        """See :meth:`.emulator.Emulator.coarse`."""
        self.substeps = 1 if on else self.spec.substeps

    def penalty(self) -> Tensor | None:
        """Return the L1 norm of the mask, shape (), no units; None where there are no products."""
        return self.mask.abs().sum() if self.products else None

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
        """See :meth:`.emulator.Emulator.forward`.

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
        factors, backgrounds = self._factors(padded)
        return Operators(
            symbol=symbol,
            full=compose(half, half),
            half=half,
            factors=factors,
            backgrounds=backgrounds,
            readout=self.readout * self.mask if self.products else None,
            outputs=self._outputs(padded) if self.outputs > 1 else None,
            forcing=self._forcing(padded) if self.spec.forcing else None,
        )

    def _on_grid(self, points: int, like: Transform) -> Transform:
        """Return the transform of another grid to the same band, in the same precision."""
        dtype, device = like.magnitude.dtype, like.magnitude.device
        return self.domain.transform(points, like.cutoff, dtype=dtype, device=device)

    def _forcing(self, padded: Transform) -> Tensor:
        """Return the coefficients of ``f_x``, ``(1, channels, *modes)``.

        It is no function of the state: it is the same in every step, evaluated on the model's grid.
        """
        coarsest = self._on_grid(self.band_points, padded)
        coordinates = periodic_coordinates(self.domain, self.band_points, padded.magnitude.device)
        coordinates = coordinates.to(padded.magnitude.dtype).unsqueeze(0)
        return coarsest.forward(pointwise(self.forcing_network, coordinates))

    def _outputs(self, padded: Transform) -> Tensor:
        """Return the operators after the products, ``(outputs, 1, *modes)``."""
        learned = self._over_modes(self.output_network, padded)
        outputs = learned * self.laplacian_powers(padded.magnitude, (OUTPUT_POWER,))
        return torch.cat([torch.ones_like(outputs), outputs]).unsqueeze(1)

    def _factors(self, padded: Transform) -> tuple[Tensor | None, Tensor | None]:
        """Return the multipliers to all fields on the grid and their constant part, if any.

        Rows: factors of plain products, the state for ``f_u``, factors of products of gradients.
        """
        plain, real = 2 * self.plain_products, padded.magnitude
        rows, constants = [], []
        if self.products:
            mixed, constant = self._mixed(padded)
            rows.append(mixed[:plain])
            constants.append(constant[:plain])
        if self.spec.local:
            shape = (self.channels, self.channels, *[1] * padded.dim)
            identity = torch.eye(self.channels, dtype=real.dtype, device=real.device)
            rows.append(identity.view(shape).expand(-1, -1, *padded.modes))
            constants.append(real.new_zeros(self.channels, *padded.modes))
        if self.products:
            rows.append(mixed[plain:])
            constants.append(constant[plain:])
        if not rows:
            return None, None
        dtype = real.dtype.to_complex()
        return torch.cat(rows).to(dtype), torch.cat(constants).to(dtype)

    def _mixed(self, padded: Transform) -> tuple[Tensor, Tensor]:
        """Return the multipliers to all factors of products, and the factors' constant part."""
        learned = self._over_modes(self.multiplier_network, padded)
        if not self.domain.diagonal_derivatives:
            powers = FACTOR_POWERS * math.ceil(len(learned) / len(FACTOR_POWERS))
            learned = learned * self.laplacian_powers(padded.magnitude, powers[: len(learned)])
        basis = torch.cat([torch.ones_like(learned[:1]), learned]).flatten(1)
        # On the plane n_last = 0 a complex weight leaves a part that belongs to no real field; the
        # inverse transform has no use for it.
        mixed = torch.view_as_complex(self.mixing) @ basis
        constant = self.background @ padded.backgrounds.flatten(1)
        return mixed.unflatten(-1, padded.modes), constant.unflatten(-1, padded.modes)

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
