"""Reliability before calibration, and precision–recall, of every kind on the folds that all have.

Axes of the upper row are of square roots; points are bins of equally many labels, those of all
tasks put together, each the mean over folds; on the grey line if calibrated. The lower row is the
mean over tasks and folds; dotted, its precision without a model: the mean of the tasks' base rates.

Inputs: ``scores``, a list, one of each dataset. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.plotting import KINDS, folds_text, kind_handles, title
from triptych.toxicity.summaries import main_runs, on_shared_folds

SQUARE_ROOT = (lambda share: np.sqrt(np.maximum(share, 0)), np.square)
"""Scale on which bins of rare positives lie apart, and its inverse; it has a place for 0."""
RARE = [0, 0.05, 0.2, 0.5, 1]


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    figure = new_figure(PAGE_IN, 4.1)
    axes = figure.subplots(2, len(datasets), squeeze=False)
    shown = set()
    for column, scores in enumerate(datasets):
        runs = on_shared_folds(main_runs(scores))
        for kind in [kind for kind in KINDS if (runs.kind == kind).any()]:
            chosen = scores.isel(run=runs.index[runs.kind == kind])
            draw_reliability(axes[0, column], chosen, kind)
            draw_precision(axes[1, column], chosen, kind)
            shown.add(kind)
        draw_chance(axes[1, column], scores.isel(run=runs.index))
        folds = folds_text(runs.fold.nunique())
        axes[0, column].set_title(f"{title(scores.attrs['dataset'])} ({folds})")
        panel_letter(axes[0, column], column)
    for ax in axes[0]:
        ax.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
        ax.set_xscale("function", functions=SQUARE_ROOT)
        ax.set_yscale("function", functions=SQUARE_ROOT)
        ax.set(xlim=(0, 1), ylim=(0, 1.02), xticks=RARE, yticks=RARE)
        ax.set_xlabel("predicted probability,\nnot calibrated")
    for ax in axes[1]:
        ax.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        ax.set_xlabel("recall")
    axes[0, 0].set_ylabel("share of positives")
    axes[1, 0].set_ylabel("precision")
    handles = kind_handles(shown)
    for handle in handles:
        handle.set_linestyle("-")
    figure.legend(handles=handles, loc="outside lower center", ncols=5)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_reliability(ax, runs, kind):
    """Draw the mean curve over folds; the bins hold equally many labels, of all tasks."""
    filled = runs.reliability_count.min("run").values > 0
    predicted, observed = (
        runs[f"reliability_{name}"].mean("run").values[filled] for name in ("predicted", "observed")
    )
    style = {"color": KINDS[kind].colour, "marker": KINDS[kind].marker}
    ax.plot(predicted, observed, markersize=2.8, linewidth=0.9, **style)


def draw_precision(ax, runs, kind):
    """Draw the mean over scorable tasks and folds."""
    curve = runs.precision.mean("run")
    ax.plot(runs.recall, curve, color=KINDS[kind].colour, linewidth=1.1)
    if np.isfinite(curve).any():
        middle = len(curve) // 2
        ax.plot(
            runs.recall[middle],
            curve[middle],
            color=KINDS[kind].colour,
            marker=KINDS[kind].marker,
            markersize=3,
        )


def draw_chance(ax, runs):
    """Mark the mean base rate of the scorable tasks: the precision of a random ranking."""
    test = runs.sel(split="test")
    rate = (test.positives / (test.positives + test.negatives)).where(test.scorable).mean()
    if np.isfinite(rate):
        ax.axhline(float(rate), color="0.5", linestyle=":", linewidth=0.9)
        below = rate > 0.2  # curves stay above the line, and near it where positives are many
        style = {"xycoords": ("axes fraction", "data"), "fontsize": 6, "color": "0.3"}
        style |= {"xytext": (0, -2 if below else 2), "va": "top" if below else "bottom"}
        ax.annotate("base rate", (0.03, float(rate)), textcoords="offset points", **style)


if __name__ == "__main__":
    run_step(main)
