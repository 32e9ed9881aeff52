"""The linear part of the SSNO: at every mode a small matrix λ that couples the channels.

Matrices over modes have the shape ``(rows, columns, *modes)``. Whatever is built here from values
with ``v(−k) = conj v(k)`` has that symmetry too, so that it is an operator of real fields.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SQUARINGS, TERMS = 10, 8
"""Of the exponential: ``|λ h| ≤ 2¹⁰ / 4`` is within 1e-10 of a decay and 1e-8 of a rotation, and a
decay eight times as fast is still one. They are constants, because to look at the matrices would
make the host wait for a GPU."""


def value_count(channels: int) -> int:
    """Return how many complex values :func:`generator` takes at a mode; 1 for one channel."""
    return channels + channels * (channels - 1) // 2 + channels - 1


def generator(values: Tensor, channels: int, *, decaying: bool) -> Tensor:
    """Return ``λ = T⁻¹ (S − D) T`` at every mode.

    S is skew-Hermitian, D diagonal and not negative, and T diagonal and positive: in the norm that
    T weighs the channels by, no state grows. Gravity waves are of this form, with an S between
    divergence and geopotential and the T of their energy. With one channel
    ``λ = −softplus(a) + i b``, as published (arXiv:2512.11686); the coupled form is ours.

    Parameters
    ----------
    values : complex Tensor of shape (value_count(channels), *modes)
        The diagonal, then S above the diagonal, then the logarithms of T after its first, of which
        the real part counts.
    channels : int
        C, components of the state.
    decaying : bool
        Whether D is kept from being negative.

    Returns
    -------
    complex Tensor of shape (channels, channels, *modes)
        In the units of ``values``.
    """
    pairs = [(i, j) for i in range(channels) for j in range(i + 1, channels)]
    diagonal, skew, balance = values.split([channels, len(pairs), channels - 1])
    growth = -functional.softplus(diagonal.real) if decaying else diagonal.real
    entries = {(i, i): value for i, value in enumerate(torch.complex(growth, diagonal.imag))}
    weights = [torch.zeros_like(growth[0]), *balance.real]
    for (i, j), value in zip(pairs, skew, strict=True):
        ratio = (weights[j] - weights[i]).exp()
        entries[i, j], entries[j, i] = value * ratio, -value.conj() / ratio
    rows = [torch.stack([entries[i, j] for j in range(channels)]) for i in range(channels)]
    return torch.stack(rows)


def exponential(matrix: Tensor) -> Tensor:
    """Return the exponential at every mode, by scaling and squaring in double precision.

    Parameters
    ----------
    matrix : complex Tensor of shape (channels, channels, *modes)

    Returns
    -------
    complex Tensor of shape (channels, channels, *modes)
        In the precision of ``matrix``.

    References
    ----------
    Moler and Van Loan, SIAM Rev. 45, 3 (2003), method 3.
    """
    channels, dim = len(matrix), matrix.ndim - 2
    if channels == 1:
        return matrix.exp()
    scaled = matrix.to(torch.complex128) / 2**SQUARINGS
    identity = torch.eye(channels, dtype=scaled.dtype, device=scaled.device)
    identity = identity.reshape(channels, channels, *[1] * dim)
    result = identity + scaled / TERMS
    for term in range(TERMS - 1, 0, -1):
        result = identity + compose(scaled, result) / term
    for _ in range(SQUARINGS):
        result = compose(result, result)
    return result.to(matrix.dtype)


def compose(left: Tensor, right: Tensor) -> Tensor:
    """Return the product of matrices at every mode.

    Parameters
    ----------
    left : Tensor of shape (rows, inner, *modes)
    right : Tensor of shape (inner, columns, *modes)

    Returns
    -------
    Tensor of shape (rows, columns, *modes)
        In the product of their units.
    """
    return (left.unsqueeze(2) * right.unsqueeze(0)).sum(1)


def apply_matrix(matrix: Tensor, state: Tensor, constant: Tensor | None = None) -> Tensor:
    """Return ``Σ_c matrix[:, c] state[:, c] + constant``.

    Parameters
    ----------
    matrix : complex Tensor of shape (rows, channels, *modes)
    state : complex Tensor of shape (batch, channels, *modes)
        Coefficients.
    constant : complex Tensor of shape (rows, *modes), optional
        None stands for zero.

    Returns
    -------
    complex Tensor of shape (batch, rows, *modes)
        In the units of the product.
    """
    result = constant
    for channel in range(state.shape[1]):
        column, values = matrix[:, channel], state[:, channel : channel + 1]
        result = column * values if result is None else torch.addcmul(result, column, values)
    assert result is not None
    return result
