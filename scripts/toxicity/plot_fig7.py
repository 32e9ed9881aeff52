"""Mean test ROC-AUC and mass-90 by encoder, on shared folds; claims take all that each has.

The main encoder is tested on more folds than the others. Drawn are the folds that the others were
tested on; T4a to T4c measure each encoder over the folds that it has. So does Δ: AUC of the sparse
model minus that of the multi-task one, with the 95 % interval over molecules and folds; that of
one fold has its molecules alone, that of two is Student's t of one degree.

Inputs: ``scores``, a list; datasets with one encoder are passed over. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from matplotlib.ticker import MaxNLocator

from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import (
    COLUMN_IN,
    NEUTRAL,
    PAGE_IN,
    message_figure,
    new_figure,
    panel_letter,
)
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.names import FOREST, MAIN_SPLIT_METHOD, MASKED, MTL, SPARSE
from triptych.toxicity.plotting import (
    BACKBONES,
    KINDS,
    draw_folds,
    empty_panel,
    folds_text,
    in_order,
    interval_text,
    kind_handles,
    title,
)
from triptych.toxicity.summaries import comparison_table, on_shared_folds, run_table


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    several = [s for s in datasets if len(backbones(run_table(s))) > 1]
    if not several:
        figure = message_figure("no dataset with several encoders in this run")
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    figure = new_figure(PAGE_IN if len(several) > 1 else COLUMN_IN, 4.0)
    axes = figure.subplots(2, len(several), squeeze=False, height_ratios=[3, 2])
    shown, forests = set(), []
    for column, scores in enumerate(several):
        runs = run_table(scores)
        runs = runs[runs.stands & (runs.split_method == MAIN_SPLIT_METHOD)]
        others = runs[(runs.kind != FOREST) & (runs.backbone != scores.attrs["backbone"])]
        shared = on_shared_folds(others, "backbone").fold.unique()
        runs = runs[runs.fold.isin(shared)]
        kinds = [kind for kind in KINDS if (others.kind == kind).any()]
        forests += draw_auc(axes[0, column], runs, kinds)
        write_differences(axes[0, column], backbones(runs), comparison_table(scores))
        draw_mass(axes[1, column], runs, [kind for kind in kinds if kind in MASKED])
        shown |= set(kinds)
        heading = f"{title(scores.attrs['dataset'])} ({folds_text(len(shared))})"
        axes[0, column].set_title(heading, pad=22)
        panel_letter(axes[0, column], column)
    axes[0, 0].set_ylabel("mean test ROC-AUC")
    axes[1, 0].set_ylabel("mass-90 (share of atoms)")
    figure.legend(
        handles=[*kind_handles(shown), *forests[:1]],
        loc="outside lower center",
        ncols=len(shown) + 1,
        title="points: folds that all encoders were tested on\n"
        "Δ: sparse − multi-task, over all folds of an encoder",
    )
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def backbones(runs):
    """Return the encoders, the main one first."""
    names = runs[runs.kind != FOREST].backbone
    main = runs[runs.main & (runs.kind != FOREST)].backbone
    return in_order(names, list(main.unique()))


def draw_auc(ax, runs, kinds):
    """Draw the scores, and return the line of the forest, if it has any."""
    draw_runs(ax, runs, kinds, "auc")
    if runs.auc.isna().all():
        empty_panel(ax, "no task can be scored")
    forest = runs[runs.kind == FOREST].auc
    if forest.isna().all():
        return []
    # In the legend and not on the line: points lie there, too.
    style = {"color": NEUTRAL, "linestyle": "--", "linewidth": 0.8, "zorder": 0}
    return [ax.axhline(forest.mean(), label="fingerprint forest", **style)]


def write_differences(ax, names, table):
    """Say above each encoder what the sparse model gains over plain multi-task training."""
    rows = table[(table["first"] == SPARSE) & (table.second == MTL)]
    rows = rows[rows.split_method == MAIN_SPLIT_METHOD].set_index("backbone")
    for row in rows.loc[[name for name in names if name in rows.index]].itertuples():
        gain = interval_text(row.difference, row.difference_low, row.difference_high, digits=3)
        value, ends = gain.split(" ", 1)
        text = f"Δ {value}, {folds_text(row.folds)}\n{ends}"
        place = (names.index(row.Index), 1.02)
        at = ax.get_xaxis_transform()
        ax.text(*place, text, transform=at, ha="center", va="bottom", fontsize=6)


def draw_mass(ax, runs, kinds):
    draw_runs(ax, runs, kinds, "mass90")
    ax.set_ylim(0, 1)
    reference_line(ax, 1 / 3, "a third of the atoms", ":")


def draw_runs(ax, runs, kinds, column):
    """Draw the folds of each encoder and kind; what was not run leaves its place empty."""
    names = backbones(runs)
    for x, name in enumerate(names):
        for place, kind in enumerate(kinds):
            rows = runs[(runs.backbone == name) & (runs.kind == kind)].sort_values("fold")
            shift = 0.8 * ((place + 0.5) / len(kinds) - 0.5)
            draw_folds(ax, x + shift, rows[column], kind, MAIN_SPLIT_METHOD)
    ax.set_xticks(range(len(names)), [BACKBONES.get(name, name) for name in names])
    ax.set_xlim(-0.6, len(names) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.grid(axis="y", linewidth=0.4, color="0.9")


if __name__ == "__main__":
    run_step(main)
