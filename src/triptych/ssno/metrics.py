"""How far a rollout is from the truth, by trajectory and frame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import xarray as xr

THRESHOLDS = (0.8, 0.9, 0.99)
"""Of the high-correlation time: as published, and one that fields which stay alike still cross."""


def grid_dims(field: xr.DataArray) -> list[str]:
    """Return the spatial dimensions: all but trajectory, time and channel."""
    return [str(d) for d in field.dims if d not in ("trajectory", "time", "channel")]


def area_weights(field: xr.DataArray) -> xr.DataArray:
    """Return the share of the domain that each grid point stands for; they sum to one.

    On the sphere these are the Gauss–Legendre weights of the latitudes, on a box they are equal.

    Parameters
    ----------
    field
        Dimensions (…, *grid).

    Returns
    -------
    xr.DataArray
        Dimensions (*grid), float64, without units.
    """
    dims = grid_dims(field)
    weights = xr.ones_like(field.isel({d: 0 for d in field.dims if d not in dims}, drop=True))
    weights = weights.astype(np.float64)
    if "latitude" in dims:
        _, gauss = np.polynomial.legendre.leggauss(field.sizes["latitude"])
        weights = weights * xr.DataArray(gauss, dims="latitude")
    return weights / weights.sum()


def relative_error(
    predicted: xr.DataArray, truth: xr.DataArray, *, remove_mean: bool = False
) -> xr.DataArray:
    """Return ``‖û − u‖ / ‖u‖`` by trajectory and time; infinite where the rollout is not finite.

    Parameters
    ----------
    predicted, truth
        Fields with dimensions (trajectory, time, channel, *grid), channels already of comparable
        size.
    remove_mean
        Take the spatial mean off both fields first.

    Returns
    -------
    xr.DataArray
        Dimensions (trajectory, time), without units.
    """
    weights = area_weights(truth)
    dims = ["channel", *grid_dims(truth)]
    predicted, truth = _numbers(predicted), truth.astype(np.float64)
    if remove_mean:
        predicted = predicted - _mean(predicted, weights)
        truth = truth - _mean(truth, weights)
    difference = (weights * (predicted - truth) ** 2).sum(dims, skipna=False)
    error = (difference / (weights * truth**2).sum(dims)) ** 0.5
    return error.where(_finite(predicted), np.inf)


def correlation(predicted: xr.DataArray, truth: xr.DataArray) -> xr.DataArray:
    """Return the centred Pearson correlation by trajectory and time, 0 where it is not finite.

    With several channels each is centred by itself and the sums run over all of them.

    Parameters
    ----------
    predicted, truth
        Fields with dimensions (trajectory, time, channel, *grid).

    Returns
    -------
    xr.DataArray
        Dimensions (trajectory, time), between −1 and 1.
    """
    weights = area_weights(truth)
    dims = ["channel", *grid_dims(truth)]
    predicted, truth = _numbers(predicted), truth.astype(np.float64)
    a, b = predicted - _mean(predicted, weights), truth - _mean(truth, weights)
    product = (weights * a * b).sum(dims, skipna=False)
    norm = ((weights * a**2).sum(dims, skipna=False) * (weights * b**2).sum(dims)) ** 0.5
    value = product / norm.where(norm > 0)
    return value.where(_finite(predicted) & value.notnull(), 0.0)


def high_correlation_time(correlations: xr.DataArray, threshold: float) -> xr.DataArray:
    """Return the first frame time at which the correlation is below the threshold.

    It is capped at the last frame time, and 0 for a trajectory that is below from its first
    predicted frame on because the rollout was not finite.

    Parameters
    ----------
    correlations
        By ``time``, and any other dimensions.
    threshold
        Between −1 and 1.

    Returns
    -------
    xr.DataArray
        The other dimensions, in the units of ``time``.
    """
    times = correlations["time"]
    below = correlations < threshold
    first = times.isel(time=below.argmax("time")).drop_vars("time")
    return first.where(below.any("time"), float(times[-1]))


def score(
    predicted: Iterable[xr.DataArray],
    truth: xr.DataArray,
    scale: Sequence[float] | np.ndarray | None = None,
) -> xr.Dataset:
    """Return every score of a set of rollouts that start at the first frame.

    Parameters
    ----------
    predicted
        Successive parts in time of fields with dimensions (trajectory, time, channel, *grid).
    truth
        The same fields, in memory or lazily opened: of each part no more is loaded at once.
    scale
        Size of every channel; both fields are divided by it so that channels count alike.

    Returns
    -------
    xr.Dataset
        ``error``, ``error_mean_removed`` and ``correlation`` by trajectory and time;
        ``mean_error`` (frames after the given one) and ``high_correlation_time`` by trajectory, the
        latter also by threshold. A rollout with a value that is not finite has error ∞ from there
        on, mean error ∞ and high-correlation time 0.

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
    predicted: xr.DataArray, truth: xr.DataArray, scale: Sequence[float] | np.ndarray | None
) -> xr.Dataset:
    """Return the scores of some frames by themselves, and whether they are ``finite``."""
    # By trajectory, for what is computed on the way takes some twenty times the memory of a field.
    each = []
    for i in range(truth.sizes["trajectory"]):
        a, b = predicted.isel(trajectory=[i]), truth.isel(trajectory=[i])
        if scale is not None:
            sizes = xr.DataArray(np.asarray(scale, np.float64), dims="channel")
            a, b = ((f / sizes).transpose(*_order(f)) for f in (a, b))
        scores = {
            "error": relative_error(a, b),
            "error_mean_removed": relative_error(a, b, remove_mean=True),
            "correlation": correlation(a, b),
            "finite": _finite(a),
        }
        each.append(xr.Dataset(scores))
    return xr.concat(each, "trajectory")


def _over_time(frames: xr.Dataset) -> xr.Dataset:
    """Return the scores of all frames with those of the rollouts as a whole."""
    finite = frames["finite"].all("time")
    times = [high_correlation_time(frames["correlation"], t).where(finite, 0.0) for t in THRESHOLDS]
    thresholds = xr.DataArray(list(THRESHOLDS), dims="threshold", name="threshold")
    return frames.drop_vars("finite").assign(
        mean_error=frames["error"].isel(time=slice(1, None)).mean("time"),
        high_correlation_time=xr.concat(times, thresholds),
    )


def _order(field: xr.DataArray) -> list[str]:
    return ["trajectory", "time", "channel", *grid_dims(field)]


def _mean(field: xr.DataArray, weights: xr.DataArray) -> xr.DataArray:
    return (field * weights).sum(grid_dims(field), skipna=False)


def _numbers(field: xr.DataArray) -> xr.DataArray:
    """Return a field in float64, NaN for infinities: their differences would be NaN and warn."""
    return field.astype(np.float64).where(np.isfinite(field))


def _finite(field: xr.DataArray) -> xr.DataArray:
    return xr.apply_ufunc(np.isfinite, field).all(["channel", *grid_dims(field)])
