"""Mean error and high-correlation time of every model and system, against the best baseline.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import NEUTRAL, PAGE_IN, new_figure, panel_letter
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
    short_title,
    top_mark,
)
from triptych.ssno.tables import main_runs, run_table, summary

CAPTION = (
    "points: seeds; ×: how many times the SSNO is ahead of the best baseline; "
    "below ∞: rollouts that blew up"
)


def main(inputs, outputs, params, log):
    systems = {path.parent.name: read_store(path) for path in inputs.scores}
    tables = {name: run_table(main_runs(scores)) for name, scores in systems.items()}
    horizons = {name: horizon(scores) for name, scores in systems.items()}
    models = in_order(np.concatenate([table.model for table in tables.values()]))
    figure = new_figure(PAGE_IN, 4.3)
    top, bottom = figure.subplots(2, 1, sharex=True)
    for place, (name, runs) in enumerate(tables.items()):
        result = summary(systems[name])
        log.info("%s\n%s", name, result.to_string())
        draw_runs(top, bottom, place, runs, models, horizons[name])
        annotate(top, bottom, place, runs, result, horizons[name])
    limit_errors(top, np.concatenate([t.error for t in tables.values()]), headroom=3)
    top.set(ylabel="mean relative error", ylim=(top.get_ylim()[0] / 2, None))
    bottom.set(
        ylabel="high-correlation time /\nhorizon", ylim=(-0.06, 1.22), yticks=np.linspace(0, 1, 5)
    )
    bottom.axhline(1, color=NEUTRAL, linestyle=":", linewidth=0.8, zorder=0)
    titles = [short_title(scores.attrs["title"]) for scores in systems.values()]
    labels = [f"{text}\nT = {horizons[name]:g}" for text, name in zip(titles, tables, strict=True)]
    bottom.set_xticks(range(len(tables)), labels=labels)
    bottom.set_xlim(-0.55, len(tables) - 0.45)
    for ax, letter in zip((top, bottom), "ab", strict=True):
        panel_letter(ax, letter)
        for edge in range(1, len(tables)):
            ax.axvline(edge - 0.5, color="0.9", linewidth=0.6, zorder=0)
    handles = [*model_handles(models, lines=False), blow_up_handle()]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    figure.suptitle(CAPTION, fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def horizon(scores):
    """Return the last time of the test set."""
    return float(scores.error.sel(split="test").dropna("time", how="all").time[-1])


def draw_runs(top, bottom, place, runs, models, last):
    """Draw every seed as a point; models side by side within a system."""
    marks = 0
    present = [model for model in models if model in set(runs.model)]
    for model, shift in zip(present, np.linspace(-0.3, 0.3, len(present)), strict=True):
        seeds = runs[runs.model == model]
        look = {"color": COLOURS[model], "marker": MARKERS[model], "linestyle": "none", "zorder": 3}
        x = place + shift + np.linspace(-0.03, 0.03, len(seeds)) * (len(seeds) > 1)
        top.plot(x, seeds.error.where(drawable(seeds.error)), **look)
        bottom.plot(x, seeds.hct / last, **look)
        off_axes = seeds[~drawable(seeds.error)]
        if len(off_axes):
            blown, tried = off_axes.blown_up.sum(), off_axes.rollouts.sum()
            text = top_mark(off_axes.error) + (f"\n{blown}/{tried}" if blown else "")
            mark_infinite(top, place + shift, COLOURS[model], text, 2 * (marks % 2), size=6)
            marks += 1  # neighbours one above the other


def annotate(top, bottom, place, runs, result, last):
    """Write by how much the SSNO is ahead of the best baseline, or behind it."""
    ours = result.loc["ssno"]
    least = runs.error[runs.model == "ssno"].min()
    if drawable(least):
        top.annotate(
            factor(ours.ratio),
            xy=(place - 0.3, least),
            xytext=(0, -5),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=7,
            fontweight="bold",
            color=COLOURS["ssno"],
        )
    capped = "≥" if ours.hct > 0.999 * last and ours.hct_ratio > 1 else ""
    bottom.annotate(
        capped + factor(ours.hct_ratio),
        xy=(place - 0.3, ours.hct / last),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        fontweight="bold",
        color=COLOURS["ssno"],
    )


def factor(ratio):
    """Write a ratio with two digits."""
    if not np.isfinite(ratio):
        return "×∞" if ratio > 0 else "–"
    return f"×{ratio:.0f}" if ratio >= 9.95 else f"×{ratio:.2g}"


if __name__ == "__main__":
    run_step(main)
