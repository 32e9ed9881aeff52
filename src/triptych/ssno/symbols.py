"""The linear part that a model has learned, against that of the equation."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import xarray as xr
from torch import Tensor

from triptych.ssno.domains import Domain, Sphere
from triptych.ssno.model import SSNO
from triptych.ssno.system import System
from triptych.ssno.transforms import Transform

AMPLITUDE = 1e-2
"""Of a wave that is small enough for N to be linear in it, in units of the scale."""


@torch.no_grad()
def learned_symbol(model: SSNO, system: System) -> xr.Dataset:
    """Return growth rates by wavenumber: learned λ, learned λ plus the linear part of N, and true.

    ``N`` is allowed to be linear (through the constants of its factors, and through ``f_u``), so
    that Re λ alone need not be the growth rate of a small wave, and with Re λ ≤ 0 it cannot be
    where waves grow. The linear part of N on a wave is measured as ``[N(ε v) − N(−ε v)] / 2 ε``
    projected on the wave, around rest, channel by channel.

    Parameters
    ----------
    model : SSNO
        Trained on the system.
    system : System
        For its equation and grid.

    Returns
    -------
    xarray.Dataset
        In inverse units of time, each (channel, wavenumber): ``decay`` (Re of the diagonal of λ),
        ``growth`` (Re of λ + linear N) and ``true``. ``wavenumber`` is the index along the last
        axis on a box, the zonal degree on the sphere.
    """
    parameter = next(model.parameters())
    rest = torch.zeros(1, model.channels, *system.domain.grid(system.points)).to(parameter)
    transform = model.transform(rest)
    modes = _modes_on_axis(transform, system.domain)
    channels = range(model.channels)
    linear = torch.stack([_linear_part(model, transform, rest, c, modes) for c in channels])
    symbol = model.symbol(transform).diagonal().movedim(-1, 0)
    decay = symbol.real.flatten(1)[:, modes].cpu()
    exact = system.equation.linear(transform).flatten(1)[:, modes].cpu()
    dims = ("channel", "wavenumber")
    units = {"units": "1" if system.time_units == "1" else f"1 / {system.time_units}"}
    return xr.Dataset(
        {
            "decay": (dims, decay.numpy(), units),
            "growth": (dims, (decay + linear.cpu()).numpy(), units),
            "true": (dims, exact.numpy(), units),
        },
        coords={"channel": list(system.channels), "wavenumber": range(1, len(modes) + 1)},
    )


def learned_symbols(models: Mapping[int, SSNO], system: System) -> xr.Dataset:
    """Return the growth rates of models that differ in their seed.

    Parameters
    ----------
    models : mapping of int to SSNO
        By seed, all trained on the system.
    system : System
        As in :func:`learned_symbol`.

    Returns
    -------
    xarray.Dataset
        As from :func:`learned_symbol`; ``decay`` and ``growth`` are (seed, channel, wavenumber).
    """
    seeds = xr.DataArray(list(models), dims="seed", name="seed")
    symbols = [learned_symbol(model, system) for model in models.values()]
    learned = xr.concat([symbol[["decay", "growth"]] for symbol in symbols], seeds)
    return learned.assign(true=symbols[0].true)


def _modes_on_axis(transform: Transform, domain: Domain) -> Tensor:
    """Return the flat indices of modes 1 … cutoff along the last axis, or of zonal degrees."""
    index = transform.indices
    along, across = (0, slice(1, None)) if isinstance(domain, Sphere) else (-1, slice(0, -1))
    on_axis = (index[across] == 0).all(0) & (index[along] > 0)
    return on_axis.flatten().nonzero()[:, 0]


def _linear_part(
    model: SSNO, transform: Transform, rest: Tensor, channel: int, modes: Tensor
) -> Tensor:
    """Return the response of N to a small wave at each of the modes, per unit of the wave.

    One wave is in memory at a time: on a large grid N holds hundreds of times as much.
    """
    padded = model.padded(transform)
    nonlinear = model.nonlinear(model.operators(padded), padded, rest)
    responses = []
    for mode in modes.tolist():
        wave = torch.zeros(model.channels, transform.laplacian.numel()).to(transform.laplacian)
        wave[channel, mode] = AMPLITUDE
        states = torch.stack([wave, -wave]).unflatten(-1, transform.modes)
        response = nonlinear(torch.complex(states, torch.zeros_like(states)))
        positive, negative = response.real[:, channel].flatten(1)[:, mode]
        responses.append((positive - negative) / (2 * AMPLITUDE))
    return torch.stack(responses)
