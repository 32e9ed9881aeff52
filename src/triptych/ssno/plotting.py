"""Colours, marks and drawing helpers that the figures of the SSNO share."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from triptych.figures.style import DIVERGING, PALETTE
from triptych.ssno.names import ModelName
from triptych.ssno.specs import MODELS, VARIANTS

_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
COLOURS = dict(zip(MODELS, _COLOURS, strict=True))
VARIANT_COLOURS = dict(zip(VARIANTS, ("#D55E00", *PALETTE[:1], *PALETTE[2:7]), strict=True))
MARKERS = dict(zip(MODELS, "osD^vPX", strict=True))
ERROR_MAP = "PuOr_r"
"""Another diverging map than the fields', so that an error is not taken for a field."""
CEILING = 30.0
"""Relative errors above this are off the axes: ten or a million times the field says the same."""


def short_title(title: str) -> str:
    """Return a system's title for a tight axis: ``NS 2D`` of ``Navier–Stokes, 2D``."""
    name, _, domain = title.rpartition(", ")
    initials = "".join(word[0].upper() for word in re.split("[ –-]", name) if word)
    return f"{initials} {domain}".strip()


def in_order(models: Sequence[str] | NDArray) -> list[str]:
    """Return the distinct models in the order in which every figure shows them."""
    present = set(map(str, models))
    return [*(m for m in MODELS if m in present), *sorted(present - MODELS.keys())]


def model_handles(
    models: Sequence[ModelName], *, lines: bool = True, marks: bool = True
) -> list[Line2D]:
    """Return legend entries of models, as lines, marks or both."""
    style: Literal["-", "none"] = "-" if lines else "none"
    return [
        Line2D(
            [],
            [],
            color=COLOURS[m],
            marker=MARKERS[m] if marks else "none",
            linestyle=style,
            label=MODELS[m],
        )
        for m in models
    ]


def blow_up_handle() -> Line2D:
    """Return the legend entry of the marks for errors off the axes."""
    label = f"blow-up (↑: error above {CEILING:g})"
    return Line2D(
        [], [], linestyle="none", marker=r"$\infty$", color="0.3", markersize=7, label=label
    )


def mark_infinite(
    axes: Axes, x: float, colour: str, text: str = "∞", level: float = 0, size: float = 9
) -> None:
    """Write ∞ at the top of ``axes``: the error at ``x`` is infinite and lies on no axis."""
    axes.annotate(
        text,
        xy=(x, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, -1 - 7 * level),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=size,
        fontweight="bold",
        color=colour,
        annotation_clip=False,
        zorder=5,
    )


def draw_in_time(
    axes: Axes, errors: xr.DataArray, colour: str, *, level: int = 0, **style: object
) -> bool:
    """Draw the mean over trajectories of errors against time, with the range of the seeds.

    The line ends where the mean first is infinite or leaves the axes at their ceiling; a mark is
    written over that time.

    Parameters
    ----------
    errors
        Dimensions (run, trajectory, time), the runs being seeds of one model; the first frame,
        which has no error, is left out.
    level
        How many marks of other models lie above this one's.

    Returns
    -------
    bool
        Whether it blew up.
    """
    predicted = errors.isel(time=slice(1, None)).dropna("time", how="all")
    by_seed = predicted.mean("trajectory", skipna=False)
    times, mean = by_seed.time.values, by_seed.mean("run", skipna=False).values
    finite = np.isfinite(mean)
    axes.plot(times[finite], mean[finite], color=colour, **style)  # type: ignore[arg-type]
    if by_seed.sizes["run"] > 1:
        low, high = by_seed.min("run").values, by_seed.max("run").values
        axes.fill_between(
            times[finite], low[finite], high[finite], color=colour, alpha=0.25, linewidth=0
        )
    axes.set_xlim(0, 1.04 * times[-1])
    off_axes = ~drawable(mean)
    if off_axes.any():
        mark_infinite(axes, float(times[off_axes][0]), colour, top_mark(mean), level)
    return bool(off_axes.any())


def drawable(errors: NDArray | pd.Series) -> NDArray:
    """Return which errors are finite and on the axes, in their shape; the others get a mark."""
    values = np.asarray(errors, dtype=np.float64)
    return np.isfinite(values) & (values <= CEILING)


def top_mark(errors: NDArray | pd.Series) -> str:
    """Return the mark of errors that are off the axes: ∞ if one is infinite, else an arrow."""
    return "↑" if np.isfinite(np.asarray(errors, dtype=np.float64)).all() else "∞"


def limit_errors(axes: Axes, values: NDArray | pd.Series, headroom: float = 1.5) -> None:
    """Make the vertical axis logarithmic from below the least error to above the largest.

    At least two powers of ten are on it, since only they are labelled.

    Parameters
    ----------
    axes
        Whose vertical axis it is.
    values
        Errors of any shape; those that are not drawable only raise the headroom.
    headroom
        Factor between the largest error and the top.
    """
    values = np.asarray(values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if not drawable(values).all():
        headroom = max(headroom, 4.0)  # for the marks
    values = values[drawable(values) & (values > 0)]
    if not len(values):
        values = np.ones(1)
    top = float(values.max())
    bottom = max(min(float(values.min()), top / 10), top * 1e-6)
    low, high = bottom / 1.5, top * headroom
    if math.floor(math.log10(high)) <= math.ceil(math.log10(low)):
        low = 10.0 ** math.floor(math.log10(low))
    axes.set(yscale="log", ylim=(low, high))
    axes.yaxis.set_minor_formatter(NullFormatter())


def middle_slice(field: xr.DataArray) -> xr.DataArray:
    """Return a field on two axes: of one on three, the middle slice of the last axis."""
    if field.ndim == 3:
        field = field.isel({field.dims[-1]: field.shape[-1] // 2})
    return field


def show_field(
    axes: Axes, field: xr.DataArray, scale: float, colours: str = DIVERGING
) -> AxesImage | None:
    """Show a field on a plane, symmetric about zero; say so where it is not finite.

    Parameters
    ----------
    axes
        Where it is drawn.
    field
        Dimensions (longitude, latitude) on the sphere, (x, y) on a box, in either order.
    scale
        Its largest value on the colour map, in its units.
    colours
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
        field = field.transpose("latitude", "longitude").sortby("latitude")
    else:
        field = field.transpose(*field.dims[::-1])
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
    around = np.linspace(0, 2 * np.pi, 361)
    axes.plot(np.cos(around), np.sin(around), color="0.3", linewidth=0.6)
    _graticule(axes)
    limits = {"cmap": colours, "vmin": -scale, "vmax": scale}
    extent = (-1.0, 1.0, -1.0, 1.0)
    return axes.imshow(orthographic(field), origin="lower", extent=extent, **limits)  # type: ignore[arg-type]


def error_scale(errors: Sequence[NDArray], field_scale: float) -> float:
    """Return the size of errors, but that of the field if one is larger or a blow-up.

    Else the small error of one model would fill its picture because the other has none to show.

    Parameters
    ----------
    errors
        Of several models, each of any shape, in the units of the field.
    field_scale
        The size of the field.

    Returns
    -------
    float
        The largest of their 99.5 % quantiles, at most ``field_scale``.
    """
    if not all(np.isfinite(error).all() for error in errors):
        return field_scale
    return min([field_scale, max(float(np.quantile(abs(e), 0.995)) for e in errors)])


def signed_bar(axes: Axes, images: Sequence[AxesImage | None]) -> None:
    """Make a colour bar of ``axes`` for pictures of one scale, of which some may be missing."""
    drawn = [image for image in images if image is not None]
    if not drawn:
        axes.set_visible(False)
        return
    bar = axes.figure.colorbar(drawn[0], cax=axes)
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


VIEW = (25.0, 0.0)
"""Latitude and longitude in the middle of a globe, in degrees."""


def orthographic(
    field: xr.DataArray, view: tuple[float, float] = VIEW, pixels: int = 360
) -> NDArray:
    """Project a field on the sphere orthographically: the globe from infinitely far away.

    Parameters
    ----------
    field
        Over ``latitude`` and ``longitude`` in degrees, longitudes evenly spaced over a full turn.
    view
        Latitude and longitude in the middle of the picture, in degrees.
    pixels
        Side of the picture.

    Returns
    -------
    ndarray, shape (pixels, pixels)
        From south to north; NaN outside of the globe.
    """
    latitudes, longitudes, on_globe = _visible_points(view, pixels)
    field = field.transpose("latitude", "longitude").sortby("latitude")
    values = field.values.astype(np.float64)
    # The grid stops short of the poles, where the field is the mean of the last circle.
    south, north = values[0].mean(), values[-1].mean()
    turn = np.full((1, values.shape[1]), 1.0)
    values = np.concatenate([south * turn, values, north * turn])
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


def _graticule(axes: Axes, view: tuple[float, float] = VIEW) -> None:
    """Draw meridians and parallels every 30°, thin, where they are on this side."""
    fine = np.linspace(-180, 180, 361)
    for latitude in (-60, -30, 0, 30, 60):
        axes.plot(*_project(np.full_like(fine, latitude), fine, view), **_THIN)  # type: ignore[arg-type]
    for longitude in range(-180, 180, 30):
        axes.plot(*_project(fine / 2, np.full_like(fine, longitude), view), **_THIN)  # type: ignore[arg-type]


_THIN = {"color": "0.2", "linewidth": 0.3, "alpha": 0.35, "zorder": 3}


def _project(
    latitude: NDArray, longitude: NDArray, view: tuple[float, float]
) -> tuple[NDArray, NDArray]:
    """Return places on the picture, NaN for those on the far side."""
    phi, lam, tilt = np.deg2rad(latitude), np.deg2rad(longitude - view[1]), np.deg2rad(view[0])
    x = np.cos(phi) * np.sin(lam)
    y = np.cos(tilt) * np.sin(phi) - np.sin(tilt) * np.cos(phi) * np.cos(lam)
    near = np.sin(tilt) * np.sin(phi) + np.cos(tilt) * np.cos(phi) * np.cos(lam) > 0
    return np.where(near, x, np.nan), np.where(near, y, np.nan)
