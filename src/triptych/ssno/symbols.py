"""The linear part that a model has learned, against that of the equation."""

from __future__ import annotations

import torch
import xarray as xr
from torch import Tensor

from triptych.ssno.domains import Domain, Sphere
from triptych.ssno.model import SSNO
from triptych.ssno.system import System
from triptych.ssno.transforms import Transform

AMPLITUDE = 1e-2


@torch.no_grad()
def learned_symbol(model: SSNO, system: System) -> xr.Dataset:
    """Return growth rates by wavenumber: learned λ, learned λ plus the linear part of N, and true.

    ``N`` is allowed to be linear (through the constants of its factors, and through ``f_u``), so
    that Re λ alone need not be the growth rate of a small wave, and with Re λ ≤ 0 it cannot be
    where waves grow. The linear part of N on a wave is measured as ``[N(ε v) − N(−ε v)] / 2 ε``
    projected on the wave, around rest, channel by channel.

    Parameters
    ----------
    model
        Trained on the system.
    system
        For its equation and grid.

    Returns
    -------
    xr.Dataset
        In inverse units of time: ``decay`` (Re λ), ``growth`` (Re of λ + linear N) and ``true``, by
        channel and ``wavenumber``: the index along the last axis on a box, the zonal degree on the
        sphere.
    """
    parameter = next(model.parameters())
    probe = torch.zeros(1, model.channels, *system.domain.grid(system.points)).to(parameter)
    transform = model.transform(probe)
    modes = _modes_on_axis(transform, system.domain)
    linear = torch.stack([_linear_part(model, transform, c, modes) for c in range(model.channels)])
    symbol = model.symbol(transform).diagonal().movedim(-1, 0)
    decay = symbol.real.flatten(1)[:, modes].cpu()
    exact = system.equation.linear(transform).flatten(1)[:, modes].cpu()
    dims = ("channel", "wavenumber")
    return xr.Dataset(
        {
            "decay": (dims, decay.numpy()),
            "growth": (dims, (decay + linear.cpu()).numpy()),
            "true": (dims, exact.numpy()),
        },
        coords={"channel": list(system.channels), "wavenumber": range(1, len(modes) + 1)},
    )


def _modes_on_axis(transform: Transform, domain: Domain) -> Tensor:
    """Return the flat indices of modes 1 … cutoff along the last axis, or of zonal degrees."""
    index = transform.indices
    along, across = (0, slice(1, None)) if isinstance(domain, Sphere) else (-1, slice(0, -1))
    on_line = (index[across] == 0).all(0) & (index[along] > 0)
    return on_line.flatten().nonzero()[:, 0]


def _linear_part(model: SSNO, transform: Transform, channel: int, modes: Tensor) -> Tensor:
    """Return the response of N to one small wave at each of the modes, per unit of the wave."""
    count = len(modes)
    size = transform.laplacian.numel()
    parts = torch.zeros(count, model.channels, size).to(transform.laplacian)
    parts[torch.arange(count), channel, modes] = AMPLITUDE
    waves = torch.complex(parts, torch.zeros_like(parts)).unflatten(-1, transform.modes)
    states = torch.cat([waves, -waves])
    field = transform.inverse(states)
    padded = model.padded(transform)
    nonlinear = model.nonlinear(model.operators(padded), padded, field)
    response = nonlinear(states).real[:, channel].flatten(1)
    positive, negative = (half.gather(1, modes[:, None])[:, 0] for half in response.chunk(2))
    return (positive - negative) / (2 * AMPLITUDE)
