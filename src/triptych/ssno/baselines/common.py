"""What the baselines share: edges, coordinates, stepping by increments."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.ssno.coordinates import coordinate_count, periodic_coordinates
from triptych.ssno.domains import Domain, Sphere


class Increment(nn.Module):
    """A model that predicts what is added to the state in one ``dt``.

    Subclasses define ``increment``. The state goes in together with the periodic coordinates of
    the grid.

    Parameters
    ----------
    domain
        Where the fields live.
    channels
        Components of the state.
    octaves
        Harmonics of the box among the coordinates.
    """

    def __init__(self, domain: Domain, channels: int, octaves: tuple[int, ...]) -> None:
        super().__init__()
        self.domain, self.channels, self.octaves = domain, channels, octaves
        self.inputs = channels + coordinate_count(domain, octaves)
        self._where: dict[tuple[int, str], Tensor] = {}

    def forward(self, field: Tensor, steps: int) -> Tensor:
        """Return the next states of ``(batch, channels, *grid)``: ``(batch, steps, …)``."""
        where = self.coordinates(field).expand(field.shape[0], *[-1] * (field.ndim - 1))
        states = []
        for _ in range(steps):
            field = field + self.increment(torch.cat([field, where], 1))
            states.append(field)
        return torch.stack(states, 1)

    def increment(self, features: Tensor) -> Tensor:
        """Return the change of the state from ``(batch, inputs, *grid)``."""
        raise NotImplementedError

    def coordinates(self, field: Tensor) -> Tensor:
        """Return the coordinate channels of a field's grid, ``(1, n, *grid)``."""
        key = (field.shape[2], str(field.device))
        if key not in self._where:
            where = periodic_coordinates(self.domain, field.shape[2], self.octaves, field.device)
            self._where[key] = where[None]
        return self._where[key].to(field.dtype)


def pad(field: Tensor, width: int, domain: Domain) -> Tensor:
    """Continue a field ``(batch, channels, *grid)`` by ``width`` points on every side.

    A box is periodic. On the sphere a meridian goes on beyond the pole on the opposite meridian.
    """
    if width == 0:
        return field
    if not isinstance(domain, Sphere):
        return functional.pad(field, (width, width) * (field.ndim - 2), mode="circular")
    return functional.pad(across_poles(field, width), (width, width, 0, 0), mode="circular")


def across_poles(field: Tensor, width: int) -> Tensor:
    """Continue ``(…, latitude, longitude)`` by ``width`` rows beyond both poles."""
    opposite = field.roll(field.shape[-1] // 2, -1)
    north, south = opposite[..., :width, :].flip(-2), opposite[..., -width:, :].flip(-2)
    return torch.cat([north, field, south], -2)


class Convolution(nn.Module):
    """A convolution of odd kernel whose edges follow the domain, in two or three dimensions."""

    def __init__(
        self, domain: Domain, inputs: int, outputs: int, kernel: int, groups: int = 1
    ) -> None:
        super().__init__()
        self.domain, self.width = domain, kernel // 2
        kind = nn.Conv3d if domain.dim == 3 else nn.Conv2d
        self.convolution = kind(inputs, outputs, kernel, groups=groups)

    def forward(self, field: Tensor) -> Tensor:
        return self.convolution(pad(field, self.width, self.domain))


def channels_last(field: Tensor) -> Tensor:
    """Return ``(batch, *grid, channels)``."""
    return field.movedim(1, -1)


def channels_first(field: Tensor) -> Tensor:
    """Return ``(batch, channels, *grid)``."""
    return field.movedim(-1, 1)


def feed_forward(width: int, expansion: int) -> nn.Sequential:
    """Return the pointwise network of a block, channels last."""
    inner = width * expansion
    return nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))
