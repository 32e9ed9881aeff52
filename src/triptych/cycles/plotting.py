"""Parts that several figures of paper 2 share: names, kinds and colours of models, their panels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from triptych.claims.measured import Unavailable
from triptych.cycles.design import CONTRAST, SELECTED
from triptych.cycles.resampling import difference_of_kinds
from triptych.cycles.tables import at_best_rate, kinds, table
from triptych.figures.axes import reference_line
from triptych.figures.style import PALETTE, panel_letter

SMALLEST_SIGMA = 1e-4
"""The noise of an estimate of σ, in nats a step, is of this order: less is not told apart."""

STRIP_DECADES = 1.2
"""Width of the strip left of the smallest σ in which models with less stand side by side."""

HIGHEST_SIGMA = 60.0
"""End of the axis of σ, in nats a step, where no model has more."""

KINDS = {"cycling": ("o", 0.3), "nearly reversible": ("s", 1.1), "neither": ("^", 0.3)}
"""Marker and width of the rim of models by what their latent chain does."""

COLLAPSED: dict[str, Any] = {
    "linestyle": "",
    "marker": "o",
    "markersize": 2.2,
    "markerfacecolor": "white",
    "markeredgecolor": "black",
    "markeredgewidth": 0.3,
    "zorder": 4,
}
"""Dot on the marker of a collapsed model."""

DESIGNS = {CONTRAST: "contrast within one rate", SELECTED: "selected rate"}
"""Rows of panels: models of one learning rate at which both kinds occur, and of the best rate."""


def model_label(model: xr.Dataset) -> str:
    """Return which model a figure of a single one shows, by its coordinates.

    Parameters
    ----------
    model : xarray.Dataset
        With the coordinates ``states``, ``learning_rate`` and ``seed``, each of shape ().
    """
    rate, seed = float(model.learning_rate), int(model.seed)
    return f"K = {int(model.states)}, learning rate {rate:g}, seed {seed}"


def seeds_text(count: int) -> str:
    """Return a number of seeds in words, such as *1 seed*."""
    return f"{count} seed{'' if count == 1 else 's'}"


def cycle_colour(number: int) -> str:
    """Return the colour of a cycle of the latent graph, from 0; those of the palette recur."""
    return PALETTE[number % len(PALETTE)]


def panels_by_design(
    figure: Figure, models: pd.DataFrame, quantity: str, label: str
) -> dict[tuple[str, int], Axes]:
    """Draw ``quantity`` against σ: a row for each of :data:`DESIGNS`, a column for each K.

    Parameters
    ----------
    figure : Figure
        Empty.
    models : pandas.DataFrame
        As from :func:`triptych.cycles.tables.table`; other designs are left out.
    quantity : str
        A column of it.
    label : str
        Its name and unit.

    Returns
    -------
    dict of tuple to Axes
        The panels by design and K. They share their axes of σ, and those of a row the other too.
    """
    shown = models[models.design.isin(DESIGNS)]
    state_counts = sorted(map(int, shown.states.unique()))
    axes = figure.subplots(
        len(DESIGNS), len(state_counts), sharex=True, sharey="row", squeeze=False
    )
    panels = {}
    for place, (row, (design, name)) in enumerate(zip(axes, DESIGNS.items(), strict=True)):
        panel_letter(row[0], place)
        row[0].set_ylabel(f"{name}:\n{label}")
        for ax, states in zip(row, state_counts, strict=True):
            rows = shown[(shown.design == design) & (shown.states == states)]
            points = scatter_against_entropy_production(ax, rows, quantity)
            title = _title(states, rows)
            if design == CONTRAST:
                title += f"\n{_contrast_text(rows, quantity)}"
            ax.set_title(title, fontsize=6.5)
            panels[design, states] = ax
    # Up to the same σ wherever it suffices, so that scales can be compared.
    highest = max(HIGHEST_SIGMA, 1.2 * shown.entropy_production.max())
    lowest = SMALLEST_SIGMA / 10 ** (STRIP_DECADES + 0.3)
    axes[0, 0].set_xlim(lowest, highest)
    for ax in axes.flat:
        ax.axvspan(lowest, 1.3 * SMALLEST_SIGMA, color="0.94", linewidth=0, zorder=0)
    for ax in axes[-1]:
        ax.set_xlabel("entropy production σ\n(nats / step)")
    figure.colorbar(points, ax=axes, label="self-transition probability", pad=0.01, aspect=40,
                    extend="min")  # fmt: skip
    return panels


def draw_tied(
    panels: Mapping[tuple[str, int], Axes], evaluations: Sequence[xr.Dataset], quantity: str
) -> None:
    """Draw the median of the tied models at their best rate beside the models of record.

    Parameters
    ----------
    panels : mapping of tuple to Axes
        As from :func:`panels_by_design`.
    evaluations : sequence of xarray.Dataset
        Those of tied models among them.
    quantity : str
        That of the panels.
    """
    tied = [evaluation for evaluation in evaluations if evaluation.attrs["tied"]]
    medians = at_best_rate(table(tied)).groupby("states")[quantity].median()
    seeds = table(tied).seed.nunique()
    label = f"tied, best rate, {seeds_text(seeds)}, {tied[0].attrs['iterations']} iterations"
    for (design, states), ax in panels.items():
        if design == SELECTED:
            reference_line(ax, float(medians[states]), label, "-.")


def _title(states: int, models: pd.DataFrame) -> str:
    """Return what a panel shows: K, the learning rate, how many seeds, and how long trainings."""
    (rate,), (iterations,) = models.learning_rate.unique(), models.iterations.unique()
    return f"K = {states}, rate {rate:g}\n{seeds_text(len(models))}, {iterations} iterations"


def _contrast_text(models: pd.DataFrame, quantity: str) -> str:
    """Return the difference between the two kinds, with how many there are of each."""
    kind_of = kinds(models)
    counts = [f"{kind} ({(kind_of == kind).sum()})" for kind in ("cycling", "nearly reversible")]
    try:
        measured = difference_of_kinds(models, quantity)
    except Unavailable:
        return f"{' − '.join(counts)}:\ntoo few"
    interval = f"{measured.value:.3g} [{measured.low:.3g}, {measured.high:.3g}] nats"
    return f"{' − '.join(counts)},\nof medians: {interval.replace('-', '−')}"


def scatter_against_entropy_production(
    axes: Axes, models: pd.DataFrame, quantity: str
) -> PathCollection:
    """Scatter ``quantity`` against σ, coloured by self-transition, a marker for each kind.

    Parameters
    ----------
    axes : Axes
    models : pandas.DataFrame
        As from :func:`triptych.cycles.tables.table`; σ in nats a chain step.
    quantity : str
        A column of it.

    Returns
    -------
    PathCollection
        One of the kinds, for a colour bar.
    """
    kind_of = kinds(models)
    for kind, (marker, rim) in KINDS.items():
        rows = models[kind_of == kind]
        points = axes.scatter(
            _beside(rows.entropy_production),
            rows[quantity],
            c=rows.self_transition,
            cmap="viridis_r",
            norm=LogNorm(1e-4, 1, clip=True),
            marker=marker,
            edgecolors="black",
            linewidths=rim,
            s=24,
            zorder=3,
        )
        collapsed = rows.collapsed.to_numpy(bool)
        sigma = _beside(rows.entropy_production)[collapsed]
        axes.plot(sigma, rows[quantity].to_numpy()[collapsed], **COLLAPSED)
    axes.set_xscale("log")
    decades(axes.xaxis, range(-4, 1, 2))
    return points


def _beside(sigma: pd.Series) -> NDArray[np.float64]:
    """Return where models are drawn: those at or below the smallest σ side by side to its left."""
    drawn_sigma = sigma.to_numpy(np.float64, copy=True)
    (smallest,) = np.nonzero(drawn_sigma <= SMALLEST_SIGMA)
    drawn_sigma[smallest] = SMALLEST_SIGMA / 10 ** np.linspace(0, STRIP_DECADES, len(smallest))
    return drawn_sigma


def kind_legend(models: pd.DataFrame, thresholds: Mapping[str, float]) -> list[Line2D]:
    """Return an entry for each of :data:`KINDS` that there is, and one for collapsed models.

    Parameters
    ----------
    models : pandas.DataFrame
        As from :func:`triptych.cycles.tables.table`; those of :data:`DESIGNS` are looked at.
    thresholds : mapping of str to float
        Attributes of an evaluation: ``cycling_from``, per step, and ``reversible_below``, in nats a
        step.

    Returns
    -------
    list of Line2D
    """
    thresholds_text = {
        "cycling": f": net circulation ≥ {thresholds['cycling_from']:g} a step",
        "nearly reversible": f": σ < {thresholds['reversible_below']:g} nats a step",
    }
    shown = models[models.design.isin(DESIGNS)]
    present = set(kinds(shown))
    style: dict[str, Any] = {
        "linestyle": "",
        "markersize": 5,
        "markerfacecolor": "0.8",
        "markeredgecolor": "black",
    }
    handles = [
        Line2D(
            [],
            [],
            marker=marker,
            markeredgewidth=rim,
            label=kind + thresholds_text.get(kind, ""),
            **style,
        )
        for kind, (marker, rim) in KINDS.items()
        if kind in present
    ]
    if shown.collapsed.any():
        handles.append(Line2D([], [], label="white dot: collapsed", **COLLAPSED))
    return handles


def decades(axis: Axis, exponents: Iterable[int]) -> None:
    """Set ticks of a log axis at ascending powers of ten; the lowest is also of all below."""
    lowest, *others = exponents
    labels = [rf"$\leq10^{{{lowest}}}$", *(rf"$10^{{{exponent}}}$" for exponent in others)]
    axis.set_major_locator(FixedLocator([10.0**exponent for exponent in (lowest, *others)]))
    axis.set_major_formatter(FixedFormatter(labels))
    axis.set_minor_locator(NullLocator())


def show_image(axes: Axes, image: NDArray, title: str = "") -> None:
    """Show a grey image without axes.

    Parameters
    ----------
    axes : Axes
    image : ndarray of shape (height, width)
        From 0, white, to 1, black.
    title : str, optional
    """
    axes.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.4, color="0.7")
    if title:
        axes.set_title(title, fontsize=6, pad=2)


def tile(images: NDArray, columns: int) -> NDArray:
    """Put images side by side in rows, a pixel apart.

    Parameters
    ----------
    images : ndarray of shape (n, height, width)
    columns : int
        Images in a row.

    Returns
    -------
    ndarray of shape (rows × (height + 1) − 1, columns × (width + 1) − 1)
        Zero between the images and behind the last.
    """
    count, height, width = images.shape
    rows = -(-count // columns)
    sheet = np.zeros((rows * (height + 1) - 1, columns * (width + 1) - 1))
    for index, image in enumerate(images):
        top, left = (index // columns) * (height + 1), (index % columns) * (width + 1)
        sheet[top : top + height, left : left + width] = image
    return sheet
