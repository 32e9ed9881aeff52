"""Relative error against rollout time, one panel a system: means over trajectories, seed range.

A line ends where its mean blows up or leaves the axes. A model that a panel lacks was not trained
on that system.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import in_order, models_of, sample_note
from triptych.ssno.plotting import (
    COLOURS,
    SYSTEMS_PER_ROW,
    blow_up_handle,
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
    blown_up = False
    for (ax,), scores in zip(panels, systems, strict=True):
        blown_up |= draw_system(ax, scores.sel(split="test"))
    for (ax,), scores in zip(panels[-SYSTEMS_PER_ROW:], systems[-SYSTEMS_PER_ROW:], strict=True):
        units = scores.time.attrs["units"]
        ax.set_xlabel("time" if units == "1" else f"time ({units})")
    models = models_of(systems)
    handles = [*model_handles(models, marks=False), *[blow_up_handle()] * blown_up]
    foot(figure, f"means and range of seeds: {sample_note(systems)}", handles)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_system(ax, scores):
    """Draw the models of one system, and say whether one of them blew up."""
    models = in_order(scores.model.values)
    marks = 0
    for model in models:
        errors = scores.error.isel(run=np.flatnonzero(scores.model == model))
        front = {"zorder": 4, "linewidth": 1.6} if model == "ssno" else {"zorder": 3}
        marks += draw_in_time(ax, errors, COLOURS[model], level=marks, **front)
    limit_errors(ax, scores.error.isel(time=slice(1, None)).mean("trajectory").values)
    return marks > 0


if __name__ == "__main__":
    run_step(main)
