"""From stored trajectories to what a model is given, a chunk at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from triptych.ssno.areas import area_weights
from triptych.ssno.layout import CHUNK_FRAMES
from triptych.ssno.system import multiple

CACHE_BYTES = 64 * 2**20
"""Most bytes of frames that are cached of one dataset: every training set of the paper fits."""


def select_frames(dataset: xr.Dataset, dt: float, trajectories: int | None = None) -> xr.Dataset:
    """Return the first trajectories at every multiple of ``dt``.

    A dataset that was opened lazily stays so: its values are checked, but not cached.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``state`` (trajectory, time, channel, *grid) and the coordinate ``time``.
    dt : float
        Time between the selected frames, in the units of ``time``.
    trajectories : int, optional
        How many; all when None.

    Returns
    -------
    xarray.Dataset
        The selected part, with the same dimensions.

    Raises
    ------
    ValueError
        If ``dt`` is not a multiple of the storage step, if no trajectory or more than exist are
        asked for, if a trajectory has no two frames ``dt`` apart, or if a value is not finite.
    """
    stored = dataset.sizes["trajectory"]
    count = stored if trajectories is None else trajectories
    if not 1 <= count <= stored:
        raise ValueError(f"{count} trajectories asked for, {stored} stored")
    times = dataset["time"].values
    if len(times) < 2:
        raise ValueError("a trajectory needs at least two frames")
    stride = multiple(dt, float(times[1] - times[0]), "dt", "the storage step")
    chosen = dataset.isel(trajectory=slice(0, count), time=slice(None, None, stride))
    if chosen.sizes["time"] < 2:
        raise ValueError(f"no two of {len(times)} frames are {dt:g} apart")
    not_finite = sorted({i for i, frames in _chunks(chosen) if not np.isfinite(frames).all()})
    if not_finite:
        raise ValueError(f"values that are not finite in trajectories {not_finite}")
    return chosen


def channel_scale(dataset: xr.Dataset, shared_scale: Sequence[str] = ()) -> np.ndarray:
    """Return the standard deviation of every channel.

    Fields are divided by it and not shifted, so that rest stays rest and a linear symbol keeps its
    meaning. On the sphere too every grid point counts alike: it is a unit, not a score. Fields are
    summed chunk by chunk, in float64, for so many float32 would lose digits.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``state`` (trajectory, time, channel, *grid).
    shared_scale : sequence of str, optional
        Channels of the same units that share the largest of their scales, so that a small one
        among them counts as what it is.

    Returns
    -------
    float32 ndarray of shape (channels,)
        In the units of each channel; 1 where a channel is constant.
    """
    state = dataset["state"]
    axes, count = (0, *range(2, state.ndim - 1)), state.size // state.sizes["channel"]

    def mean(function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        values = (function(frames.astype(np.float64)) for _, frames in _chunks(dataset))
        return sum(chunk.sum(axes, keepdims=True) for chunk in values) / count

    centre = mean(lambda frames: frames)
    spread = np.sqrt(mean(lambda frames: (frames - centre) ** 2)).ravel().astype(np.float32)
    shared = np.isin(dataset["channel"].values, list(shared_scale))
    if shared.any():
        spread = np.where(shared, spread[shared].max(), spread)
    return np.where(spread > 0, spread, np.float32(1))


class Frames:
    """Scaled frames of a set of trajectories, read as they are asked for.

    The latest ``CACHE_BYTES`` of what was read are cached: data below that size are read once. Of a
    dataset that was opened lazily no more is ever in memory.

    Parameters
    ----------
    dataset : xarray.Dataset
        With ``state`` (trajectory, time, channel, *grid), in memory or lazily opened.
    scale : ndarray of shape (channels,)
        What every channel is divided by, in its units.
    device : torch.device or str, optional
        Where the frames are.

    Attributes
    ----------
    trajectories, times : int
        How many trajectories, and frames of each.
    weights : float32 Tensor of shape (*grid)
        Share of the domain that each point stands for, in units of the mean share: all 1 on a box.
    """

    def __init__(
        self, dataset: xr.Dataset, scale: np.ndarray, device: torch.device | str = "cpu"
    ) -> None:
        self._state = dataset["state"].variable
        self.trajectories, self.times, *field_shape = self._state.shape
        self._scale = scale.reshape(-1, *[1] * (len(field_shape) - 1))
        self._device = device
        shares = area_weights(dataset["state"])
        weights = torch.from_numpy(shares.values * shares.size)
        self.weights = weights.to(device, torch.float32)
        chunk_bytes = CHUNK_FRAMES * math.prod(field_shape) * np.float32().itemsize
        self._chunk = lru_cache(max(1, CACHE_BYTES // chunk_bytes))(self._read)

    def window(self, trajectory: int, start: int, length: int) -> Tensor:
        """Return successive frames of one trajectory.

        Parameters
        ----------
        trajectory, start : int
            Indices of the trajectory and of the first frame.
        length : int
            Number of frames.

        Returns
        -------
        float32 Tensor of shape (length, channels, *grid)
            In units of the scale.
        """
        first, offset = divmod(start, CHUNK_FRAMES)
        last = (start + length - 1) // CHUNK_FRAMES
        chunks = [self._chunk(trajectory, number) for number in range(first, last + 1)]
        frames = torch.cat(chunks) if len(chunks) > 1 else chunks[0]
        return frames[offset : offset + length]

    def block(self, start: int, length: int) -> Tensor:
        """Return successive frames of every trajectory.

        Parameters
        ----------
        start, length : int
            The first frame, from 0, and how many.

        Returns
        -------
        float32 Tensor of shape (trajectory, length, channels, *grid)
            In units of the scale.
        """
        return torch.stack([self.window(i, start, length) for i in range(self.trajectories)])

    def _read(self, trajectory: int, number: int) -> Tensor:
        start = number * CHUNK_FRAMES
        values = self._state[trajectory, start : start + CHUNK_FRAMES].values / self._scale
        return torch.from_numpy(values).to(self._device, torch.float32)


def increment_scale(frames: Frames) -> np.ndarray:
    """Return the standard deviation of every channel's change from one frame to the next.

    It is the unit of what the baselines predict: at a small step the changes are a few hundredths
    of the states. They are summed a few frames at a time, in float64.

    Parameters
    ----------
    frames : Frames
        Of the training trajectories at the model's ``dt``.

    Returns
    -------
    float32 ndarray of shape (channels,)
        In units of the frames' scale; 1 where all changes are the same.
    """

    def mean(function: Callable[[Tensor], Tensor]) -> Tensor:
        sums = [function(changes).flatten(2).mean(2).sum(0) for changes in _changes(frames)]
        return torch.stack(sums).sum(0) / (frames.trajectories * (frames.times - 1))

    grid = (1,) * (frames.block(0, 1).ndim - 3)
    centre = mean(lambda changes: changes).view(-1, *grid)
    spread = mean(lambda changes: (changes - centre).square()).sqrt().float().cpu().numpy()
    return np.where(spread > 0, spread, np.float32(1))


def _changes(frames: Frames) -> Iterator[Tensor]:
    """Yield all changes between successive frames, ``(frame, channels, *grid)``, in float64."""
    for trajectory in range(frames.trajectories):
        for start in range(0, frames.times - 1, CHUNK_FRAMES):
            length = min(CHUNK_FRAMES + 1, frames.times - start)
            yield frames.window(trajectory, start, length).double().diff(dim=0)


def _chunks(dataset: xr.Dataset) -> Iterator[tuple[int, np.ndarray]]:
    """Yield a trajectory's number and frames ``(frame, channel, *grid)``, one chunk at a time."""
    state = dataset["state"].variable
    for trajectory in range(state.shape[0]):
        for start in range(0, state.shape[1], CHUNK_FRAMES):
            yield trajectory, state[trajectory, start : start + CHUNK_FRAMES].values
