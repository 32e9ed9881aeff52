"""What the solvers and the model ask of a spectral transform, whatever the domain.

Coefficients are those of the field's expansion, not sums over grid points, so the same function has
the same coefficients on every grid that resolves it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

TensorMap = Callable[[Tensor], Tensor]


class Transform(Protocol):
    """A real field on a grid and its band of complex coefficients.

    Attributes
    ----------
    grid : tuple of int
        Shape of the grid.
    modes : tuple of int
        Shape of the band of coefficients.
    cutoff : int
        Largest index (box) or degree (sphere) in the band.
    laplacian : real Tensor of shape (*modes)
        Symbol of the Laplacian, in inverse squared units of length.
    indices : real Tensor of shape (n, *modes)
        Integer wavenumbers of every mode: one a direction on a box, degree and order on the sphere.
    signed : real Tensor of shape (n, *modes)
        The integer wavenumbers that have a sign: every one on a box, the order on the sphere.
    magnitude : real Tensor of shape (*modes)
        Size of the wavenumber, without units: ``√(l (l + 1))`` on the sphere, the root of minus the
        Laplacian; ``|n|`` on a box, where that root is ``2π |n| / L``.
    backgrounds : real Tensor of shape (n, *modes)
        Modes of the fields that the domain itself singles out, 1 there and 0 elsewhere: the
        constant, and on the (rotating) sphere the sine of latitude too.
    """

    grid: tuple[int, ...]
    modes: tuple[int, ...]
    cutoff: int
    laplacian: Tensor
    indices: Tensor
    signed: Tensor
    magnitude: Tensor
    backgrounds: Tensor

    @property
    def dim(self) -> int:
        """Return the number of grid axes."""

    def forward(self, field: Tensor) -> Tensor:
        """Return the coefficients of a field; modes beyond the band are cut.

        Parameters
        ----------
        field : real Tensor of shape (..., *grid)

        Returns
        -------
        complex Tensor of shape (..., *modes)
            In the units of the field.
        """

    def inverse(self, coefficients: Tensor) -> Tensor:
        """Return the field of coefficients.

        Parameters
        ----------
        coefficients : complex Tensor of shape (..., *modes)

        Returns
        -------
        real Tensor of shape (..., *grid)
            In the units of the coefficients.
        """

    def gradient(self, coefficients: Tensor) -> Tensor:
        """Return the gradient of a field on the grid.

        Parameters
        ----------
        coefficients : complex Tensor of shape (..., *modes)
            Of the field.

        Returns
        -------
        real Tensor of shape (..., dim, *grid)
            Its components, in units of the field per unit of length (radius on the sphere).
        """

    def divergence(self, vector: Tensor) -> Tensor:
        """Return the coefficients of the divergence of a vector field.

        Parameters
        ----------
        vector : real Tensor of shape (..., dim, *grid)
            Components on the grid.

        Returns
        -------
        complex Tensor of shape (..., *modes)
            In units of the field per unit of length (radius on the sphere).
        """

    def hermitian(self, values: Tensor) -> Tensor:
        """Return the nearest coefficients that belong to a real field or operator.

        Parameters
        ----------
        values : complex Tensor of shape (..., *modes)

        Returns
        -------
        complex Tensor of shape (..., *modes)
            Their projection.
        """

    def coordinates(self) -> dict[str, np.ndarray]:
        """Return the grid's axes by name, in grid order.

        Returns
        -------
        dict of str to float64 ndarray of shape (points,)
            In units of length on a box, in degrees on the sphere.
        """

    def embed(self, coefficients: Tensor, other: Transform) -> Tensor:
        """Return coefficients of this band as those of another, cut or filled with zeros.

        Parameters
        ----------
        coefficients : complex Tensor of shape (..., *modes)
        other : Transform
            Of the other band, on the same domain.

        Returns
        -------
        complex Tensor of shape (..., *other.modes)
            The same field, as far as both bands reach.
        """


def inverse_laplacian(transform: Transform) -> Tensor:
    """Return the symbol of the inverse Laplacian ``Δ⁻¹``.

    Parameters
    ----------
    transform : Transform
        Its modes.

    Returns
    -------
    real Tensor of shape (*modes)
        In squared units of length; zero at the mean, which has no inverse.
    """
    return torch.where(transform.laplacian == 0, 0.0, 1 / transform.laplacian)


class LinearMap(torch.autograd.Function):
    """A linear map whose gradient is a given adjoint.

    Differentiating a chain of matrix products would conjugate and copy every matrix on each call;
    a transform has the adjoint's matrices at hand.
    """

    @staticmethod
    def forward(ctx: Any, values: Tensor, direct: TensorMap, adjoint: TensorMap) -> Tensor:
        """Return ``direct(values)``, in the shape that it has."""
        ctx.adjoint = adjoint
        return direct(values)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient by ``values``, in their shape: the adjoint of the result's."""
        return ctx.adjoint(grads[0]), None, None


def apply_linear(values: Tensor, direct: TensorMap, adjoint: TensorMap) -> Tensor:
    """Return ``direct(values)``, differentiable by its adjoint.

    Parameters
    ----------
    values : Tensor
        Of any shape.
    direct : callable
        The linear map.
    adjoint : callable
        Its adjoint: maps the shape of the result to the shape of ``values``.

    Returns
    -------
    Tensor
        Shape and units of ``direct(values)``.
    """
    result: Tensor = LinearMap.apply(values, direct, adjoint)
    return result
