"""The one place that says what a wavenumber is.

A field on a periodic box is stored as the coefficients of a *band*: all modes whose integer index
``n`` satisfies ``|n_i| <= cutoff`` along every axis. The last axis keeps ``0 … cutoff`` only (the
field is real), the others run ``-cutoff … cutoff`` in ascending order. Cutting a band out *is* the
low-pass: no Nyquist mode is ever part of one, and the only place where a real field still
constrains its own coefficients is the plane ``n_last = 0``, where ``c(-n) = conj c(n)``.

An integer index ``n`` belongs to the physical wavenumber ``k = 2π n / L`` on a box of side ``L``.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

DEALIAS_QUADRATIC = 2 / 3
"""Largest fraction of the Nyquist index at which a product of two fields is free of aliases."""

DEALIAS_CUBIC = 1 / 2
"""The same for a product of three fields."""


def highest_index(points: int) -> int:
    """Return the largest index that ``points`` equidistant points resolve, Nyquist excluded."""
    return (points - 1) // 2


def cutoff_index(points: int, fraction: float = 1.0) -> int:
    """Return the largest index kept by a low-pass at ``fraction`` of the Nyquist index.

    Parameters
    ----------
    points
        Grid points along one axis.
    fraction
        ``2/3`` frees quadratic, ``1/2`` cubic products from aliases; 1 keeps all but Nyquist.

    Raises
    ------
    ValueError
        If the fraction is not in (0, 1] or leaves nothing but the mean.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"low-pass fraction must lie in (0, 1], got {fraction}")
    # The small excess keeps 2/3 * 24 / 2 = 8 from becoming 7.999….
    index = min(highest_index(points), math.floor(fraction * points / 2 + 1e-9))
    if index < 1:
        raise ValueError(f"a low-pass at {fraction} of {points} points leaves only the mean")
    # Alias-free at equality needs strictly fewer modes: 3 K < N, or 4 K < N.
    for rule, factor in ((DEALIAS_QUADRATIC, 3), (DEALIAS_CUBIC, 4)):
        if math.isclose(fraction, rule) and factor * index >= points and index > 1:
            index -= 1
    return index


def band_indices(cutoff: int, dim: int, device: torch.device | None = None) -> Tensor:
    """Return the integer indices of a band.

    Parameters
    ----------
    cutoff
        K, the largest index along every axis.
    dim
        Number of axes.
    device
        Where to put them.

    Returns
    -------
    Tensor of float64, shape (dim, 2K+1, …, K+1)
        The index ``n_i`` of every mode along each axis.
    """
    full = torch.arange(-cutoff, cutoff + 1, dtype=torch.float64, device=device)
    axes = [full] * (dim - 1) + [full[cutoff:]]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def physical_wavenumbers(indices: Tensor, length: float) -> Tensor:
    """Return the physical wavenumbers ``k = 2π n / L``.

    Parameters
    ----------
    indices
        Integer indices ``n``, any shape.
    length
        L, the side of the box.

    Returns
    -------
    Tensor, shape of ``indices``
        In radians per unit of length.
    """
    return indices * (2 * math.pi / length)


def hermitian(values: Tensor, dim: int) -> Tensor:
    """Make a band ``(…, 2K+1, …, K+1)`` that of a real field or of a real operator.

    Only the plane ``n_last = 0`` holds both members of a conjugate pair. There the even part of
    the real part and the odd part of the imaginary part remain.

    Parameters
    ----------
    values
        Complex, ``(…, 2K+1, …, K+1)``.
    dim
        Number of axes of the band, the last ones of ``values``.

    Returns
    -------
    Tensor of complex, shape of ``values``
        With ``c(-n) = conj c(n)``.
    """
    plane = values[..., :1]
    mirrored = plane.flip(tuple(range(-dim, -1))) if dim > 1 else plane
    plane = 0.5 * (plane + mirrored.conj())
    return torch.cat([plane, values[..., 1:]], dim=-1)
