"""What the baselines share: edges, coordinates, stepping by increments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.ssno.baselines.convolutions import convolve_each, convolve_few, convolve_to_few
from triptych.ssno.coordinates import periodic_coordinates
from triptych.ssno.domains import Domain, Sphere
from triptych.ssno.emulator import Emulator
from triptych.ssno.transforms import apply_linear


@dataclass(frozen=True)
class Task:
    """The fields that a baseline is to step.

    Attributes
    ----------
    domain : Domain
        Where they live.
    points : int
        Of their grid along an axis of a box; latitudes of the sphere.
    channels : int
        Components of the state.
    coordinate_channels : int
        How many channels say where a point is: the first ones of
        :func:`triptych.ssno.coordinates.periodic_coordinates`.
    increment_scale : ndarray of shape (channels,)
        Size of every channel's change in one ``dt``, in units of the state's scale; see
        :func:`triptych.ssno.frames.increment_scale`.
    """

    domain: Domain
    points: int
    channels: int
    coordinate_channels: int
    increment_scale: np.ndarray

    @property
    def inputs(self) -> int:
        """Channels of the state and of the coordinates together."""
        return self.channels + self.coordinate_channels


class Increment(Emulator):
    """A model that predicts what is added to the state in one ``dt``.

    Subclasses define ``increment``. The state goes in together with the periodic coordinates of
    the grid; what a model makes of the coordinates alone is made once, for all steps.

    Parameters
    ----------
    task : Task
        What the fields are.
    substeps : int
        Euler steps in one ``dt``, each of an equal part of the increment.

    Raises
    ------
    ValueError
        If there is not one increment scale a channel, finite and positive, or no substep.
    """

    increment_scale: Tensor

    def __init__(self, task: Task, substeps: int) -> None:
        super().__init__()
        scale = torch.as_tensor(task.increment_scale, dtype=torch.float32)
        if scale.shape != (task.channels,) or not ((scale > 0) & scale.isfinite()).all():
            raise ValueError(
                f"one finite and positive increment scale a channel: {task.channels} channels, "
                f"not {scale.tolist()}"
            )
        if substeps < 1:
            raise ValueError(f"a dt has at least one Euler step, not {substeps}")
        self.task, self.substeps = task, substeps
        # Not among the weights: whoever rebuilds a model has to say it again.
        self.register_buffer(
            "increment_scale", scale.view(-1, *[1] * task.domain.dim), persistent=False
        )

    def forward(self, field: Tensor, steps: int) -> Tensor:
        """See :meth:`.emulator.Emulator.forward`."""
        encoding = self.encode_coordinates(self.coordinates(field))
        scale = self.increment_scale / self.substeps
        states = []
        for _ in range(steps):
            for _ in range(self.substeps):
                field = field + scale * self.increment(field, encoding)
            states.append(field)
        return torch.stack(states, 1)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """Return the change of the state in one ``dt``.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)
            Scaled states.
        encoding : Tensor of shape (1, n, *grid) or (1, n, 1, ...)
            From :meth:`encode_coordinates`.

        Returns
        -------
        Tensor of shape (batch, channels, *grid)
            In units of the increment scale.

        Raises
        ------
        ValueError
            If the model does not fit the grid.
        """
        raise NotImplementedError

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        """Return what a model makes of the coordinates alone: here, they themselves.

        Parameters
        ----------
        coordinates : Tensor of shape (1, n, *grid)
            From :meth:`coordinates`.

        Returns
        -------
        Tensor of shape (1, n, *grid)
            The same; a subclass may return other channels.
        """
        return coordinates

    def coordinates(self, field: Tensor) -> Tensor:
        """Return the coordinate channels of a field's grid.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)

        Returns
        -------
        Tensor of shape (1, n, *grid)
            In the precision of the field.
        """
        coordinates = periodic_coordinates(self.task.domain, field.shape[2], field.device)
        return coordinates[None, : self.task.coordinate_channels].to(field.dtype)


def pad(field: Tensor, width: int, domain: Domain) -> Tensor:
    """Continue a field by some points on every side.

    A box is periodic. On the sphere a meridian goes on beyond the pole on the opposite meridian.

    Parameters
    ----------
    field : Tensor of shape (batch, channels, *grid)
    width : int
        How many points.
    domain : Domain
        Of the field.

    Returns
    -------
    Tensor of shape (batch, channels, *grid + 2 width)
        In the units of the field.

    Raises
    ------
    ValueError
        If the grid has fewer points along an axis.
    """
    if width == 0:
        return field
    if width > min(field.shape[2:]):
        grid = "×".join(map(str, field.shape[2:]))
        raise ValueError(f"a kernel reaches {width} points beyond a grid of {grid}")
    return apply_linear(field, partial(_continue, width, domain), partial(_fold, width, domain))


def _continue(width: int, domain: Domain, field: Tensor) -> Tensor:
    if not isinstance(domain, Sphere):
        return functional.pad(field, (width, width) * (field.ndim - 2), mode="circular")
    return functional.pad(across_poles(field, width), (width, width, 0, 0), mode="circular")


def _fold(width: int, domain: Domain, padded: Tensor) -> Tensor:
    """Return the adjoint of :func:`_continue`: what lies outside is added where it came from."""
    for axis in reversed(range(2, padded.ndim)):
        points = padded.shape[axis] - 2 * width
        below, inner, above = padded.split([width, points, width], axis)
        if isinstance(domain, Sphere) and axis == 2:
            below, above = _opposite(above), _opposite(below)
        padded = inner.clone()
        padded.narrow(axis, 0, width).add_(above)
        padded.narrow(axis, points - width, width).add_(below)
    return padded


def across_poles(field: Tensor, width: int) -> Tensor:
    """Continue a field by rows beyond both poles.

    Parameters
    ----------
    field : Tensor of shape (..., latitude, longitude)
    width : int
        Number of rows beyond each pole.

    Returns
    -------
    Tensor of shape (..., latitude + 2 width, longitude)
        In the units of the field.
    """
    north, south = _opposite(field[..., :width, :]), _opposite(field[..., -width:, :])
    return torch.cat([north, field, south], -2)


def _opposite(rows: Tensor) -> Tensor:
    """Return rows next to a pole as they follow on the other side of it."""
    return rows.flip(-2).roll(rows.shape[-1] // 2, -1)


class Convolution(nn.Module):
    """A convolution of odd kernel whose edges follow the domain, in two or three dimensions.

    ``(batch, inputs, *grid)`` becomes ``(batch, outputs, *grid)``. Either every channel is
    convolved by itself, or the outputs or taps are few.

    Parameters
    ----------
    domain : Domain
    inputs, outputs : int
        Channels.
    kernel : int
        Taps along an axis.
    groups : int, optional
        1, or as many as channels: every one by itself.

    Raises
    ------
    ValueError
        If the kernel is not odd.
    """

    def __init__(
        self, domain: Domain, inputs: int, outputs: int, kernel: int, groups: int = 1
    ) -> None:
        super().__init__()
        if kernel < 1 or kernel % 2 == 0:
            raise ValueError(f"a kernel has a middle: its side is odd, not {kernel}")
        self.domain, self.width = domain, kernel // 2
        kind = nn.Conv3d if domain.dim == 3 else nn.Conv2d
        self.convolution = kind(inputs, outputs, kernel, groups=groups)

    def forward(self, field: Tensor) -> Tensor:
        """Return ``(batch, outputs, *grid)`` from ``(batch, inputs, *grid)``."""
        padded = pad(field, self.width, self.domain)
        inner = self.convolution
        assert inner.bias is not None
        convolve = convolve_each if inner.groups > 1 else convolve_to_few
        return convolve(padded, inner.weight, inner.bias)


class Stem(nn.Module):
    """A convolution of state and coordinates together, computed in two parts.

    The coordinates are most of the channels, and the same at every step and in every sample: their
    part, :meth:`encode_coordinates`, is computed once, and the state's part is added to it: of
    ``(batch, channels, *grid)`` that is ``(batch, outputs, *grid)``.
    """

    def __init__(self, task: Task, outputs: int, kernel: int) -> None:
        super().__init__()
        self.domain, self.channels = task.domain, task.channels
        self.whole = Convolution(task.domain, task.inputs, outputs, kernel)

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        """Return the part of the coordinates, and the bias.

        Parameters
        ----------
        coordinates : Tensor of shape (1, n, *grid)
            Without units; n may be 0.

        Returns
        -------
        Tensor of shape (1, outputs, *grid), or (1, outputs, 1, ...) where n is 0
            Without units.
        """
        inner = self.whole.convolution
        assert inner.bias is not None
        bias = inner.bias[None, :, None]
        if not coordinates.shape[1]:
            return bias.unflatten(2, (1,) * self.domain.dim)
        return self._convolve(coordinates, inner.weight[:, self.channels :], bias)

    def forward(self, field: Tensor, encoding: Tensor) -> Tensor:
        """Return the state's part plus that of the coordinates.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)
            Scaled states.
        encoding : Tensor of shape (1, outputs, *grid) or (1, outputs, 1, ...)
            From :meth:`encode_coordinates`.

        Returns
        -------
        Tensor of shape (batch, outputs, *grid)
            Without units.
        """
        return self._convolve(field, self.whole.convolution.weight[:, : self.channels], encoding)

    def _convolve(self, field: Tensor, weight: Tensor, added: Tensor) -> Tensor:
        return convolve_few(pad(field, self.whole.width, self.domain), weight, added)


def concatenate(field: Tensor, coordinates: Tensor) -> Tensor:
    """Return the state with the coordinates as further channels.

    Parameters
    ----------
    field : Tensor of shape (batch, channels, *grid)
        Scaled states.
    coordinates : Tensor of shape (1, n, *grid)
        Without units.

    Returns
    -------
    Tensor of shape (batch, channels + n, *grid)
        The state in units of the scale, the coordinates without units.
    """
    return torch.cat([field, coordinates.expand(field.shape[0], *coordinates.shape[1:])], 1)


def channels_last(field: Tensor) -> Tensor:
    """Return ``(batch, channels, *grid)`` as ``(batch, *grid, channels)``."""
    return field.movedim(1, -1)


def channels_first(field: Tensor) -> Tensor:
    """Return ``(batch, *grid, channels)`` as ``(batch, channels, *grid)``."""
    return field.movedim(-1, 1)


def feed_forward(width: int, expansion: int) -> nn.Sequential:
    """Return the pointwise network of a block, from ``(…, width)`` to ``(…, width)``."""
    inner = width * expansion
    return nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))
