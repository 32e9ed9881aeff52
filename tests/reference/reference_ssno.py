"""The reference implementation of the SSNO, which the fast one is tested and timed against."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from triptych.ssno.coordinates import OCTAVES, periodic_coordinates
from triptych.ssno.model import SSNO, WAVE_RANGE


class ReferenceSSNO:
    """The formula of the paper on a box, a full-size FFT for every mention of a transform.

    It shares the weights of a model and nothing else: no multiplier is fused, no table, no band;
    the low-pass is a mask.
    """

    def __init__(self, model: SSNO, grid: tuple[int, ...]) -> None:
        self.model, self.grid, self.dim = model, grid, len(grid)
        self.axes = tuple(range(-self.dim, 0))
        full = [torch.fft.fftfreq(n, 1 / n) for n in grid[:-1]]
        axes = [*full, torch.fft.rfftfreq(grid[-1], 1 / grid[-1])]
        self.indices = torch.stack(torch.meshgrid(*axes, indexing="ij"))
        self.mask = (self.indices.abs() <= model.cutoff).all(0)

    def fft(self, u: Tensor) -> Tensor:
        return torch.fft.rfftn(u, dim=self.axes)

    def ifft(self, c: Tensor) -> Tensor:
        return torch.fft.irfftn(c, s=self.grid, dim=self.axes)

    def over_modes(self, network: torch.nn.Module) -> Tensor:
        size = self.indices.square().sum(0, keepdim=True).sqrt()

        def evaluate(indices: Tensor) -> Tensor:
            waves = torch.cat([indices, size]) * (WAVE_RANGE / self.model.cutoff)
            values = network(waves.movedim(0, -1)).movedim(-1, 0)
            return torch.complex(*values.chunk(2))

        here, there = evaluate(self.indices), evaluate(-self.indices)
        plane = self.indices[-1] == 0
        return torch.where(plane, 0.5 * (here + there.conj()), here) * self.mask

    def nonlinear(self, u: Tensor) -> Tensor:
        model, spectrum = self.model, self.fft(u)
        result = torch.zeros_like(u)
        if model.products:
            g = self.over_modes(model.multiplier_network)
            features = [spectrum, *(g_j * spectrum for g_j in g)]
            phi = torch.stack(features, 2)
            weights = torch.view_as_complex(model.mixing)
            mixed = torch.einsum("pcj,bcj...->bp...", weights, phi)
            constants = model.background[:, 0].reshape(-1, *[1] * self.dim)
            fields = self.ifft(mixed) + constants
            a, b = fields.chunk(2, 1)
            product = a * b * model.mask.reshape(-1, *[1] * self.dim)
            product = self.ifft(self.fft(product) * self.mask)
            result = result + torch.einsum("cp,bp...->bc...", model.readout, product)
        if model.spec.local:
            values = u.movedim(1, -1)
            result = result + model.local_network(values).movedim(-1, 1)
        if model.spec.forcing:
            where = periodic_coordinates(model.domain, self.grid[0], OCTAVES)
            forcing = model.forcing_network(where.movedim(0, -1)).movedim(-1, 0)
            result = result + forcing
        return result

    def step(self, u: Tensor) -> Tensor:
        dt = self.model.dt
        raw = self.over_modes(self.model.symbol_network)
        symbol = torch.complex(-functional.softplus(raw.real), raw.imag)
        full, half = torch.exp(symbol * dt), torch.exp(symbol * dt / 2)

        def low(v: Tensor) -> Tensor:
            return self.ifft(self.fft(v) * self.mask)

        def apply(operator: Tensor, v: Tensor) -> Tensor:
            return self.ifft(operator * self.fft(v))

        u = low(u)
        a = dt * low(self.nonlinear(u))
        b = dt * low(self.nonlinear(apply(half, u + a / 2)))
        c = dt * low(self.nonlinear(apply(half, u) + b / 2))
        d = dt * low(self.nonlinear(apply(full, u) + apply(half, c)))
        return apply(full, u) + (apply(full, a) + 2 * apply(half, b + c) + d) / 6

    def __call__(self, u: Tensor, steps: int) -> Tensor:
        states = []
        for _ in range(steps):
            u = self.step(u)
            states.append(u)
        return torch.stack(states, 1)
