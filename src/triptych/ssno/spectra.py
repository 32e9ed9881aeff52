"""Energy by wavenumber, and errors by band of wavenumbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
import xarray as xr

from triptych.ssno.domains import Box, Domain
from triptych.ssno.transforms import Transform

BANDS = ("low", "middle", "high")
"""Thirds of the wavenumbers that a grid resolves along an axis; corners beyond are high."""


def energy_spectrum(field: xr.DataArray, domain: Domain) -> xr.DataArray:
    """Return the energy ``½ Σ |c|²`` in shells of integer wavenumber, for each other entry.

    Parameters
    ----------
    field : xarray.DataArray of shape (..., *grid)
    domain : Domain
        Where the field lives.

    Returns
    -------
    float64 xarray.DataArray of shape (..., wavenumber)
        In squared units of the field. The shells add up to half its mean square, but for what the
        transform leaves out: waves at the limit of a box, on the sphere degrees above the latitudes
        less one. ``wavenumber`` is an integer, in index units (degree on the sphere).
    """
    transform, coefficients, lead = _coefficients(field, domain)
    shells = torch.round(transform.magnitude).to(torch.int64)
    energy = 0.5 * coefficients.abs().square() * _multiplicity(transform, domain)
    size = int(shells.max()) + 1
    result = torch.zeros(*energy.shape[: -transform.dim], size, dtype=torch.float64)
    result.index_add_(-1, shells.flatten(), energy.flatten(-transform.dim))
    return _labelled(result, field, lead, "wavenumber", np.arange(size))


def band_errors(predicted: xr.DataArray, truth: xr.DataArray, domain: Domain) -> xr.DataArray:
    """Return the error's norm in each third of the resolved wavenumbers over the truth's norm.

    Squared, the three add up to the squared relative error of what the grid resolves.

    Parameters
    ----------
    predicted, truth : xarray.DataArray of shape (..., channel, *grid)
    domain : Domain
        Where the fields live.

    Returns
    -------
    float64 xarray.DataArray of shape (..., band)
        By ``band`` (low, middle, high), without units; infinite where a prediction is not finite.
    """
    transform, difference, lead = _coefficients(predicted - truth, domain)
    _, reference, _ = _coefficients(truth, domain)
    weight = _multiplicity(transform, domain)
    axes = tuple(range(-transform.dim - 1, 0))
    norm = (reference.abs().square() * weight).sum(axes)
    edges = [0.0, transform.cutoff / 3, 2 * transform.cutoff / 3, np.inf]
    shares = []
    for low, high in pairwise(edges):
        inside = (transform.magnitude >= low) & (transform.magnitude < high)
        shares.append(((difference.abs().square() * weight * inside).sum(axes) / norm).sqrt())
    values = torch.nan_to_num(torch.stack(shares, -1), nan=torch.inf, posinf=torch.inf)
    lead = [d for d in lead if d != "channel"]
    return _labelled(values, truth, lead, "band", np.array(BANDS))


def _coefficients(field: xr.DataArray, domain: Domain) -> tuple[Transform, torch.Tensor, list[str]]:
    lead = [str(d) for d in field.dims[: -domain.dim]]
    transform = domain.transform(field.shape[-domain.dim])
    values = torch.from_numpy(np.ascontiguousarray(field.values, dtype=np.float64))
    return transform, transform.forward(values), lead


def _multiplicity(transform: Transform, domain: Domain) -> torch.Tensor:
    """Return how often each stored coefficient counts in the mean square of the field."""
    twice = torch.where(transform.indices[-1] == 0, 1.0, 2.0)
    return twice if isinstance(domain, Box) else twice / (4 * np.pi)


def _labelled(
    values: torch.Tensor, like: xr.DataArray, lead: list[str], name: str, labels: np.ndarray
) -> xr.DataArray:
    coords = {d: like.coords[d] for d in lead if d in like.coords}
    return xr.DataArray(values.numpy(), dims=[*lead, name], coords={**coords, name: labels})
