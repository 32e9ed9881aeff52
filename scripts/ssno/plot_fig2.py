"""Relative error against rollout time, one panel a system: means over trajectories, seed range.

A line ends where its mean blows up or leaves the axes. A model that a panel lacks was not trained
on that system. Time has no units, but for shallow water, where it is in days.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import in_order, models_of, sample_note, time_label
from triptych.ssno.plotting import (
    COLOURS,
    MARKERS,
    SYSTEMS_PER_ROW,
    draw_in_time,
    foot,
    limit_errors,
    model_handles,
    system_panels,
)
from triptych.ssno.tables import main_runs


def main(inputs, outputs, params, log):
    systems = [main_runs(read_store(path)) for path in inputs.scores]
    figure, panels = system_panels(systems, {"relative error": 1}, row_in=1.85, rest_in=0.45)
    for (ax,), scores in zip(panels, systems, strict=True):
        draw_system(ax, scores.sel(split="test"))
    for (ax,), scores in zip(panels[-SYSTEMS_PER_ROW:], systems[-SYSTEMS_PER_ROW:], strict=True):
        ax.set_xlabel(time_label(scores.attrs["system"]))
    note = f"means and range of seeds: {sample_note(systems)}"
    foot(figure, note, model_handles(models_of(systems)))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_system(ax, scores):
    """Draw the models of one system, their marks at different places to be told apart."""
    marks = 0
    for place, model in enumerate(in_order(scores.model.values)):
        errors = scores.error.isel(run=np.flatnonzero(scores.model == model))
        front = {"zorder": 4, "linewidth": 1.6} if model == "ssno" else {"zorder": 3}
        style = {"marker": MARKERS[model], "markersize": 3, "markevery": (0.04 * place, 0.3)}
        marks += draw_in_time(ax, errors, COLOURS[model], level=marks, **style, **front)
    limit_errors(ax, scores.error.isel(time=slice(1, None)).mean("trajectory").values)


if __name__ == "__main__":
    run_step(main)
