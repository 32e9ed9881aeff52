"""Mean error of every model and system, and how long its forecasts stay accurate.

Accurate is a correlation with the truth of 0.99 or more, in the set over a longer time. A rollout
that blows up anywhere in that set counts as accurate for no time, however late it does so. Open
points show for how long such models were accurate if blow-ups were not counted so. The SSNO's lead
is over the baseline below it, which in a has the lowest error and in b the longest time, as
counted. In brackets is the lead's 95 % interval, made as the claims' are. Rollouts that are
accurate to the end of the data outlast them, and a lead over a time cut off so is a bound (≥, ≤).
Where rollouts of both models outlast the data, there is no lead to tell: all of both do, or some. A
model that a system lacks was not trained on it. Times have no units, but for shallow water, where
they are in days.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D

from triptych.figures.save import save_figure
from triptych.figures.style import NEUTRAL, PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import (
    MODEL_LABELS,
    models_of,
    sample_note,
    short_title,
    time_units,
    two_digits,
)
from triptych.ssno.metrics import high_correlation_time
from triptych.ssno.plotting import (
    COLOURS,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    model_handles,
    share_off_axes,
    side_by_side,
)
from triptych.ssno.tables import (
    STRICT,
    best_baseline,
    compared_spread,
    horizon,
    intervals,
    main_runs,
    run_table,
    summary,
)

CAPTION = (
    "points: seeds; at the bottom: the SSNO's lead [95 % interval] over the best baseline, and "
    "which that is; beside ∞: rollouts that blew up"
)
OPEN = {"linestyle": "none", "markerfacecolor": "white"}
OPEN_LABEL = "open: blew up later, counted as 0"
REACH = 0.3
"""Of the models of a system, from its position on."""
LONG = "long"
"""The set on which times are taken: on the test set most forecasts outlast the data."""


def main(inputs, outputs, params, log):
    systems = [main_runs(read_store(path)) for path in inputs.scores]
    figure = new_figure(PAGE_IN, 4.4)
    top, bottom = figure.subplots(2, 1, sharex=True)
    spread = compared_spread(systems)
    blew_up = False
    for position, scores in enumerate(systems):
        log.info("%s\n%s", scores.attrs["system"], summary(scores).to_string())
        draw_errors(top, position, scores, spread)
        blew_up |= draw_times(bottom, position, scores)
    errors = np.concatenate([run_table(scores).error for scores in systems])
    limit_errors(top, errors, headroom=3)
    top.set(ylabel="mean relative error", ylim=(top.get_ylim()[0] / 8, None))
    label = f"(time to a correlation\n< {STRICT:g}) / horizon"
    bottom.set(ylabel=label, ylim=(-0.6, 1.8), yticks=np.linspace(0, 1, 5))
    bottom.axhline(1, color=NEUTRAL, linestyle=":", linewidth=0.8, zorder=0)
    labels = [f"{short_title(scores.attrs['title'])}\n{horizons(scores)}" for scores in systems]
    bottom.set_xticks(range(len(systems)), labels=labels)
    bottom.set_xlim(-0.55, len(systems) - 0.45)
    for panel, ax in enumerate((top, bottom)):
        panel_letter(ax, panel)
        for edge in range(1, len(systems)):
            ax.axvline(edge - 0.5, color="0.9", linewidth=0.6, zorder=0)
    handles = model_handles(models_of(systems), lines=False)
    if blew_up:
        handles.append(Line2D([], [], color="0.3", marker="o", label=OPEN_LABEL, **OPEN))
    note = f"{sample_note(systems, ('test', LONG))}; T: last time of the sets in a | in b"
    foot(figure, note, handles)
    figure.suptitle(CAPTION, fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def horizons(scores):
    """Write the last time of the test set, and of the set that times are taken on."""
    units = time_units(scores.attrs["system"])
    return f"T = {horizon(scores):g} | {horizon(scores, LONG):g} {units}".rstrip()


def draw_errors(ax, position, scores, spread):
    """Draw every seed as a point, and by how much the SSNO is ahead of the best baseline."""
    for model, centre, seeds, style in side_by_side(run_table(scores), position, REACH):
        ax.plot(seeds.x, seeds.error.where(drawable(seeds.error)), **style)
        if not drawable(seeds.error).all():
            mark_off_axes(ax, centre, COLOURS[model], share_off_axes(seeds), size=6, upward=True)
    write_lead(ax, position, lead_in_error(scores, spread), best_baseline(scores))


def draw_times(ax, position, scores):
    """Draw every seed's time and the SSNO's lead, and return whether a rollout blew up.

    Seeds of which one did have an open point, too: the time if that were not counted as 0.
    """
    runs, last = run_table(scores, LONG, STRICT), horizon(scores, LONG)
    runs["accurate"] = times_accurate(scores)[runs.index]
    for model, centre, seeds, style in side_by_side(runs, position, REACH):
        ax.plot(seeds.x, seeds.hct / last, **style)
        blowing_up = seeds[seeds.blown_up > 0]
        if len(blowing_up):
            ax.plot(blowing_up.x, blowing_up.accurate / last, **{**style, **OPEN})
            mark_off_axes(ax, centre, COLOURS[model], share_off_axes(seeds), size=6, upward=True)
    result = summary(scores, LONG, STRICT)
    longest = result.hct.drop("ssno").idxmax()
    text = lead_in_time(result.loc["ssno"], result.loc[longest])
    colour = NEUTRAL if text.endswith("outlast") else COLOURS["ssno"]
    write_lead(ax, position, text, longest, colour)
    return bool(runs.blown_up.any())


def lead_in_error(scores, spread):
    """Write how many times lower the SSNO's error is than the lowest of a baseline, if any is."""
    ratio = summary(scores).ratio["ssno"]
    if np.isnan(ratio):  # all of them blow up
        return factor(ratio)
    ends = intervals(scores, spread).loc["ssno"]
    return f"{factor(ratio)} [{two_digits(ends.lead_low)}, {two_digits(ends.lead_high)}]"


def times_accurate(scores):
    """Return each run's mean time to the loss of accuracy, whether or not it blows up later."""
    correlation = scores.correlation.sel(split=LONG).dropna("time", how="all")
    return high_correlation_time(correlation, STRICT).mean("trajectory").values


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


def write_lead(ax, position, text, baseline, colour=COLOURS["ssno"]):
    """Write the SSNO's lead over a baseline at the bottom of its column, below all points."""
    for line, points, style in (
        (text, 8, {"fontsize": 7, "fontweight": "bold"}),
        (f"vs {MODEL_LABELS[baseline]}", 1, {"fontsize": 6}),
    ):
        ax.annotate(line, (position, 0), xycoords=("data", "axes fraction"), xytext=(0, points),
                    textcoords="offset points", ha="center", va="bottom", color=colour,
                    **style)  # fmt: skip


def factor(ratio):
    """Write a ratio with two digits."""
    return "–" if np.isnan(ratio) else f"×{two_digits(ratio)}"


if __name__ == "__main__":
    run_step(main)
