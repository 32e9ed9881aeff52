"""Variants of the SSNO on the focus system, and one trained model stepped both ways.

Inputs: ``scores`` of the focus system; ``steps``, the main run stepped by integrating factor and
explicitly. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.plotting import (
    VARIANT_COLOURS,
    draw_in_time,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    top_mark,
    trajectories_note,
)
from triptych.ssno.specs import VARIANTS
from triptych.ssno.tables import ablation_runs, run_table

STEPPERS = {
    "integrating_factor": ("by integrating factor", "default"),
    "explicit": ("explicitly", "explicit"),
}
"""Label of each scheme, and the variant whose colour it has."""


def main(inputs, outputs, params, log):
    (path,) = inputs.scores
    scores = ablation_runs(read_store(path))
    log.info("\n%s", run_table(scores).to_string())
    present = [variant for variant in VARIANTS if variant in scores.variant.values]
    figure = new_figure(PAGE_IN, 2.7)
    axes = figure.subplots(1, 3)
    draw_curves(axes[0], scores.sel(split="test"), present)
    draw_means(axes[1], scores.sel(split="test"), present)
    draw_steps(axes[2], read_store(inputs.steps))
    for panel, ax in enumerate(axes):
        panel_letter(ax, panel)
    figure.suptitle(f"{scores.attrs['title']}: variants of the SSNO", fontsize=8)
    sample = f"{trajectories_note([scores])}; first seed"
    explicit = "explicit step: no fit of λ, substeps from the start, fewer iterations"
    foot(figure, f"colours of a as in b; points: {sample}; {explicit}")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_curves(ax, scores, present):
    marks = 0
    for variant in present:
        errors = scores.error.isel(run=np.flatnonzero(scores.variant == variant))
        width = 1.8 if variant == "default" else 1.2
        style = {"label": VARIANTS[variant].label, "linewidth": width}
        marks += draw_in_time(ax, errors, VARIANT_COLOURS[variant], level=marks, **style)
    limit_errors(ax, scores.error.isel(time=slice(1, None)).mean("trajectory").values, headroom=3)
    ax.set(xlabel="time", ylabel="relative error")


def draw_means(ax, scores, present):
    """Draw every trajectory's error, and a dash at the mean; ∞ at the top where one blew up."""
    errors = scores.mean_error.groupby("variant").mean("run")
    limit_errors(ax, errors.values, headroom=4)
    for position, variant in enumerate(present):
        values = errors.sel(variant=variant).values
        visible, colour = values[drawable(values)], VARIANT_COLOURS[variant]
        mean = values.mean()
        width = 0.15 if len(visible) > 1 else 0.0
        spread = np.linspace(-width, width, len(visible))
        ax.plot(position + spread, visible, "o", color=colour, markersize=2.5)
        if drawable(mean):
            ax.plot(position, mean, "_", color=colour, markersize=16, markeredgewidth=1.6)
            ax.annotate(f"{mean:#.2g}", (position, max(visible.max(), mean)), xytext=(0, 3),
                        textcoords="offset points", ha="center", fontsize=7)  # fmt: skip
        else:
            blown = f"{top_mark(values)}\n{len(values) - len(visible)}/{len(values)}"
            mark_off_axes(ax, position, "black", blown, size=7)
    ax.set_xlim(-0.6, len(present) - 0.4)
    ax.set_xticks(range(len(present)), labels=[VARIANTS[variant].label for variant in present])
    ax.tick_params(axis="x", labelrotation=25, labelsize=7)
    for label, variant in zip(ax.get_xticklabels(), present, strict=True):
        label.set(ha="right", rotation_mode="anchor", color=VARIANT_COLOURS[variant])
    ax.set_ylabel("mean relative error")


def draw_steps(ax, steps):
    """Draw the error of one trained equation against the step that it is advanced by."""
    dt, trained = steps.attrs["dt"], steps.attrs["dt"] / steps.attrs["trained"]
    sizes = dt / steps.substeps.values
    limit_errors(ax, steps.mean_error.values, headroom=20)
    for level, (stepper, (label, variant)) in enumerate(STEPPERS.items()):
        colour, errors = VARIANT_COLOURS[variant], steps.mean_error.sel(stepper=stepper)
        means = errors.mean("trajectory").values
        visible = drawable(means)
        ax.plot(sizes[visible], means[visible], "o-", color=colour, markersize=3.5, label=label)
        for size, mean in zip(sizes[~visible], means[~visible], strict=True):
            mark_off_axes(ax, size, colour, top_mark(mean), level)
        for values in errors.transpose("trajectory", "substeps").values:
            ax.plot(sizes, np.where(drawable(values), values, np.nan), ".", color=colour, alpha=0.4)
    ax.axvline(trained, color="0.7", linewidth=0.8, linestyle=":", zorder=0)
    ax.set_xscale("log")
    ax.set_xticks(sizes, labels=[f"{size:.2g}" for size in sizes])
    ax.minorticks_off()
    ax.set(xlabel=f"step in time (trained with: {trained:.2g})", ylabel="mean relative error")
    # Below the marks at the top, in the room that is left above the values, over the dotted line.
    place = {"loc": "upper left", "bbox_to_anchor": (0, 0.86)}
    cover = {"frameon": True, "framealpha": 1, "edgecolor": "none"}
    ax.legend(**place, **cover, title="the trained equation, stepped", title_fontsize=6, fontsize=6)


if __name__ == "__main__":
    run_step(main)
