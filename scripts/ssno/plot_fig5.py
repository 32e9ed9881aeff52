"""Mean error on the test set, over a longer time, and from other initial fields.

Rough: the initial fields of a set hold more of the higher wavenumbers, and on boxes are 1.2 to 1.4
times as large as well; large: they have a larger amplitude. Neither was in the training. A model
that a panel lacks was not trained on that system. In colour at the top: models with rollouts that
blew up, and how many of them did.

Inputs: ``scores`` of every system. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.labels import models_of, sample_note
from triptych.ssno.names import SCORED
from triptych.ssno.plotting import (
    COLOURS,
    drawable,
    foot,
    limit_errors,
    mark_off_axes,
    model_handles,
    share_off_axes,
    side_by_side,
    system_panels,
)
from triptych.ssno.tables import horizon, main_runs, run_table, summary


def main(inputs, outputs, params, log):
    systems = [main_runs(read_store(path)) for path in inputs.scores]
    figure, panels = system_panels(systems, {"mean relative error": 1}, row_in=1.85, rest_in=0.45)
    for (ax,), scores in zip(panels, systems, strict=True):
        draw_system(ax, scores)
        for split in SCORED:
            ratio = summary(scores, split).ratio["ssno"]
            name = scores.attrs["system"]
            log.info("%s, %s: best baseline / SSNO = %.3g", name, split, ratio)
    note = f"points: seeds; {sample_note(systems, SCORED)}; T: last time of the test set"
    foot(figure, note, model_handles(models_of(systems), lines=False))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_system(ax, scores):
    """Draw every seed as a point, sets from left to right, the models of a set side by side."""
    tables = [run_table(scores, split) for split in SCORED]
    for position, runs in enumerate(tables):
        marks = 0
        for model, _, seeds, style in side_by_side(runs, position, 0.28):
            visible = drawable(seeds.error)
            ax.plot(seeds.x[visible], seeds.error[visible], markersize=3, **style)
            if not visible.all():
                mark = share_off_axes(seeds)
                mark_off_axes(ax, position, COLOURS[model], mark, marks, size=5.5)
                marks += 1  # one below the other: side by side they have no room
    limit_errors(ax, np.concatenate([runs.error for runs in tables]), headroom=6)
    longer = horizon(scores, "long") / horizon(scores)
    labels = {"test": "test", "long": f"{longer:g}T", "rougher": "rough", "larger": "large"}
    ax.set_xticks(range(len(SCORED)), labels=[labels[split] for split in SCORED], fontsize=6)
    ax.set_xlim(-0.5, len(SCORED) - 0.5)
    for edge in range(1, len(SCORED)):
        ax.axvline(edge - 0.5, color="0.9", linewidth=0.6, zorder=0)


if __name__ == "__main__":
    run_step(main)
