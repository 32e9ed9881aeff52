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

    Returns
    -------
    xr.Dataset
        ``decay`` (Re λ), ``growth`` (Re of λ + linear N) and ``true``, by channel and
        ``wavenumber``: the index along the last axis on a box, the zonal degree on the sphere.
    """
    parameter = next(model.parameters())
    probe = torch.zeros(1, model.channels, *system.domain.grid(system.points)).to(parameter)
    transform = model.transform(probe)
    places = _line(transform, system.domain)
    linear = torch.stack([_linear_part(model, transform, c, places) for c in range(model.channels)])
    decay = model.symbol(transform).real.flatten(1)[:, places].cpu()
    exact = system.equation.linear(transform).flatten(1)[:, places].cpu()
    dims = ("channel", "wavenumber")
    return xr.Dataset(
        {
            "decay": (dims, decay.numpy()),
            "growth": (dims, (decay + linear.cpu()).numpy()),
            "true": (dims, exact.numpy()),
        },
        coords={"channel": list(system.channels), "wavenumber": range(1, len(places) + 1)},
    )


def _line(transform: Transform, domain: Domain) -> Tensor:
    """Return the flat places of modes 1 … cutoff along the last axis, or of zonal degrees."""
    index = transform.indices
    along, across = (0, slice(1, None)) if isinstance(domain, Sphere) else (-1, slice(0, -1))
    on_line = (index[across] == 0).all(0) & (index[along] > 0)
    return on_line.flatten().nonzero()[:, 0]


def _linear_part(model: SSNO, transform: Transform, channel: int, places: Tensor) -> Tensor:
    """Return the response of N to one small wave at each of the places, per unit of the wave."""
    count = len(places)
    size = transform.laplacian.numel()
    parts = torch.zeros(count, model.channels, size).to(transform.laplacian)
    parts[torch.arange(count), channel, places] = AMPLITUDE
    waves = torch.complex(parts, torch.zeros_like(parts)).unflatten(-1, transform.modes)
    both = torch.cat([waves, -waves])
    field = transform.inverse(both)
    nonlinear = model.nonlinear(model.operators(transform, field), transform, field)
    answer = nonlinear(both).real[:, channel].flatten(1)
    up, down = (half.gather(1, places[:, None])[:, 0] for half in answer.chunk(2))
    return (up - down) / (2 * AMPLITUDE)
