"""The evaluated claims as one picture: each against its own threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from triptych.claims.evaluate import FAILS, HOLDS, INCONCLUSIVE, NOT_EVALUATED
from triptych.claims.render import threshold_text, value_text
from triptych.figures.style import NEUTRAL, PAGE_IN, PALETTE, new_figure

COLOURS = {HOLDS: PALETTE[2], FAILS: PALETTE[1], INCONCLUSIVE: PALETTE[0], NOT_EVALUATED: NEUTRAL}
ROW_IN = 0.3
LINE = 80
"""Letters of a sentence in a line: a longer one would take the numbers' room."""
_TEXT: dict[str, Any] = {"va": "center", "ha": "left", "fontsize": 5.5}
Row = Mapping[str, Any]


def draw_claims(rows: Sequence[Row]) -> Figure:
    """Draw one line a claim: value and interval in units of its own distance from the threshold.

    What is measured is written below what is claimed.

    To the right of the line is where the claim holds, whichever way the threshold is meant. The
    rows are those of :func:`triptych.claims.evaluate.evaluate`.
    """
    figure = new_figure(PAGE_IN, ROW_IN * len(rows) + 0.7)
    words, plot, numbers = figure.subplots(1, 3, sharey=True, width_ratios=[3.25, 1.05, 2.4])
    for place, row in enumerate(rows):
        colour = COLOURS[row["verdict"]]
        words.text(0, place, row["name"], fontweight="bold", color=colour, **_TEXT)
        words.text(0.09, place - 0.2, fill(row["says"], LINE), **_TEXT)
        words.text(0.09, place + 0.25, row["measures"], color="0.45", **_TEXT)
        _draw_row(plot, place, row, colour)
        measured = value_text(row) if row["value"] is not None else "–"
        numbers.text(0, place, measured.replace("-", "−"), **_TEXT)
        numbers.text(0.61, place, threshold_text(row).replace("-", "−"), color="0.4", **_TEXT)
        numbers.text(0.79, place, row["verdict"], color=colour, **_TEXT)
    for axes in (words, numbers):
        axes.set(xlim=(0, 1))
        axes.axis("off")
    plot.axvline(0, color="black", linewidth=0.8)
    plot.set(xlim=(-1.15, 1.15), ylim=(len(rows) - 0.4, -0.6), xticks=[], yticks=[])
    plot.set_xlabel(
        "← falls short | holds →\n95 % intervals; each row in units of\nits own largest distance",
        fontsize=5.5,
    )
    plot.spines[["left", "bottom"]].set_visible(False)
    return figure


def _draw_row(axes: Axes, place: int, row: Row, colour: str) -> None:
    axes.axhline(place, color="0.92", linewidth=0.5, zorder=0)
    if row["verdict"] == NOT_EVALUATED:
        return
    low, value, high = _toward(row)
    axes.plot([low, high], [place, place], color=colour, linewidth=1.6, solid_capstyle="butt")
    axes.plot([value], [place], "o", color=colour, markersize=3.5)


def _toward(row: Row) -> tuple[float, float, float]:
    """Return low end, value and high end, from −1 to 1 about the threshold, claimed side right."""
    at_least = row["at_least"] is not None
    threshold = row["at_least"] if at_least else row["at_most"]
    gaps = [(row[key] - threshold) * (1 if at_least else -1) for key in ("low", "value", "high")]
    largest = max((abs(gap) for gap in gaps if math.isfinite(gap)), default=1.0) or 1.0
    low, value, high = (max(-1.0, min(1.0, gap / largest)) for gap in gaps)
    return low, value, high
