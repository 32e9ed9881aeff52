"""Colours, marks and drawing helpers that the figures of the SSNO share."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.ssno.labels import MODEL_LABELS, VARIANT_LABELS, in_order, two_digits
from triptych.ssno.names import ModelName

COLOURS: dict[ModelName, str] = {
    "ssno": "#D55E00",
    "ffno": "#0072B2",
    "cnext": "#009E73",
    "percnn": "#CC79A7",
    "sfno": "#332288",
    "dpot": "#E69F00",
    "factformer": "#56B4E9",
    "fno": "#882255",
}
MARKERS: dict[ModelName, str] = {
    "ssno": "o",
    "ffno": "s",
    "cnext": "D",
    "percnn": "^",
    "sfno": "p",
    "dpot": "v",
    "factformer": "P",
    "fno": "X",
}
VARIANT_STYLES: dict[str, tuple[str, str]] = dict(
    zip(
        VARIANT_LABELS,
        [(COLOURS["ssno"], "-"), ("0", "--"), ("0.3", "-."), ("0.45", ":"), ("0.6", "-")],
        strict=True,
    )
)
"""Colour and line of each variant: greys, since the colours are those of other models."""
CEILING = 30.0
"""Relative errors above this are off the axes: ten or a million times the field says the same."""
SYSTEMS_PER_ROW = 4
"""In a figure that has panels of each system."""
LETTERS_PER_INCH = 21
"""Of the text at a figure's foot."""
ENTRIES_PER_INCH = 0.9
"""Of a legend."""
NO_BREAK = "\N{NO-BREAK SPACE}"
ROUNDING = 2.0**-48
"""Energy of what storing a field in float32 adds to it, at most, in units of the field's own.

A value is off by at most 2⁻²⁴ of itself, so that the error's mean square is at most 2⁻⁴⁸ of the
field's, whatever shells it falls into.
"""


def model_handles(models: Sequence[ModelName], *, lines: bool = True) -> list[Line2D]:
    """Return legend entries of models: their marks, on lines or without."""
    style: Literal["-", "none"] = "-" if lines else "none"
    return [
        Line2D(
            [],
            [],
            color=COLOURS[model],
            marker=MARKERS[model],
            linestyle=style,
            label=MODEL_LABELS[model],
        )
        for model in models
    ]


def foot(
    figure: Figure, note: str, handles: Sequence[Artist] = (), columns: int | None = None
) -> None:
    """Write a note below all axes, what is behind the figure, and the legend below the note.

    The legend also explains the marks for errors off the axes, of those that are drawn.

    Parameters
    ----------
    figure : Figure
        In the constrained layout.
    note : str
        Such as :func:`.labels.sample_note` gives it.
    handles : sequence of Artist, optional
        Of the legend.
    columns : int, optional
        Of the legend; as many as fit when None, in rows of about one length.
    """
    width = figure.get_figwidth()
    handles = [*handles, *off_axes_handles(figure)]
    rows = math.ceil(len(handles) / (ENTRIES_PER_INCH * width)) or 1
    legend = figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=columns or max(1, math.ceil(len(handles) / rows)),
        title=wrapped(note, round(LETTERS_PER_INCH * width)),
        title_fontsize=6,
        alignment="center",
        borderpad=0.1,
    )
    legend.get_title().set_multialignment("center")


def wrapped(note: str, letters: int) -> str:
    """Return a note in lines of so many letters; a part between semicolons stays on one if short.

    Short is up to half a line.
    """
    parts = note.split("; ")
    kept = [part.replace(" ", NO_BREAK) if 2 * len(part) <= letters else part for part in parts]
    return textwrap.fill("; ".join(kept), letters).replace(NO_BREAK, " ")


def system_panels(
    systems: Sequence[xr.Dataset], heights: Mapping[str, float], row_in: float, rest_in: float
) -> tuple[Figure, NDArray]:
    """Return a figure with the panels of every system, one below the other under its title.

    Parameters
    ----------
    systems : sequence of xarray.Dataset
        In order, each with the attribute ``title``.
    heights : mapping of str to float
        Of the panels of a system, relative to each other, by the label of their vertical axes.
    row_in : float
        Height of a row of systems, in inches.
    rest_in : float
        Height of what is below all panels, in inches.

    Returns
    -------
    figure : Figure
    panels : ndarray of Axes, shape (systems, panels of each)
    """
    rows, columns = math.ceil(len(systems) / SYSTEMS_PER_ROW), min(SYSTEMS_PER_ROW, len(systems))
    figure = new_figure(PAGE_IN, row_in * rows + rest_in)
    ratios = [*heights.values()] * rows
    grid = figure.subplots(len(ratios), columns, squeeze=False, height_ratios=ratios)
    stacked = grid.reshape(rows, -1, columns).swapaxes(1, 2).reshape(-1, len(heights))
    panels, unused = np.split(stacked, [len(systems)])
    for ax in unused.flat:
        ax.axis("off")
    for index, (stack, system) in enumerate(zip(panels, systems, strict=True)):
        stack[0].set_title(system.attrs["title"], fontsize=7)
        panel_letter(stack[0], index)
        if index % columns == 0:
            for ax, label in zip(stack, heights, strict=True):
                ax.set_ylabel(label)
    return figure, panels


def off_axes_handles(figure: Figure) -> list[Line2D]:
    """Return legend entries of those marks for errors off the axes that a figure has."""
    drawn = "".join(text.get_text() for axes in figure.axes for text in axes.texts)
    meanings = {"∞": "blow-up", "↑": f"error above {CEILING:g}"}
    style: dict[str, Any] = {"linestyle": "none", "color": "0.3", "markersize": 7}
    return [
        Line2D([], [], marker=f"${mark}$", label=label, **style)
        for mark, label in meanings.items()
        if mark in drawn
    ]


def side_by_side(
    runs: pd.DataFrame, position: float, reach: float
) -> Iterator[tuple[ModelName, float, pd.DataFrame, dict[str, Any]]]:
    """Place the models of runs side by side about a position, and the seeds of each about its own.

    Parameters
    ----------
    runs : pandas.DataFrame
        One row a run; see :func:`triptych.ssno.tables.run_table`.
    position : float
    reach : float
        How far the first and the last model are from it.

    Yields
    ------
    model : str
    centre : float
        Its position.
    seeds : pandas.DataFrame
        Its runs, with the position of each as ``x``.
    style : dict of str to Any
        Of its points, in Matplotlib's words.
    """
    models = in_order(runs.model)
    for model, shift in zip(models, np.linspace(-reach, reach, len(models)), strict=True):
        seeds = runs[runs.model == model]
        apart = np.linspace(-0.03, 0.03, len(seeds)) * (len(seeds) > 1)
        style = {
            "color": COLOURS[model],
            "marker": MARKERS[model],
            "linestyle": "none",
            "zorder": 3,
        }
        yield model, position + shift, seeds.assign(x=position + shift + apart), style


def mark_off_axes(
    axes: Axes,
    x: float,
    colour: str,
    text: str,
    level: float = 0,
    size: float = 9,
    upward: bool = False,
) -> None:
    """Write a mark at the top of ``axes``: the error at ``x`` is infinite (∞) or too large (↑).

    ``level`` is how many marks lie above; a text that is written ``upward`` has room beside others.
    """
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
        rotation="vertical" if upward else "horizontal",
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
    axes : Axes
    errors : xarray.DataArray of shape (run, trajectory, time)
        The runs are seeds of one model; the first frame, which has no error, is left out.
    colour : str
    level : int, optional
        How many marks of other models lie above this one's.
    **style : object
        Of the line, in Matplotlib's words.

    Returns
    -------
    bool
        Whether its mean left the axes: infinite, or above the ceiling.
    """
    predicted = errors.isel(time=slice(1, None)).dropna("time", how="all")
    by_seed = predicted.mean("trajectory", skipna=False)
    times, mean = by_seed.time.values, by_seed.mean("run", skipna=False).values
    off_axes = ~drawable(mean)
    end = int(off_axes.argmax()) if off_axes.any() else len(mean)
    axes.plot(times[:end], mean[:end], color=colour, **style)  # type: ignore[arg-type]
    if by_seed.sizes["run"] > 1:
        low, high = by_seed.min("run").values, by_seed.max("run").values
        axes.fill_between(times[:end], low[:end], high[:end], color=colour, alpha=0.25, linewidth=0)
    axes.set_xlim(0, 1.04 * times[-1])
    if off_axes.any():
        mark_off_axes(axes, float(times[end]), colour, top_mark(mean), level)
    return bool(off_axes.any())


def draw_mean(axes: Axes, position: float, errors: NDArray, colour: str) -> None:
    """Draw errors as points side by side, and a dash at their mean with its number above.

    Where the mean is off the axes there is a mark instead, and how many of the errors are.

    Parameters
    ----------
    axes : Axes
    position : float
        On the horizontal axis, where neighbours are 1 apart.
    errors : ndarray of shape (trajectories,)
    colour : str
    """
    visible, mean = errors[drawable(errors)], errors.mean()
    width = 0.15 if len(visible) > 1 else 0.0
    spread = np.linspace(-width, width, len(visible))
    axes.plot(position + spread, visible, "o", color=colour, markersize=2.5)
    if drawable(mean):
        axes.hlines(mean, position - 0.27, position + 0.27, color=colour, linewidth=1.6)
        place = (position, max(visible.max(), mean))
        axes.annotate(two_digits(mean), place, xytext=(0, 3), textcoords="offset points",
                      ha="center", fontsize=7)  # fmt: skip
    else:
        count = f"{top_mark(errors)}\n{len(errors) - len(visible)}/{len(errors)}"
        mark_off_axes(axes, position, "black", count, size=7)


def tick_labels(values: Iterable[object], trained: Iterable[bool]) -> list[str]:
    """Return labels of an axis that say below a value if a model was trained with it."""
    pairs = zip(values, trained, strict=True)
    return [f"{value}\ntrained" if here else str(value) for value, here in pairs]


def last_shell(energy: NDArray[np.float64]) -> int:
    """Return the last shell of a stored field's spectrum that holds more than rounding.

    Parameters
    ----------
    energy : ndarray of shape (shells,)
        From the mean on, in any unit.

    Returns
    -------
    int
        Its index; 0 where no other holds more.
    """
    return int(np.flatnonzero(energy > ROUNDING * energy.sum()).max(initial=0))


def drawable(errors: NDArray | pd.Series) -> NDArray:
    """Return which errors are finite and on the axes, in their shape; the others get a mark."""
    values = np.asarray(errors, dtype=np.float64)
    return np.isfinite(values) & (values <= CEILING)


def top_mark(errors: NDArray | pd.Series) -> str:
    """Return the mark of errors that are off the axes: ∞ if one is infinite, else an arrow.

    Parameters
    ----------
    errors : ndarray or pandas.Series of shape (...)
        Relative, without units.
    """
    return "↑" if np.isfinite(np.asarray(errors, dtype=np.float64)).all() else "∞"


def share_off_axes(runs: pd.DataFrame) -> str:
    """Return the mark of a model that is off the axes, with how many of its rollouts blew up.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one model, as from :func:`triptych.ssno.tables.run_table`.
    """
    blown = runs.blown_up.sum()
    return f"{blown}/{runs.rollouts.sum()} ∞" if blown else top_mark(runs.error)


def limit_errors(axes: Axes, values: NDArray | pd.Series, headroom: float = 1.5) -> None:
    """Make the vertical axis logarithmic from below the least error to above the largest.

    At least two powers of ten are on it, since only they are labelled.

    Parameters
    ----------
    axes : Axes
    values : ndarray or pandas.Series of shape (...)
        Errors; those that are not drawable only raise the headroom.
    headroom : float, optional
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
