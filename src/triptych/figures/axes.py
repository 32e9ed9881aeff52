"""A part that figures of several papers share."""

from __future__ import annotations

from matplotlib.axes import Axes

from triptych.figures.style import NEUTRAL


def reference_line(
    axes: Axes, value: float, label: str, style: str = "--", left: bool = False
) -> None:
    """Draw a horizontal reference line across the axes, named at its right or left end.

    Value and style are in the unit of the vertical axis and in Matplotlib's words.
    """
    axes.axhline(value, color=NEUTRAL, linestyle=style, linewidth=0.8, zorder=0)
    axes.annotate(
        label,
        xy=(0 if left else 1, value),
        xycoords=("axes fraction", "data"),
        xytext=(3 if left else -2, 2),
        textcoords="offset points",
        ha="left" if left else "right",
        va="bottom",
        fontsize=6,
        color="0.35",
    )
