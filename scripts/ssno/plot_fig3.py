"""Mean error of every model and system, and how long its forecasts stay accurate.

Accurate is a correlation with the truth of 0.99 or more, in the set over a longer time. A rollout
that blows up anywhere in that set counts as accurate for no time, however late it does so. The lead
in time is over the longest of any baseline; where rollouts of both outlast the data, there is none
to tell. A model that a system lacks was not trained on it.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import NEUTRAL, PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import models_of, sample_note, short_title
from triptych.ssno.plotting import (
    COLOURS,
    MARKERS,
    any_off_axes,
    blow_up_handle,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    model_handles,
    top_mark,
)
from triptych.ssno.tables import STRICT, horizon, main_runs, run_table, summary

CAPTION = (
    "points: seeds; ×, at the bottom: how many times the SSNO is ahead of the best baseline; "
    "beside ∞: rollouts that blew up"
)
LONG = "long"
"""The set on which times are taken: on the test set most forecasts outlast the data."""


def main(inputs, outputs, params, log):
    systems = [main_runs(read_store(path)) for path in inputs.scores]
    models = models_of(systems)
    figure = new_figure(PAGE_IN, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True)
    for position, scores in enumerate(systems):
        log.info("%s\n%s", scores.attrs["system"], summary(scores).to_string())
        draw_errors(top, position, scores, models)
        draw_times(bottom, position, scores, models)
    errors = np.concatenate([run_table(scores).error for scores in systems])
    limit_errors(top, errors, headroom=3)
    top.set(ylabel="mean relative error", ylim=(top.get_ylim()[0] / 4, None))
    label = f"time to a correlation\n< {STRICT:g} / horizon"
    bottom.set(ylabel=label, ylim=(-0.35, 1.6), yticks=np.linspace(0, 1, 5))
    bottom.axhline(1, color=NEUTRAL, linestyle=":", linewidth=0.8, zorder=0)
    labels = [f"{short_title(scores.attrs['title'])}\n{horizons(scores)}" for scores in systems]
    bottom.set_xticks(range(len(systems)), labels=labels)
    bottom.set_xlim(-0.55, len(systems) - 0.45)
    for panel, ax in enumerate((top, bottom)):
        panel_letter(ax, panel)
        for edge in range(1, len(systems)):
            ax.axvline(edge - 0.5, color="0.9", linewidth=0.6, zorder=0)
    shown = [run_table(scores, split).error for scores in systems for split in ("test", LONG)]
    handles = [*model_handles(models, lines=False), *[blow_up_handle()] * any_off_axes(shown)]
    note = f"{sample_note(systems, ('test', LONG))}; T: last time of the sets in a | in b"
    foot(figure, note, handles)
    figure.suptitle(CAPTION, fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def horizons(scores):
    """Write the last time of the test set, and of the set that times are taken on."""
    return f"T = {horizon(scores):g} | {horizon(scores, LONG):g}"


def positions(position, runs, models):
    """Give each model its position within a system, and its seeds positions about that."""
    present = [model for model in models if model in set(runs.model)]
    for model, shift in zip(present, np.linspace(-0.3, 0.3, len(present)), strict=True):
        seeds = runs[runs.model == model]
        x = position + shift + np.linspace(-0.03, 0.03, len(seeds)) * (len(seeds) > 1)
        style = {
            "color": COLOURS[model],
            "marker": MARKERS[model],
            "linestyle": "none",
            "zorder": 3,
        }
        yield model, position + shift, x, seeds, style


def draw_errors(ax, position, scores, models):
    """Draw every seed as a point, and by how much the SSNO is ahead of the best baseline."""
    runs = run_table(scores)
    for model, centre, x, seeds, style in positions(position, runs, models):
        ax.plot(x, seeds.error.where(drawable(seeds.error)), **style)
        if not drawable(seeds.error).all():
            mark_off_axes(ax, centre, COLOURS[model], blown_up(seeds), size=6, upward=True)
    write_lead(ax, position, factor(summary(scores).ratio["ssno"]))


def draw_times(ax, position, scores, models):
    """Draw every seed's time; where rollouts of both outlast the data, say so for a lead."""
    runs, last = run_table(scores, LONG, STRICT), horizon(scores, LONG)
    for model, centre, x, seeds, style in positions(position, runs, models):
        ax.plot(x, seeds.hct / last, **style)
        if seeds.blown_up.any():
            mark_off_axes(ax, centre, COLOURS[model], blown_up(seeds), size=6, upward=True)
    result = summary(scores, LONG, STRICT)
    text = lead_in_time(result.loc["ssno"], result.loc[result.hct.drop("ssno").idxmax()])
    write_lead(ax, position, text, NEUTRAL if text.endswith("outlast") else COLOURS["ssno"])


def lead_in_time(ours, longest):
    """Write how many times longer ours is than the longest of a baseline, if the data tell.

    A time that ends with the data is longer: a ratio of it is a bound, of two of them nothing.
    """
    capped = (ours.outlasting > 0, longest.outlasting > 0)
    if all(capped):
        whole = all(row.outlasting == row.rollouts for row in (ours, longest))
        return "both outlast" if whole else "some outlast"
    bound = {(True, False): "≥", (False, True): "≤"}.get(capped, "")
    return bound + factor(ours.hct_ratio)


def blown_up(seeds):
    """Write the mark of a model off the axes, with how many of its rollouts blew up, if any."""
    blown = seeds.blown_up.sum()
    return f"{blown}/{seeds.rollouts.sum()} ∞" if blown else top_mark(seeds.error)


def write_lead(ax, position, text, colour=COLOURS["ssno"]):
    """Write the SSNO's lead at the bottom of a system's column, below all points."""
    ax.annotate(text, (position, 0), xycoords=("data", "axes fraction"), xytext=(0, 2),
                textcoords="offset points", ha="center", va="bottom", fontsize=7,
                fontweight="bold", color=colour)  # fmt: skip


def factor(ratio):
    """Write a ratio with two digits."""
    if not np.isfinite(ratio):
        return "×∞" if ratio > 0 else "–"
    return f"×{ratio:.0f}" if ratio >= 9.95 else f"×{ratio:.2g}"


if __name__ == "__main__":
    run_step(main)
