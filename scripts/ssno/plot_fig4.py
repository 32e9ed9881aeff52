"""Mean error against the number of training trajectories, for every system with a sweep.

Where a training ended above its candidate on validation, one as short as that was tried too, and
the better is shown.

Inputs: ``scores`` of these systems. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
import pandas as pd

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, message_figure, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import MODEL_LABELS, models_of, span, trajectories_note
from triptych.ssno.plotting import (
    COLOURS,
    MARKERS,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    model_handles,
    top_mark,
)
from triptych.ssno.tables import run_table, sweep_runs

ALONE_IN = 4.8
"""Width of the figure of one system."""


def main(inputs, outputs, params, log):
    sweeps = [sweep_runs(read_store(path)) for path in inputs.scores]
    systems = [swept for swept in sweeps if swept.sizes["run"]]
    if not systems:
        text = "nothing was trained on several numbers of trajectories in this run"
        figure = message_figure(text)
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    models = models_of(systems)
    figure = new_figure(min(PAGE_IN, ALONE_IN * len(systems)), 2.9)
    axes = figure.subplots(1, len(systems), squeeze=False)[0]
    for panel, (ax, swept) in enumerate(zip(axes, systems, strict=True)):
        log.info("%s\n%s", swept.attrs["system"], run_table(swept).to_string())
        draw_system(ax, swept, models)
        if len(systems) > 1:
            panel_letter(ax, panel)
    axes[0].set_ylabel("mean relative error")
    foot(figure, marks_note(systems), model_handles(models))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def marks_note(systems):
    """Say what the marks are, and how many seeds there are at which number of trajectories."""
    tables = pd.concat([run_table(swept).assign(system=swept.attrs["title"]) for swept in systems])
    seeds = tables.groupby(["train_trajectories", "system", "model"]).seed.nunique()
    most = tables.train_trajectories.max()
    fewer = seeds.drop(most)
    elsewhere = f", {span(fewer)} at fewer" if len(fewer) else ""
    return (
        "line: mean over seeds; open markers: each of several seeds; "
        f"seeds: {span(seeds[most])} at {most} training trajectories{elsewhere}; "
        f"faint dots: each of {trajectories_note(systems)}{short_note(tables)}"
    )


def short_note(runs):
    """Say which points are of short trainings, from how many trajectories; empty if none is."""
    short = dict.fromkeys(
        f"{MODEL_LABELS[run.model]} from {run.train_trajectories} ({run.system})"
        for run in runs[runs.kept == "short"].itertuples()
    )
    return f"; short trainings: {', '.join(short)}" if short else ""


def draw_system(ax, swept, models):
    runs = run_table(swept)
    present = [model for model in models if model in set(runs.model)]
    shifts = np.linspace(-0.05, 0.05, len(present))
    for level, (model, shift) in enumerate(zip(present, shifts, strict=True)):
        draw_model(ax, runs[runs.model == model], model, shift, level)
        draw_trajectories(ax, swept, model, shift)
    limit_errors(ax, swept.mean_error.sel(split="test").values)
    ax.set_xticks(sorted(runs.train_trajectories.unique()))
    ax.set(xlabel="training trajectories")
    ax.set_title(swept.attrs["title"], fontsize=8)


def draw_model(ax, runs, model, shift, level):
    """Join the means over seeds; where there are several, each is an open point."""
    runs = runs.assign(x=runs.train_trajectories + shift)
    style = {"color": COLOURS[model], "marker": MARKERS[model], "zorder": 3}
    means = runs.groupby("x").error.mean()
    several = runs[runs.groupby("x").seed.transform("nunique") > 1]
    hollow = {**style, "linestyle": "none", "markerfacecolor": "white", "zorder": 2}
    ax.plot(several.x, several.error.where(drawable(several.error)), **hollow)
    ax.plot(means.index, means.where(drawable(means)), **style)
    for x, off_axes in runs[~drawable(runs.error)].groupby("x"):
        mark_off_axes(ax, float(x), COLOURS[model], top_mark(off_axes.error), level)


def draw_trajectories(ax, swept, model, shift):
    of_model = swept.isel(run=np.flatnonzero(swept.model == model))
    errors = of_model.mean_error.sel(split="test").transpose("run", "trajectory").values
    counts = np.broadcast_to(shift + of_model.train_trajectories.values[:, None], errors.shape)
    visible = drawable(errors)
    ax.scatter(
        counts[visible], errors[visible], color=COLOURS[model], s=5, alpha=0.35, linewidths=0
    )


if __name__ == "__main__":
    run_step(main)
