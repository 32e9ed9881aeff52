"""Mean test ROC-AUC by backbone and kind of model, on the datasets with several backbones.

Inputs: ``scores``, a list; datasets with one backbone are passed over. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from matplotlib.ticker import MaxNLocator

from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import COLUMN_IN, PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.names import FOREST, MAIN_SPLIT_METHOD
from triptych.toxicity.plotting import (
    BACKBONES,
    KINDS,
    draw_seeds,
    empty_panel,
    in_order,
    kind_handles,
    message_figure,
    title,
)
from triptych.toxicity.summaries import run_table


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    several = [s for s in datasets if len(backbones(run_table(s))) > 1]
    if not several:
        figure = message_figure("no dataset with several backbones in this run")
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    figure = new_figure(min(PAGE_IN, COLUMN_IN * len(several)), 2.7)
    axes = figure.subplots(1, len(several), squeeze=False)[0]
    shown = set()
    for ax, scores in zip(axes, several, strict=True):
        shown |= draw_dataset(ax, scores)
        ax.set_title(f"{title(scores.attrs['dataset'])}, {MAIN_SPLIT_METHOD} split")
    axes[0].set_ylabel("mean test ROC-AUC")
    figure.legend(handles=kind_handles(shown), loc="outside lower center", ncols=len(shown))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def backbones(runs):
    """Return the backbones, the main one first."""
    names = runs[runs.kind != FOREST].backbone
    main = runs[runs.main & (runs.kind != FOREST)].backbone
    return in_order(names, list(main.unique()))


def draw_dataset(ax, scores):
    runs = run_table(scores)
    runs = runs[runs.chosen & (runs.split_method == MAIN_SPLIT_METHOD)]
    names = backbones(runs)
    others = runs[(runs.kind != FOREST) & (runs.backbone != scores.attrs["backbone"])]
    kinds = [kind for kind in KINDS if (others.kind == kind).any()]
    for x, name in enumerate(names):
        for place, kind in enumerate(kinds):
            rows = runs[(runs.backbone == name) & (runs.kind == kind)].sort_values("seed")
            shift = 0.8 * ((place + 0.5) / len(kinds) - 0.5)
            draw_seeds(ax, x + shift, rows.auc, kind, MAIN_SPLIT_METHOD)
    forest = runs[runs.kind == FOREST].auc
    if forest.notna().any():
        reference_line(ax, forest.mean(), "fingerprint forest")
    ax.set_xticks(range(len(names)), [BACKBONES.get(name, name) for name in names])
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.grid(axis="y", linewidth=0.4, color="0.9")
    if runs.auc.isna().all():
        empty_panel(ax, "no task can be scored")
    return set(kinds)


if __name__ == "__main__":
    run_step(main)
