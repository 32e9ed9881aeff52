"""The search: what was tried on validation, what it cost, and what was selected.

Candidates stand at the rate that they ended with: each time that one went back it was halved. A
line leads there from the rate that it was given. One without a finite error stays at that.

Inputs: ``search``, every system's store of candidates. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from collections import Counter

from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import NullFormatter

from triptych.figures.save import save_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import in_order, models_of
from triptych.ssno.plotting import (
    COLOURS,
    MARKERS,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    model_handles,
    system_panels,
    top_mark,
)
from triptych.ssno.search import counted_rates
from triptych.ssno.tables import EQUAL_COST

HEIGHTS = {"validation error": 2, "CPU seconds": 1}
"""Of the panels of a system, relative to each other."""
EDGE_COLOUR = "#B22222"
CROSS = {"marker": "x", "linestyle": "none", "color": "black", "markersize": 5, "zorder": 4}
"""On candidates that were sent back."""
NOTE = (
    "each point: one training from the first seed on all training trajectories, a part of the "
    "iterations of a full one; validated on two"
)


def main(inputs, outputs, params, log):
    systems = [read_store(path) for path in inputs.search]
    figure, panels = system_panels(systems, HEIGHTS, row_in=3.1, rest_in=0.8)
    for (errors_ax, cost_ax), search in zip(panels, systems, strict=True):
        table = candidates_of(search)
        log.info("%s\n%s", search.attrs["system"], table.to_string())
        draw_errors(errors_ax, table)
        draw_costs(cost_ax, table)
    models = models_of(systems)
    foot(figure, NOTE, [*model_handles(models, lines=False), *mark_handles()], columns=5)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def candidates_of(search):
    """Return every candidate with the rate that it ended with."""
    return search.to_dataframe().assign(ended_at=counted_rates(search))


def draw_errors(ax, table):
    """Draw the errors of each model by learning rate."""
    limit_errors(ax, table.validation_error, headroom=2.5)
    marks_at = Counter()
    for model in in_order(table.model):
        candidates = table[table.model == model]
        draw_model(ax, candidates, model, "validation_error")
        off_axes = candidates[~drawable(candidates.validation_error)]
        for rate, errors in off_axes.groupby("ended_at").validation_error:
            mark = top_mark(errors)
            mark_off_axes(ax, rate, COLOURS[model], mark, 0.8 * marks_at[rate], size=7)
            marks_at[rate] += 1
        selected = candidates[candidates.selected & drawable(candidates.validation_error)]
        for at_edge, colour in ((False, "black"), (True, EDGE_COLOUR)):
            ringed = selected[selected.at_edge == at_edge]
            ax.plot(ringed.ended_at, ringed.validation_error, **ring(colour))
    ax.tick_params(labelbottom=False)
    limit_rates(ax, table)


def draw_costs(ax, table):
    """Draw the time of each training, and the band in which costs count as equal."""
    middle = table.cpu_seconds.median()
    band = [middle * (1 - EQUAL_COST), middle * (1 + EQUAL_COST)]
    ax.axhspan(*band, color="0.9", linewidth=0, zorder=0)
    for model in in_order(table.model):
        draw_model(ax, table[table.model == model], model, "cpu_seconds")
    ax.set(ylim=(0, 1.15 * max(table.cpu_seconds.max(), band[1])), xlabel="learning rate")
    limit_rates(ax, table)


def draw_model(ax, candidates, model, column):
    """Draw a column by learning rate."""
    shown = candidates.sort_values("ended_at")
    if column == "validation_error":
        shown = shown[drawable(shown[column])]
    style = {"color": COLOURS[model], "marker": MARKERS[model], "markersize": 3.5, "zorder": 3}
    ax.plot(shown.ended_at, shown[column], linewidth=0.8, **style)
    restarted = shown[shown.ended_at < shown.learning_rate]
    ax.hlines(
        restarted[column],
        restarted.ended_at,
        restarted.learning_rate,
        colors=COLOURS[model],
        linestyles=":",
        linewidth=0.8,
    )
    ax.plot(restarted.ended_at, restarted[column], **CROSS)


def limit_rates(ax, table):
    low, high = table.ended_at.min(), table.learning_rate.max()
    ax.set(xscale="log", xlim=(low / 2, high * 2))
    ax.xaxis.set_minor_formatter(NullFormatter())


def ring(colour):
    return {"marker": "o", "markersize": 7, "markerfacecolor": "none", "linestyle": "none",
            "markeredgecolor": colour, "zorder": 5}  # fmt: skip


def mark_handles():
    """Return the legend's entries of what is said of candidates."""
    return [
        Line2D([], [], label="selected", **ring("black")),
        Line2D([], [], label="selected, at the edge of the rates", **ring(EDGE_COLOUR)),
        Line2D([], [], label="went back and ended at a lower rate", **CROSS),
        Patch(color="0.9", label=f"median cost ± {EQUAL_COST:.0%}"),
    ]


if __name__ == "__main__":
    run_step(main)
