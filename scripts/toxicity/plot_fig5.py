"""Agreement of two tasks' masks on molecules positive for both; on the diagonal, of two trainings.

Of the test molecules of one fold; tasks in clustered order. Blank: no molecule is positive for
both, or on the diagonal no second training. A dot: fewer than five molecules are. What a claim says
of agreement beyond chance, over both trainings, is in the report.

Inputs: ``predictions``, a list of runs with masks, one of each dataset to show; ``replicates``,
second trainings of some of them. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
import seaborn as sns
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from triptych.figures.save import save_figure
from triptych.figures.style import (
    COLUMN_IN,
    PAGE_IN,
    SEQUENTIAL,
    message_figure,
    new_figure,
    panel_letter,
)
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.agreement import between_tasks, cluster_order, mean_cosines
from triptych.toxicity.plotting import short_tasks, title
from triptych.toxicity.runs import of_split

FEW_MOLECULES = 5
"""Cells of fewer molecules are marked: their means say little."""
DOT = {"marker": ".", "linestyle": "none", "color": "white", "markersize": 2.5,
       "markeredgecolor": "black", "markeredgewidth": 0.3}  # fmt: skip


def main(inputs, outputs, params, log):
    shown = [read_store(path) for path in inputs.predictions]
    shown = [predictions for predictions in shown if predictions.sizes["task"] > 1]
    if not shown:
        figure = message_figure("no dataset with several tasks in this run")
        save_figure(figure, outputs.pdf, outputs.png, params.stamp)
        return
    replicates = {run.attrs["dataset"]: run for run in map(read_store, inputs.replicates)}
    figure = new_figure(PAGE_IN if len(shown) > 1 else 1.3 * COLUMN_IN, 4.0)
    axes = figure.subplots(1, len(shown), squeeze=False)[0]
    for place, (ax, predictions) in enumerate(zip(axes, shown, strict=True)):
        draw_dataset(ax, predictions, replicates.get(predictions.attrs["dataset"]))
        panel_letter(ax, place)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), SEQUENTIAL),
        ax=axes,
        location="bottom",
        shrink=0.45,
        aspect=35,
        pad=0.02,
    )
    bar.set_label(
        "mean cosine of masks, on molecules positive for both tasks, chance included\n"
        f"dots: fewer than {FEW_MOLECULES} such molecules; blank: none, or no second training",
        fontsize=7,
    )
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_dataset(ax, predictions, replicate):
    test = of_split(predictions, "test")
    mask, positive = test["mask"].values, test.label.values == 1
    cosine, chance = mean_cosines(mask, mask, positive)
    heading = f"between tasks {between_tasks(cosine):.2f}"
    order, diagonal = cluster_order(cosine), np.nan
    if replicate is not None:
        second_mask = of_split(replicate, "test")["mask"].values
        between_trainings = np.diag(mean_cosines(mask, second_mask, positive)[0])
        diagonal = between_trainings
        heading += f"\none task, two trainings {np.nanmean(between_trainings):.2f}"
    heading += f"\natoms in random order {between_tasks(chance):.2f}"
    np.fill_diagonal(cosine, diagonal)
    few = positive.T.astype(int) @ positive < FEW_MOLECULES
    names = np.array(short_tasks(predictions.task.values))[order]
    sns.heatmap(
        cosine[np.ix_(order, order)],
        ax=ax,
        vmin=0,
        vmax=1,
        cmap=SEQUENTIAL,
        cbar=False,
        square=True,
        xticklabels=names,
        yticklabels=names,
    )
    marked = np.argwhere((few & np.isfinite(cosine))[np.ix_(order, order)])
    ax.plot(marked[:, 1] + 0.5, marked[:, 0] + 0.5, **DOT)
    size = 6.5 if len(names) <= 15 else 5
    ax.set_xticklabels(ax.get_xticklabels(), rotation=90, fontsize=size)
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0, fontsize=size)
    ax.tick_params(length=0, pad=1)
    ax.set_title(f"{title(predictions.attrs['dataset'])}: {heading}", fontsize=7.5)


if __name__ == "__main__":
    run_step(main)
