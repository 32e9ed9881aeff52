"""Test ROC-AUC of every task, mean over folds: plain multi-task, sparse, fingerprint forest.

Each panel has an axis of its own; where all models are near 1, it does not reach down to chance.
Single-task models are in figure 1: where they have fewer folds, their means cannot be compared.

Inputs: ``scores``, a list, one of each dataset. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from itertools import count

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.names import FOREST, MTL, SPARSE
from triptych.toxicity.plotting import KINDS, folds_text, kind_handles, short_tasks, title
from triptych.toxicity.summaries import main_runs, task_table

SHOWN = (MTL, SPARSE, FOREST)
ROW_IN = 0.148
HEADING_ROWS = 4
"""Rows that a panel's title and axis take."""
FAR_FROM_CHANCE = 0.95
"""Least AUC of a panel from which the axis need not reach down to chance: that would hide all."""


def main(inputs, outputs, params, log):
    datasets = [read_store(path) for path in inputs.scores]
    sizes = [scores.sizes["task"] + HEADING_ROWS for scores in datasets]
    columns = pack(sizes)
    rows = max(sum(sizes[index] for index in column) for column in columns)
    figure = new_figure(PAGE_IN, ROW_IN * rows + 0.35)
    grid = figure.add_gridspec(1, len(columns))
    panels = count()
    for place, column in enumerate(columns):
        heights = [datasets[index].sizes["task"] + 1 for index in column]
        inner = grid[place].subgridspec(len(column), 1, height_ratios=heights)
        for row, index in enumerate(column):
            ax = figure.add_subplot(inner[row])
            draw_dataset(ax, datasets[index])
            panel_letter(ax, next(panels))
        ax.set_xlabel("test ROC-AUC")
    figure.legend(handles=kind_handles(SHOWN), loc="outside lower center", ncols=len(SHOWN))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def pack(sizes, columns=2):
    """Return which panels go into which column, the largest first, each into the emptiest."""
    packed = [[] for _ in range(min(columns, len(sizes)))]
    for index in np.argsort(sizes, kind="stable")[::-1]:
        fullness = [sum(sizes[panel] for panel in column) for column in packed]
        packed[int(np.argmin(fullness))].append(int(index))
    return [sorted(column) for column in packed]


def draw_dataset(ax, scores):
    table = task_table(scores)
    shown = [kind for kind in SHOWN if kind in table]
    table = table.reindex(columns=shown).assign(name=short_tasks(table.index))
    key = SPARSE if SPARSE in shown else shown[0] if shown else "name"
    table = table.sort_values(key, ascending=False, na_position="last")
    for y, (_, row) in enumerate(table.iterrows()):
        values = row[shown].astype(float).dropna()
        if values.empty:
            place = ax.get_yaxis_transform()
            ax.text(0.02, y, "not scorable", transform=place, fontsize=6, color="0.4", va="center")
            continue
        ax.plot([values.min(), values.max()], [y, y], color="0.75", linewidth=1.6, zorder=1)
        for kind, value in values.items():
            front = 4 if kind == SPARSE else 3
            style = {"marker": KINDS[kind].marker, "color": KINDS[kind].colour, "markersize": 4}
            ax.plot(value, y, zorder=front, markeredgewidth=0, **style)
    if not table[shown].min().min() >= FAR_FROM_CHANCE:  # also where nothing is scorable
        ax.axvline(0.5, color="0.6", linestyle=":", linewidth=0.8, zorder=0)
    ax.set_yticks(range(len(table)), table.name, fontsize=6.5)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.locator_params(axis="x", nbins=6)
    ax.tick_params(axis="y", length=0, pad=2)
    ax.grid(axis="x", linewidth=0.4, color="0.92")
    runs = main_runs(scores)
    folds = folds_text(runs[runs.kind.isin(SHOWN)].fold.nunique())
    ax.set_title(f"{title(scores.attrs['dataset'])}, mean of {folds}", fontsize=7.5)


if __name__ == "__main__":
    run_step(main)
