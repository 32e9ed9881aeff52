"""Mean error and high-correlation time against the number of training trajectories.

Inputs: ``scores`` of the focus system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.plotting import (
    COLOURS,
    MARKERS,
    blow_up_handle,
    drawable,
    in_order,
    limit_errors,
    mark_infinite,
    model_handles,
    top_mark,
)
from triptych.ssno.tables import run_table, sweep_runs


def main(inputs, outputs, params, log):
    (path,) = inputs.scores
    swept = sweep_runs(read_store(path))
    runs = run_table(swept)
    log.info("\n%s", runs.sort_values(["model", "train_trajectories"]).to_string())
    models = in_order(runs.model)
    figure = new_figure(PAGE_IN, 2.7)
    left, right = figure.subplots(1, 2)
    for model, shift in zip(models, np.linspace(-0.05, 0.05, len(models)), strict=True):
        draw_model(left, right, runs[runs.model == model], model, shift)
        draw_trajectories(left, swept, model, shift)
    limit_errors(left, swept.mean_error.sel(split="test").values)
    last = swept.error.sel(split="test").dropna("time", how="all").time[-1]
    right.set(ylim=(0, 1.05 * float(last)))
    left.set(ylabel="mean relative error")
    right.set(ylabel="high-correlation time")
    for ax, letter in zip((left, right), "ab", strict=True):
        ax.set_xticks(sorted(runs.train_trajectories.unique()))
        ax.set(xlabel="training trajectories")
        panel_letter(ax, letter)
    handles = model_handles(models)
    if not drawable(runs.error).all():
        handles.append(blow_up_handle())
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    notes = "faint: single test trajectories"
    if runs.seed.nunique() > 1:
        notes += "; open: further seeds"
    figure.suptitle(f"{swept.attrs['title']}; {notes}", fontsize=8)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_model(left, right, runs, model, shift):
    """Join the runs of the seed that all counts have; further seeds are open points."""
    runs = runs.assign(place=runs.train_trajectories + shift)
    first = runs.seed.min()
    look = {"color": COLOURS[model], "marker": MARKERS[model], "zorder": 3}
    swept = runs[runs.seed == first].sort_values("place")
    others = runs[runs.seed != first]
    finite = swept.error.where(drawable(swept.error))
    left.plot(swept.place, finite, **look)
    right.plot(swept.place, swept.hct, **look)
    hollow = {**look, "linestyle": "none", "markerfacecolor": "white"}
    left.plot(others.place, others.error.where(drawable(others.error)), **hollow)
    right.plot(others.place, others.hct, **hollow)
    for place, off_axes in runs[~drawable(runs.error)].groupby("place"):
        level = list(COLOURS).index(model) % 3
        mark_infinite(left, float(place), COLOURS[model], top_mark(off_axes.error), level)


def draw_trajectories(ax, swept, model, shift):
    chosen = swept.isel(run=np.flatnonzero(swept.model == model))
    errors = chosen.mean_error.sel(split="test").transpose("run", "trajectory").values
    counts = np.broadcast_to(shift + chosen.train_trajectories.values[:, None], errors.shape)
    visible = drawable(errors)
    ax.scatter(
        counts[visible], errors[visible], color=COLOURS[model], s=5, alpha=0.35, linewidths=0
    )


if __name__ == "__main__":
    run_step(main)
