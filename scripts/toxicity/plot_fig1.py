"""Mean test ROC-AUC by fold, with means over the folds that a kind has, and paired differences.

In brackets how many random folds. Where kinds have different numbers of them, means are not to be
compared: differences are, over the folds that both kinds have. At the top is the mean of sets that
T2b measures. Above a lower panel stand the kinds that the forest is ahead of on random folds, and
by how much; undecided: the interval holds 0. Intervals of one fold have its molecules alone. Those
of two, Student's t of one degree, are not drawn. Claims on fewer than three folds have the spread
of others' folds: see the report.

Inputs: ``scores``, a list, one of each dataset. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from triptych.claims.measured import Unavailable
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.claims import BENCHMARKS, Results, mean_auc_difference
from triptych.toxicity.comparing import PAIRS
from triptych.toxicity.names import ATTENTION, FOREST, RANDOM, SCAFFOLD, SPARSE, SPLIT_METHODS
from triptych.toxicity.plotting import (
    KINDS,
    draw_folds,
    empty_panel,
    in_order,
    interval_text,
    split_method_handles,
    title,
)
from triptych.toxicity.summaries import comparison_table, run_table

ABBREVIATIONS = (
    "STL: a model a task; MTL: one for all tasks; attn: attention without penalty; sparse: masks "
    "with it; forest: on fingerprints"
)


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    columns = len(datasets)
    tables = [table[table.main] for table in map(comparison_table, datasets)]
    compared = {pair for table in tables for pair in zip(table["first"], table.second, strict=True)}
    pairs = [pair for pair in PAIRS if pair in compared] or PAIRS
    figure = new_figure(PAGE_IN, 4.5)
    axes = figure.subplots(2, columns, squeeze=False, height_ratios=[1, 1])
    for column, scores in enumerate(datasets):
        draw_means(axes[0, column], run_table(scores))
        table = tables[column]
        draw_differences(axes[1, column], table, pairs)
        name_kinds_behind_forest(axes[1, column], table)
        axes[0, column].set_title(title(scores.attrs["dataset"]))
        panel_letter(axes[0, column], column)
        axes[1, column].set_xlabel("Δ mean test ROC-AUC")
        if column:
            axes[1, column].set_yticklabels([])
            axes[1, column].tick_params(axis="y", length=0)
    axes[0, 0].set_ylabel("mean test ROC-AUC")
    split_methods = np.concatenate([scores.split_method.values for scores in datasets])
    handles = [
        *split_method_handles(split_methods),
        *(
            Line2D([], [], color="0.2", linewidth=0.9, linestyle=style, label=text)
            for style, text in (
                ("-", "paired 95 % interval over molecules and folds"),
                (":", "of one fold: molecules alone"),
            )
        ),
    ]
    figure.suptitle("\n".join(filter(None, (mean_text(datasets), ABBREVIATIONS))), fontsize=7)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def mean_text(datasets):
    """Return what the penalty costs in the mean of the benchmark sets; empty if one is missing."""
    try:
        mean = mean_auc_difference(Results(datasets, []), SPARSE, ATTENTION)
    except Unavailable:
        return ""
    pair = f"{KINDS[SPARSE].short} − {KINDS[ATTENTION].short}"
    interval = interval_text(mean.value, mean.low, mean.high, digits=3)
    sets = ", ".join(map(title, BENCHMARKS))
    return f"{pair}, mean of {sets}: Δ mean test ROC-AUC {interval} on random folds"


def draw_means(ax, runs):
    kinds = [kind for kind in KINDS if (runs.kind == kind).any()]
    side = float((runs.split_method == SCAFFOLD).any())
    for x, kind in enumerate(kinds):
        for split_method in in_order(runs.split_method, SPLIT_METHODS):
            chosen = runs[runs.main & (runs.kind == kind) & (runs.split_method == split_method)]
            shift = side * (-0.18 if split_method == RANDOM else 0.18)
            draw_folds(ax, x + shift, chosen.sort_values("fold").auc, kind, split_method)
    of_record = runs[runs.main & (runs.split_method == RANDOM)]
    folds = of_record.groupby("kind").fold.nunique()
    labels = [f"{KINDS[kind].short} ({folds.get(kind, 0)})" for kind in kinds]
    ax.set_xticks(range(len(kinds)), labels, rotation=35, ha="right")
    ax.tick_params(axis="x", pad=1)
    ax.set_xlim(-0.6, len(kinds) - 0.4)
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.grid(axis="y", linewidth=0.4, color="0.9")
    if runs[runs.main].auc.isna().all():
        empty_panel(ax, "no task can be scored")


def name_kinds_behind_forest(ax, table):
    """Say above a panel which kinds the forest is ahead of, on random folds, and by how much."""
    rows = table[(table.second == FOREST) & (table.split_method == RANDOM) & (table.difference < 0)]
    lines = [
        f"{KINDS[row.first].short} {-row.difference:.3f}"
        + ("" if row.difference_high < 0 else " (undecided)")
        for row in rows.itertuples()
    ]
    if lines:
        ax.set_title("\n".join(["forest ahead of", *lines]), fontsize=6.5)


def draw_differences(ax, table, pairs):
    for y, (first, second) in enumerate(pairs):
        for split_method in SPLIT_METHODS:
            rows = table[
                (table["first"] == first)
                & (table["second"] == second)
                & (table.split_method == split_method)
            ]
            for row in rows.itertuples():
                shift = 0.14 if split_method == SCAFFOLD else -0.14
                draw_interval(ax, y + shift, row, split_method)
    ax.axvline(0, color="black", linewidth=0.7, zorder=0)
    names = [f"{KINDS[first].short} − {KINDS[second].short}" for first, second in pairs]
    ax.set_yticks(range(len(pairs)), names)
    ax.set_ylim(len(pairs) - 0.5, -0.5)
    ax.xaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 5, 10]))
    ax.tick_params(axis="x", labelsize=6)
    ax.grid(axis="x", linewidth=0.4, color="0.9")
    if table.difference.isna().all():
        ax.annotate("nothing to compare", (0.5, 0.5), xycoords="axes fraction", ha="center", size=7)


def draw_interval(ax, y, row, split_method):
    """Draw a difference and its interval, but that of two folds, which is wider than a panel."""
    face = "0.2" if split_method == RANDOM else "white"
    ends = [row.difference_low, row.difference_high]
    if row.folds != 2:
        ax.plot(ends, [y, y], color="0.2", linewidth=0.9, linestyle=":" if row.folds == 1 else "-")
    ax.plot(row.difference, y, marker="o", color="0.2", markerfacecolor=face, markersize=4)


if __name__ == "__main__":
    run_step(main)
