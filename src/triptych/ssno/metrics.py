"""How far a rollout is from the truth, by trajectory and frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.ssno.areas import area_weights, grid_dims

THRESHOLDS = (0.8, 0.9, 0.99)
"""Of the high-correlation time: as published, and one that fields which stay alike still cross."""


def relative_error(predicted: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    """Return ``‖û − u‖ / ‖u‖`` of each frame; infinite where the rollout is not finite.

    Parameters
    ----------
    predicted, truth : xarray.DataArray of shape (..., channel, *grid)
        Fields, channels already of comparable size.

    Returns
    -------
    float64 xarray.DataArray of shape (...)
        Without units.
    """
    dims = ["channel", *grid_dims(truth)]

    def error(a: NDArray, b: NDArray) -> NDArray:
        return frame_scores(a, b, area_weights(truth).values)["error"]

    result: xr.DataArray = xr.apply_ufunc(error, predicted, truth, input_core_dims=[dims, dims])
    return result


def frame_scores(predicted: NDArray, truth: NDArray, weights: NDArray) -> dict[str, NDArray]:
    """Return the scores of frames, each by itself.

    Parameters
    ----------
    predicted, truth : ndarray of shape (..., channel, *grid)
        Fields, channels already of comparable size; the truth is finite.
    weights : ndarray of shape (*grid)
        Share of the domain of every point.

    Returns
    -------
    dict of str to ndarray of shape (...)
        ``error``, ``error_mean_removed`` and ``correlation``, float64 without units, and
        ``finite``, bool. Where it is not finite both errors are infinite and the correlation is 0.
    """
    grid = tuple(range(-weights.ndim, 0))
    fields = (-weights.ndim - 1, *grid)
    finite_values = np.isfinite(predicted)
    finite = finite_values.all(fields)
    # NaN for infinities: their differences would be NaN and warn.
    a = np.where(finite_values, predicted, np.nan).astype(np.float64)
    b = np.asarray(truth, np.float64)

    def total(values: NDArray) -> NDArray:
        return np.asarray((values * weights).sum(fields))

    def error(a: NDArray, b: NDArray) -> NDArray:
        return np.where(finite, np.sqrt(total((a - b) ** 2) / total(b**2)), np.inf)

    centred_a, centred_b = (f - (f * weights).sum(grid, keepdims=True) for f in (a, b))
    norm = np.sqrt(total(centred_a**2) * total(centred_b**2))
    product = (weights * centred_a * centred_b).sum(fields)
    defined = finite & (norm > 0)
    correlation = np.divide(product, norm, out=np.zeros_like(norm), where=defined)
    return {
        "error": error(a, b),
        "error_mean_removed": error(centred_a, centred_b),
        "correlation": correlation,
        "finite": finite,
    }


def high_correlation_time(correlations: xr.DataArray, threshold: float) -> xr.DataArray:
    """Return the first frame time at which the correlation is below the threshold.

    It is capped at the last frame time. In stored scores a rollout that was not finite has 0.

    Parameters
    ----------
    correlations : xarray.DataArray of shape (..., time)
        With the coordinate ``time``; any other dimensions, in any order.
    threshold : float
        Between −1 and 1.

    Returns
    -------
    xarray.DataArray of shape (...)
        The other dimensions, in the units of ``time``.
    """
    times = correlations["time"]
    below = correlations < threshold
    first = times.isel(time=below.argmax("time")).drop_vars("time")
    return first.where(below.any("time"), float(times[-1]))


def score(
    predicted: Iterable[xr.DataArray],
    truth: xr.DataArray,
    scale: Sequence[float] | np.ndarray,
) -> xr.Dataset:
    """Return every score of a set of rollouts that start at the first frame.

    Parameters
    ----------
    predicted : iterable of xarray.DataArray of shape (trajectory, time, channel, *grid)
        Successive parts in time.
    truth : xarray.DataArray of shape (trajectory, time, channel, *grid)
        The same fields, in memory or lazily opened: of each part no more is loaded at once.
    scale : sequence of float or ndarray of shape (channel,)
        Size of every channel; both fields are divided by it so that channels count alike.

    Returns
    -------
    xarray.Dataset
        ``error``, ``error_mean_removed`` and ``correlation`` (trajectory, time); ``mean_error``
        (trajectory), over the frames after the given one, and ``high_correlation_time`` (threshold,
        trajectory), in the units of ``time``. A rollout with a value that is not finite has error ∞
        at that frame, mean error ∞ and high-correlation time 0.

    Raises
    ------
    ValueError
        If the parts together are of another shape than the truth.
    """
    scored, frames = [], 0
    for part in predicted:
        true = truth.isel(time=slice(frames, frames + part.sizes["time"]))
        if part.shape != true.shape:
            raise ValueError(f"predicted {part.shape} and truth {true.shape} differ in shape")
        scored.append(_score_frames(part, true.compute(), scale))
        frames += part.sizes["time"]
    if frames != truth.sizes["time"]:
        raise ValueError(f"{frames} frames predicted, {truth.sizes['time']} of the truth")
    return _over_time(xr.concat(scored, "time"))


def _score_frames(
    predicted: xr.DataArray, truth: xr.DataArray, scale: Sequence[float] | np.ndarray
) -> xr.Dataset:
    """Return the scores of some frames by themselves, and whether they are ``finite``."""
    dims, weights = ["trajectory", "time", "channel", *grid_dims(truth)], area_weights(truth).values
    sizes = np.asarray(scale, np.float64).reshape(-1, *[1] * weights.ndim)
    # By trajectory, for what is computed on the way takes some twenty times the memory of a field.
    pairs = zip(*(field.transpose(*dims).values for field in (predicted, truth)), strict=True)
    by_trajectory = [frame_scores(a / sizes, b / sizes, weights) for a, b in pairs]
    labels = {name: truth[name] for name in dims[:2] if name in truth.coords}
    scores = {
        name: (dims[:2], np.stack([trajectory[name] for trajectory in by_trajectory]))
        for name in by_trajectory[0]
    }
    return xr.Dataset(scores, labels)


def _over_time(frames: xr.Dataset) -> xr.Dataset:
    """Return the scores of all frames with those of the rollouts as a whole."""
    finite = frames["finite"].all("time")
    times = [high_correlation_time(frames["correlation"], t).where(finite, 0.0) for t in THRESHOLDS]
    thresholds = xr.DataArray(list(THRESHOLDS), dims="threshold", name="threshold")
    return frames.drop_vars("finite").assign(
        mean_error=frames["error"].isel(time=slice(1, None)).mean("time"),
        high_correlation_time=xr.concat(times, thresholds),
    )
