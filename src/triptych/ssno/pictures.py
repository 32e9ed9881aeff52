"""Pictures of fields: on a plane, on a globe, with their colour bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from triptych.figures.style import DIVERGING
from triptych.ssno.finer import for_picture
from triptych.ssno.metrics import relative_error
from triptych.ssno.tables import of_model

ERROR_MAP = "PuOr_r"
"""Another diverging map than the fields', so that an error is not taken for a field."""
VIEW = (25.0, 0.0)
"""Latitude and longitude in the middle of a globe, in degrees."""
_GRATICULE = {"color": "0.2", "linewidth": 0.3, "alpha": 0.35, "zorder": 3}
"""Style of meridians and parallels."""


def middle_slice(field: xr.DataArray) -> xr.DataArray:
    """Return a field on two axes.

    Parameters
    ----------
    field : xarray.DataArray of shape (x, y), (x, y, z) or, on the sphere, (latitude, longitude)

    Returns
    -------
    xarray.DataArray of shape (x, y) or (latitude, longitude)
        Of a field on three axes the middle slice of the last one, else the field itself.
    """
    if field.ndim == 3:
        field = field.isel({field.dims[-1]: field.shape[-1] // 2})
    return field


def show_field(
    axes: Axes, field: xr.DataArray, scale: float, colours: str = DIVERGING
) -> AxesImage | None:
    """Show a field on a plane, symmetric about zero; say so where it is not finite.

    It is evaluated from its expansion on a finer grid.

    Parameters
    ----------
    axes : Axes
        Where it is drawn.
    field : xarray.DataArray of shape (longitude, latitude) or (x, y)
        On the sphere in either order; on a box the first dimension is the horizontal one.
    scale : float
        Its largest value on the colour map, in its units.
    colours : str, optional
        A diverging colour map.

    Returns
    -------
    AxesImage or None
        None where the field is not finite.
    """
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color="0.6")
    if not np.isfinite(field.values).all():
        mark_blow_up(axes)
        return None
    if "latitude" in field.dims:
        field = for_picture(field).sortby("latitude")
    else:
        field = for_picture(field.transpose(*field.dims[::-1]))
    limits = {"cmap": colours, "vmin": -scale, "vmax": scale}
    return axes.imshow(field.values, origin="lower", aspect="equal", **limits)  # type: ignore[arg-type]


def show_globe(
    axes: Axes, field: xr.DataArray, scale: float, colours: str = DIVERGING
) -> AxesImage | None:
    """Show a field on the sphere as seen from far away.

    Parameters and result are those of :func:`show_field`.
    """
    axes.set(xticks=[], yticks=[], aspect="equal", xlim=(-1.02, 1.02), ylim=(-1.02, 1.02))
    axes.spines[:].set_visible(False)
    if not np.isfinite(field.values).all():
        mark_blow_up(axes)
        return None
    angle = np.linspace(0, 2 * np.pi, 361)
    axes.plot(np.cos(angle), np.sin(angle), color="0.3", linewidth=0.6)
    _graticule(axes)
    limits = {"cmap": colours, "vmin": -scale, "vmax": scale}
    extent = (-1.0, 1.0, -1.0, 1.0)
    return axes.imshow(orthographic(field), origin="lower", extent=extent, **limits)  # type: ignore[arg-type]


def show_last_frame(
    axes: Sequence[Axes],
    snapshots: xr.Dataset,
    baseline: str,
    show: Callable[[Axes, xr.DataArray, float, str], AxesImage | None],
) -> list[float]:
    """Show the first channel at the last frame; fields share one scale, errors another.

    Parameters
    ----------
    axes : sequence of Axes, length 7
        Of truth, SSNO, baseline, their bar, the SSNO's error, the baseline's, their bar.
    snapshots : xarray.Dataset
        Of one system, with ``truth`` (frame, channel, *grid) and ``predicted`` (run, frame,
        channel, *grid).
    baseline : str
        Beside the SSNO.
    show : callable
        :func:`show_field`, of three-dimensional fields their middle slice, or :func:`show_globe`.

    Returns
    -------
    list of float, length 2
        Relative errors of SSNO and baseline; infinite where a rollout is not finite.
    """
    last = snapshots.isel(frame=-1, channel=[0])
    predictions = [of_model(last.predicted, model) for model in ("ssno", baseline)]
    fields = [middle_slice(channels[0]) for channels in (last.truth, *predictions)]
    errors = [field - fields[0] for field in fields[1:]]
    scale = float(abs(fields[0]).max())
    spread = error_scale([error.values for error in errors], scale)
    for panels, bar, values, limit, colours in (
        (axes[:3], axes[3], fields, scale, DIVERGING),
        (axes[4:6], axes[6], errors, spread, ERROR_MAP),
    ):
        pairs = zip(panels, values, strict=True)
        signed_bar(bar, [show(ax, field, limit, colours) for ax, field in pairs])
    return [float(relative_error(prediction, last.truth)) for prediction in predictions]


def error_scale(errors: Sequence[NDArray], field_scale: float) -> float:
    """Return the size of errors, but that of the field if one is larger or a blow-up.

    Otherwise one model's small errors would fill its picture when the other's is blank.

    Parameters
    ----------
    errors : sequence of ndarray, each of shape (...)
        Of several models, in the units of the field.
    field_scale : float
        The size of the field.

    Returns
    -------
    float
        The largest of their 99.5 % quantiles, at most ``field_scale``.
    """
    if not all(np.isfinite(error).all() for error in errors):
        return field_scale
    largest = max(float(np.quantile(abs(error), 0.995)) for error in errors)
    return min(field_scale, largest)


def signed_bar(axes: Axes, images: Sequence[AxesImage | None]) -> None:
    """Make a colour bar of ``axes`` for pictures of one scale, of which some may be missing."""
    drawn = [image for image in images if image is not None]
    if not drawn:
        axes.set_visible(False)
        return
    bar = axes.figure.colorbar(drawn[0], cax=axes, extend="both", extendfrac=0.03)
    top = float(drawn[0].get_clim()[1] or 1.0)
    bar.set_ticks([-top, 0, top], labels=[f"−{top:.2g}", "0", f"{top:.2g}"])
    bar.ax.tick_params(labelsize=5.5, length=2, pad=1)
    bar.outline.set_linewidth(0.4)


def mark_blow_up(axes: Axes) -> None:
    """Say in the place of a picture that the rollout is not finite."""
    axes.set_facecolor("0.93")
    axes.text(
        0.5, 0.5, "∞\nblow-up", transform=axes.transAxes, ha="center", va="center", fontsize=7
    )


def orthographic(
    field: xr.DataArray, view: tuple[float, float] = VIEW, pixels: int = 360
) -> NDArray:
    """Project a field on the sphere orthographically: the globe from infinitely far away.

    The pixels are interpolated linearly on a grid that is fine for the eye; see :mod:`.finer`. The
    projection is Snyder's, USGS Prof. Paper 1395 (1987), equations 20-3 and 20-4.

    Parameters
    ----------
    field : xarray.DataArray of shape (latitude, longitude)
        Gauss–Legendre latitudes and twice as many equidistant longitudes, in degrees; in either
        order.
    view : tuple of float, optional
        Latitude and longitude in the middle of the picture, in degrees.
    pixels : int, optional
        Side of the picture.

    Returns
    -------
    ndarray of shape (pixels, pixels)
        In the units of the field, from south to north; NaN outside of the globe.
    """
    latitudes, longitudes, on_globe = _visible_points(view, pixels)
    field = for_picture(field, pixels).sortby("latitude")
    values = field.values
    # The grid stops short of the poles, where the field is the mean of the last circle.
    south, north = values[0].mean(), values[-1].mean()
    circle = np.ones((1, values.shape[1]))
    values = np.concatenate([south * circle, values, north * circle])
    rows = np.array([-90.0, *field.latitude.values, 90.0])
    spacing = 360.0 / field.sizes["longitude"]
    grid_indices = [
        np.interp(latitudes, rows, np.arange(len(rows))),
        ((longitudes - float(field.longitude[0])) % 360) / spacing,
    ]
    values = np.concatenate([values, values[:, :1]], axis=1)  # the circle closes
    picture = np.full((pixels, pixels), np.nan)
    picture[on_globe] = map_coordinates(values, grid_indices, order=1, mode="nearest")
    return picture


def _visible_points(view: tuple[float, float], pixels: int) -> tuple[NDArray, NDArray, NDArray]:
    """Return the places in degrees that the pixels of a globe show, and which pixels show one."""
    side = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    x, y = np.meshgrid(side, side)
    on_globe = x**2 + y**2 < 1
    x, y = x[on_globe], y[on_globe]
    z = np.sqrt(1 - x**2 - y**2)
    tilt = np.deg2rad(view[0])
    up, out = y * np.cos(tilt) + z * np.sin(tilt), z * np.cos(tilt) - y * np.sin(tilt)
    return np.rad2deg(np.arcsin(up)), view[1] + np.rad2deg(np.arctan2(x, out)), on_globe


def _graticule(axes: Axes) -> None:
    """Draw meridians and parallels every 30°, thin, where they are on this side."""
    fine = np.linspace(-180, 180, 361)
    for latitude in (-60, -30, 0, 30, 60):
        axes.plot(*_project(np.full_like(fine, latitude), fine, VIEW), **_GRATICULE)  # type: ignore[arg-type]
    for longitude in range(-180, 180, 30):
        axes.plot(*_project(fine / 2, np.full_like(fine, longitude), VIEW), **_GRATICULE)  # type: ignore[arg-type]


def _project(
    latitude: NDArray, longitude: NDArray, view: tuple[float, float]
) -> tuple[NDArray, NDArray]:
    """Return places on the picture, NaN for those on the far side."""
    phi, lam, tilt = np.deg2rad(latitude), np.deg2rad(longitude - view[1]), np.deg2rad(view[0])
    x = np.cos(phi) * np.sin(lam)
    y = np.cos(tilt) * np.sin(phi) - np.sin(tilt) * np.cos(phi) * np.cos(lam)
    near = np.sin(tilt) * np.sin(phi) + np.cos(tilt) * np.cos(phi) * np.cos(lam) > 0
    return np.where(near, x, np.nan), np.where(near, y, np.nan)
