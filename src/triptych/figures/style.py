"""The one style of all figures: sizes, palette, colour maps, panel letters."""

from __future__ import annotations

from string import ascii_lowercase

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLUMN_IN = 3.5
"""Width of one journal column, in inches."""
PAGE_IN = 7.2
"""Width of a journal page's text, in inches."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F")
"""Distinct under the common kinds of colour blindness (after Okabe and Ito)."""
NEUTRAL = "#7F7F7F"
SEQUENTIAL = "viridis"
DIVERGING = "RdBu_r"

INK = ".15"
"""Of text, ticks and frames."""

TICKS = {
    "color": INK,
    "labelsize": 7,
    "major.size": 4.8,
    "major.width": 1,
    "minor.size": 3.2,
    "minor.width": 0.8,
}


def use_style() -> None:
    """Set the style for all figures made after this call, whatever a ``matplotlibrc`` says."""
    mpl.rcdefaults()
    mpl.rcParams.update(
        {
            "figure.dpi": 150,
            "figure.constrained_layout.use": True,
            "font.family": "DejaVu Sans",
            "font.size": 8,
            "text.color": INK,
            "axes.prop_cycle": cycler(color=PALETTE),
            "axes.axisbelow": True,
            "axes.edgecolor": INK,
            "axes.labelcolor": INK,
            "axes.labelsize": 8,
            "axes.titlesize": 8,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.7,
            "grid.color": ".8",
            "legend.fontsize": 7,
            "legend.title_fontsize": 7,
            "legend.frameon": False,
            "lines.linewidth": 1.2,
            "lines.markersize": 4,
            "lines.solid_capstyle": "round",
            "patch.edgecolor": "w",
            "patch.force_edgecolor": True,
            "patch.linewidth": 0.8,
            "image.cmap": SEQUENTIAL,
            "pdf.fonttype": 42,  # text stays text
        }
    )
    for axis in ("xtick", "ytick"):
        mpl.rc(axis, **TICKS)


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure in the style, of a size in inches."""
    use_style()
    return plt.figure(figsize=(width_in, height_in))


def message_figure(text: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    figure = new_figure(COLUMN_IN, 1.2)
    figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=8, wrap=True)
    return figure


def letter(place: int) -> str:
    """Return the letter of a panel by its place in the figure, *a* of 0."""
    return ascii_lowercase[place]


def panel_letter(axes: Axes, place: int) -> None:
    """Put a panel's letter, bold, outside of the upper left corner of its axes."""
    axes.annotate(
        letter(place),
        xy=(0, 1),
        xycoords="axes fraction",
        xytext=(-4, 6),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontweight="bold",
        fontsize=9,
        annotation_clip=False,
    )
