"""The reference implementation of the SSNO, which the fast one is tested and timed against."""

from __future__ import annotations

from itertools import cycle

import torch
from torch import Tensor
from torch.nn import functional

from triptych.ssno.coordinates import periodic_coordinates
from triptych.ssno.domains import Sphere
from triptych.ssno.model import SSNO, WAVE_RANGE
from triptych.ssno.operators import FACTOR_POWERS, OUTPUT_POWER


def reference_ssno(model: SSNO, grid: tuple[int, ...]) -> ReferenceSSNO:
    """Return the reference implementation of a model, for fields on a grid of its domain."""
    form = ReferenceOnSphere if isinstance(model.domain, Sphere) else ReferenceSSNO
    return form(model, grid)


class ReferenceSSNO:
    """The formula of the paper on a box, a full-size FFT for every mention of a transform.

    It shares the weights of a model and nothing else: no multiplier is fused, no table, no band;
    all spectra are full-size, and a mask keeps the modes that are modelled. N is evaluated on the
    padded grid.
    """

    def __init__(self, model: SSNO, grid: tuple[int, ...]) -> None:
        self.model, self.grid, self.dim = model, grid, len(grid)
        self.padded = (model.padded_points,) * self.dim
        self.axes = tuple(range(-self.dim, 0))
        dtype = next(model.parameters()).dtype
        full = [torch.fft.fftfreq(n, 1 / n, dtype=dtype) for n in grid[:-1]]
        axes = [*full, torch.fft.rfftfreq(grid[-1], 1 / grid[-1], dtype=dtype)]
        self.indices = torch.stack(torch.meshgrid(*axes, indexing="ij"))
        self.mask = (self.indices.abs() <= model.cutoff).all(0)

    def fft(self, u: Tensor) -> Tensor:
        """Return the kept modes of a field on the model's grid."""
        return torch.fft.rfftn(u, dim=self.axes, norm="forward") * self.mask

    def ifft(self, c: Tensor) -> Tensor:
        return torch.fft.irfftn(c, s=self.grid, dim=self.axes, norm="forward")

    def to_padded(self, c: Tensor) -> Tensor:
        """Return a spectrum of the model's grid as a field on the padded one."""
        spectrum = c.new_zeros(*c.shape[: -self.dim], *self.padded[:-1], self.padded[-1] // 2 + 1)
        places = self.indices[:, self.mask].long()
        spectrum[(..., *places)] = c[..., self.mask]
        return torch.fft.irfftn(spectrum, s=self.padded, dim=self.axes, norm="forward")

    def from_padded(self, u: Tensor) -> Tensor:
        """Return the kept modes of a field on the padded grid as a spectrum of the model's."""
        spectrum = torch.fft.rfftn(u, dim=self.axes, norm="forward")
        places = self.indices[:, self.mask].long()
        result = spectrum.new_zeros(*u.shape[: -self.dim], *self.indices.shape[1:])
        result[..., self.mask] = spectrum[(..., *places)]
        return result

    def over_modes(self, network: torch.nn.Module) -> Tensor:
        """Return the values of a network, those of a real operator, ``(n, *modes)``."""
        size = self.indices.square().sum(0, keepdim=True).sqrt()

        def evaluate(indices: Tensor) -> Tensor:
            waves = torch.cat([indices, size]) * (WAVE_RANGE / self.model.cutoff)
            values = network(waves.movedim(0, -1)).movedim(-1, 0)
            return torch.complex(*values.chunk(2))

        here, there = evaluate(self.indices), evaluate(-self.indices)
        plane = self.indices[-1] == 0
        return torch.where(plane, 0.5 * (here + there.conj()), here) * self.mask

    def symbol(self) -> Tensor:
        """Return λ, ``(*modes, channels, channels)``."""
        channels = self.model.channels
        values = self.over_modes(self.model.symbol_network).movedim(0, -1)
        damping = functional.softplus(values[..., :channels].real)
        matrix = torch.diag_embed(torch.complex(-damping, values[..., :channels].imag))
        skew = torch.zeros_like(matrix)
        above = torch.triu_indices(channels, channels, 1)
        pairs = above.shape[1]
        skew[..., above[0], above[1]] = values[..., channels : channels + pairs]
        matrix = matrix + skew - skew.mH
        logarithms = functional.pad(values[..., channels + pairs :].real, (1, 0))
        weights = torch.diag_embed(logarithms.exp()).to(matrix.dtype)
        return torch.linalg.inv(weights) @ matrix @ weights

    def multipliers(self) -> Tensor:
        return self.over_modes(self.model.multiplier_network)

    def factors(self, spectrum: Tensor) -> Tensor:
        """Return the spectra of all factors of products, without their constant part."""
        features = [spectrum, *(g_j * spectrum for g_j in self.multipliers())]
        weights = torch.view_as_complex(self.model.mixing)
        return torch.einsum("pcj,bcj...->bp...", weights, torch.stack(features, 2))

    def read_out(self, products: Tensor) -> Tensor:
        """Return the mixtures of products as spectra, all outputs of them."""
        mask = self.model.mask.reshape(-1, *[1] * self.dim)
        spectra = self.from_padded(products * mask)
        readout = self.model.readout.to(spectra.dtype)
        return torch.einsum("cp,bp...->bc...", readout, spectra)

    def products(self, spectrum: Tensor) -> Tensor:
        """Return Π of a state."""
        constants = self.model.background[:, 0].reshape(-1, *[1] * self.dim)
        a, b = (self.to_padded(self.factors(spectrum)) + constants).chunk(2, 1)
        return self.read_out(a * b)

    def nonlinear(self, spectrum: Tensor) -> Tensor:
        model = self.model
        state = self.to_padded(spectrum)
        result = torch.zeros_like(spectrum)
        if model.products:
            result = result + self.products(spectrum)
        if model.spec.local:
            local = model.local_network(state.movedim(1, -1)).movedim(-1, 1)
            result = result + self.from_padded(local)
        if model.spec.forcing:
            where = periodic_coordinates(model.domain, model.band_points).to(state.dtype)
            forcing = model.forcing_network(where.movedim(0, -1)).movedim(-1, 0)
            result = result + self.fft(forcing)
        return result

    def step(self, state: Tensor) -> Tensor:
        h = self.model.dt / self.model.spec.substeps
        symbol = self.symbol()
        full, half = torch.linalg.matrix_exp(symbol * h), torch.linalg.matrix_exp(symbol * h / 2)

        def apply(operator: Tensor, v: Tensor) -> Tensor:
            return torch.einsum("...ij,bj...->bi...", operator, v)

        a = h * self.nonlinear(state)
        b = h * self.nonlinear(apply(half, state + a / 2))
        c = h * self.nonlinear(apply(half, state) + b / 2)
        d = h * self.nonlinear(apply(full, state) + apply(half, c))
        return apply(full, state) + (apply(full, a) + 2 * apply(half, b + c) + d) / 6

    def __call__(self, u: Tensor, steps: int) -> Tensor:
        states, state = [], self.fft(u)
        for _ in range(steps):
            for _ in range(self.model.spec.substeps):
                state = self.step(state)
            states.append(self.ifft(state))
        return torch.stack(states, 1)


class ReferenceOnSphere(ReferenceSSNO):
    """The same on the sphere, by the transforms of ``torch-harmonics`` alone, in double precision.

    A part of the products is of gradients, and an operator with the Laplacian follows all of them.
    """

    def __init__(self, model: SSNO, grid: tuple[int, ...]) -> None:
        from torch_harmonics import InverseRealSHT, InverseRealVectorSHT, RealSHT

        self.model, self.dim = model, 2
        size, points = model.cutoff + 1, model.padded_points
        band = {"lmax": size, "mmax": size, "grid": "legendre-gauss"}
        self.fft, self.ifft = (form(*grid, **band).double() for form in (RealSHT, InverseRealSHT))
        self.from_padded, self.to_padded, self.vector_to_padded = (
            form(points, 2 * points, **band).double()
            for form in (RealSHT, InverseRealSHT, InverseRealVectorSHT)
        )
        degree = torch.arange(size, dtype=torch.float64)
        self.degree, self.order = torch.meshgrid(degree, degree, indexing="ij")
        self.square = self.degree * (self.degree + 1)

    def over_modes(self, network: torch.nn.Module) -> Tensor:
        waves = torch.stack([self.order, self.square.sqrt()], -1) * WAVE_RANGE / self.model.cutoff
        real, imaginary = network(waves).movedim(-1, 0).chunk(2)
        return torch.complex(real, torch.where(self.order == 0, 0.0, imaginary))

    def laplacian_power(self, power: int) -> Tensor:
        """Return powers of ``l (l + 1)`` over their root mean square; degree 0 counts as 1."""
        values = self.square.clamp_min(2.0) ** power
        return values / values[self.degree > 0].square().mean().sqrt()

    def multipliers(self) -> Tensor:
        learned = super().multipliers()
        powers = zip(learned, cycle(FACTOR_POWERS), strict=False)
        return torch.stack([g * self.laplacian_power(power) for g, power in powers])

    def products(self, spectrum: Tensor) -> Tensor:
        model, factors = self.model, self.factors(spectrum).clone()
        factors[..., :2, 0] += model.background
        plain, differentiated = factors.tensor_split([2 * model.plain_products], 1)
        a, b = self.to_padded(plain).chunk(2, 1)
        gradients = torch.stack([differentiated, torch.zeros_like(differentiated)], -3)
        south, east = self.vector_to_padded(gradients).unbind(-3)
        (c_south, d_south), (c_east, d_east) = south.chunk(2, 1), east.chunk(2, 1)
        dot = c_south * d_south + c_east * d_east
        cross = c_south * d_east - c_east * d_south
        first, second = self.read_out(torch.cat([a * b, dot, cross], 1)).chunk(2, 1)
        operator = self.over_modes(model.output_network) * self.laplacian_power(OUTPUT_POWER)
        return first + operator * second
