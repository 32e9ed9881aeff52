"""From stored trajectories to what a model is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import xarray as xr
from torch import Tensor

from triptych.ssno.system import multiple


def select_frames(dataset: xr.Dataset, dt: float, trajectories: int | None = None) -> xr.Dataset:
    """Return the first trajectories at every multiple of ``dt``.

    Raises
    ------
    ValueError
        If ``dt`` is not a multiple of the storage step, if more trajectories are asked for than
        exist, or if a value is not finite.
    """
    stored = dataset.sizes["trajectory"]
    wanted = stored if trajectories is None else trajectories
    if not 1 <= wanted <= stored:
        raise ValueError(f"{wanted} trajectories asked for, {stored} stored")
    times = dataset["time"].values
    if len(times) < 2:
        raise ValueError("a trajectory needs at least two frames")
    stride = multiple(dt, float(times[1] - times[0]), "dt", "the storage step")
    chosen = dataset.isel(trajectory=slice(0, wanted), time=slice(None, None, stride))
    finite = np.isfinite(chosen["state"].values)
    if not finite.all():
        which = sorted({int(i) for i in np.argwhere(~finite)[:, 0]})
        raise ValueError(f"values that are not finite in trajectories {which}")
    return chosen


def channel_scale(dataset: xr.Dataset, alike: Sequence[str] = ()) -> np.ndarray:
    """Return the standard deviation of every channel, ``(channels,)`` float32, never zero.

    Fields are divided by it and not shifted, so that rest stays rest and a linear symbol keeps its
    meaning.

    Parameters
    ----------
    alike
        Channels of the same units that share the largest of their scales, so that a small one
        among them counts as what it is.
    """
    state = dataset["state"]
    spread = state.std([d for d in state.dims if d != "channel"]).values.astype(np.float32)
    shared = np.isin(dataset["channel"].values, list(alike))
    if shared.any():
        spread = np.where(shared, spread[shared].max(), spread)
    return np.where(spread > 0, spread, np.float32(1))


def as_tensor(dataset: xr.Dataset, scale: np.ndarray, device: torch.device | str = "cpu") -> Tensor:
    """Return scaled frames ``(trajectory, time, channel, *grid)`` as float32."""
    state = dataset["state"].values
    shape = (-1, *[1] * (state.ndim - 3))
    return torch.from_numpy(state / scale.reshape(shape)).to(device, torch.float32)
