"""Variants of the SSNO on the focus system, and one trained model stepped both ways.

Each variant is one training, from the first seed. A star marks one as short as its candidate, which
was tried because the whole one had ended above that on validation. A difference no larger than that
between the SSNO's own seeds, where b has further ones (diamonds), says nothing. In a and b the
explicit step was trained with; in c no model is trained anew.

Inputs: ``scores`` of the focus system; ``steps``, the main run stepped by integrating factor and
explicitly. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import VARIANT_LABELS, time_label, trajectories_note
from triptych.ssno.names import DEFAULT
from triptych.ssno.plotting import (
    VARIANT_STYLES,
    draw_in_time,
    draw_mean,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    tick_labels,
    top_mark,
)
from triptych.ssno.tables import ablation_runs, main_runs, run_table

STEPPERS = {
    "integrating_factor": ("by integrating factor", DEFAULT),
    "explicit": ("explicitly", "explicit"),
}
"""Label of each scheme, and the variant whose style it has."""


def main(inputs, outputs, params, log):
    (path,) = inputs.scores
    all_scores = read_store(path)
    scores = ablation_runs(all_scores)
    further = further_seeds(all_scores)
    log.info("\n%s", run_table(scores).to_string())
    present = [variant for variant in VARIANT_LABELS if variant in scores.variant.values]
    figure = new_figure(PAGE_IN, 2.9)
    axes = figure.subplots(1, 3, width_ratios=[1, 1.3, 1])  # numbers stand side by side in b
    handles = draw_curves(axes[0], scores.sel(split="test"), present)
    time = time_label(scores.attrs["system"])
    axes[0].set_xlabel(time)
    kept = dict(zip(scores.variant.values, scores.kept.values, strict=True))
    short = [kept[variant] == "short" for variant in present]
    draw_means(axes[1], scores.sel(split="test"), present, further, short)
    draw_steps(axes[2], read_store(inputs.steps))
    axes[2].set_xlabel(f"step in {time}")
    for panel, ax in enumerate(axes):
        panel_letter(ax, panel)
    figure.suptitle(f"{scores.attrs['title']}: variants of the SSNO", fontsize=8)
    sample = f"{trajectories_note([scores])}; first seed"
    seeds = ", diamonds: means of the SSNO's further seeds" * bool(len(further))
    explicit = "explicit step: no fit of λ, substeps from the start, fewer iterations"
    stars = ", *: a short training" * any(short)
    means = f"means: dashes in b, joined points in c{seeds}{stars}"
    foot(figure, f"points: {sample}; {means}; {explicit}", handles)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def further_seeds(scores):
    """Return the mean errors of the SSNO's trainings from other seeds than that of the variants."""
    runs = run_table(main_runs(scores))
    ssno = runs[runs.model == "ssno"]
    return ssno.error[ssno.seed != ssno.seed.iloc[0]].to_numpy()


def draw_curves(ax, scores, present):
    """Draw the error of each variant in time, and return the legend's entries."""
    marks, handles = 0, []
    for variant in present:
        errors = scores.error.isel(run=np.flatnonzero(scores.variant == variant))
        width = 1.8 if variant == DEFAULT else 1.2
        colour, line = VARIANT_STYLES[variant]
        style = {"label": VARIANT_LABELS[variant], "linewidth": width, "linestyle": line}
        marks += draw_in_time(ax, errors, colour, level=marks, **style)
        handles.append(Line2D([], [], color=colour, **style))
    limit_errors(ax, scores.error.isel(time=slice(1, None)).mean("trajectory").values, headroom=3)
    ax.set_ylabel("relative error")
    return handles


def draw_means(ax, scores, present, further, short):
    """Draw every trajectory's error, and a dash at the mean; ∞ at the top where one blew up."""
    errors = scores.mean_error.groupby("variant").mean("run")
    limit_errors(ax, np.append(errors.values, further), headroom=4)
    for position, variant in enumerate(present):
        colour, _ = VARIANT_STYLES[variant]
        draw_mean(ax, position, errors.sel(variant=variant).values, colour)
    place = np.full(len(further), present.index(DEFAULT) + 0.3)
    shown = drawable(further)
    ax.plot(place[shown], further[shown], "D", color=VARIANT_STYLES[DEFAULT][0], markersize=3,
            markerfacecolor="white")  # fmt: skip
    if not shown.all():
        mark_off_axes(ax, place[0], VARIANT_STYLES[DEFAULT][0], top_mark(further))
    ax.set_xlim(-0.6, len(present) - 0.4)
    names = (
        VARIANT_LABELS[variant] + "*" * star for variant, star in zip(present, short, strict=True)
    )
    ax.set_xticks(range(len(present)), labels=list(names))
    ax.tick_params(axis="x", labelrotation=25, labelsize=7)
    for label in ax.get_xticklabels():
        label.set(ha="right", rotation_mode="anchor")
    ax.set_ylabel("mean relative error")


def draw_steps(ax, steps):
    """Draw the error of one trained equation against the step that it is advanced by."""
    sizes = steps.attrs["dt"] / steps.substeps.values
    limit_errors(ax, steps.mean_error.values, headroom=20)
    for level, (stepper, (label, variant)) in enumerate(STEPPERS.items()):
        (colour, line), errors = VARIANT_STYLES[variant], steps.mean_error.sel(stepper=stepper)
        means = errors.mean("trajectory").values
        visible = drawable(means)
        ax.plot(
            sizes[visible],
            means[visible],
            line,
            marker="o",
            color=colour,
            markersize=3.5,
            label=label,
        )
        for size, mean in zip(sizes[~visible], means[~visible], strict=True):
            mark_off_axes(ax, size, colour, top_mark(mean), level)
        for values in errors.transpose("trajectory", "substeps").values:
            ax.plot(sizes, np.where(drawable(values), values, np.nan), ".", color=colour, alpha=0.4)
    ax.set_xscale("log")
    trained = steps.substeps.values == steps.attrs["trained"]
    ax.set_xticks(sizes, labels=tick_labels([f"{size:.2g}" for size in sizes], trained))
    ax.minorticks_off()
    ax.set_ylabel("mean relative error")
    # Below the marks at the top, in the room that is left above the values.
    place = {"loc": "upper left", "bbox_to_anchor": (0, 0.86)}
    ax.legend(**place, title="the trained equation, stepped", title_fontsize=6, fontsize=6)


if __name__ == "__main__":
    run_step(main)
