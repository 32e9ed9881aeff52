"""What one call of the SSNO makes of its weights, once for all stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

FACTOR_POWERS = (-1, 0)
"""Powers of ``|k|²`` that the multipliers carry in turn where no derivative is diagonal. With power
+1 as well a product could carry Δ in both factors, and N would be too stiff for λ to damp."""

OUTPUT_POWER = 1
"""That of the operator after the products there."""


@dataclass(frozen=True)
class Operators:
    """All that is fixed while the weights are: built once per call.

    Attributes
    ----------
    symbol : complex Tensor of shape (channels, channels, *modes)
        λ, in inverse units of time.
    full, half : complex Tensor of shape (channels, channels, *modes)
        ``exp(λ h)`` and ``exp(λ h / 2)`` of the step h.
    factors : complex Tensor of shape (n, channels, *modes), optional
        Multipliers from the state to all that is evaluated on the grid: the left factors of the
        products, the right ones, the state itself for ``f_u``; then the fields whose gradients are
        multiplied. None where N needs no state.
    backgrounds : complex Tensor of shape (n, *modes), optional
        Constant part of the factors.
    readout : Tensor of shape (outputs × channels, products), optional
        From products to channels.
    outputs : complex Tensor of shape (outputs, 1, *modes), optional
        Multipliers after the products; None where the identity is alone.
    forcing : complex Tensor of shape (1, channels, *modes), optional
        Coefficients of ``f_x``; None when off.
    """

    symbol: Tensor
    full: Tensor
    half: Tensor
    factors: Tensor | None = None
    backgrounds: Tensor | None = None
    readout: Tensor | None = None
    outputs: Tensor | None = None
    forcing: Tensor | None = None


class LaplacianPowers:
    """Powers of ``|k|²`` of mean square 1 over the modes of a band.

    In other units a step of a weight would change the model by more the higher the order of its
    operator: trainings blew up. The mean counts as the lowest mode beside it; on the sphere
    the entries of orders above the degree, which are no modes, count too.

    Parameters
    ----------
    magnitude : Tensor of shape (*modes)
        Of the wavenumbers of the training band.
    """

    def __init__(self, magnitude: Tensor) -> None:
        squares = magnitude[magnitude > 0].square()
        self.smallest_square = float(squares.min())
        powers = (*FACTOR_POWERS, OUTPUT_POWER)
        self.rms = {p: float((squares**p).square().mean().sqrt()) for p in powers}

    def __call__(self, magnitude: Tensor, powers: Sequence[int]) -> Tensor:
        """Return powers at other wavenumbers, or at these.

        Parameters
        ----------
        magnitude : Tensor of shape (*modes)
            Of the wavenumbers.
        powers : sequence of int
            Of :data:`FACTOR_POWERS` and :data:`OUTPUT_POWER`.

        Returns
        -------
        Tensor of shape (powers, *modes)
            Without units.
        """
        square = magnitude.square().clamp_min(self.smallest_square)
        return torch.stack([square**power / self.rms[power] for power in powers])
