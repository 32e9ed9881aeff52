"""Images as the chain walks: along its strongest cycles, and freely.

Inputs: ``walk``. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.axes import show_image
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store

COLUMNS = 12


def main(inputs, outputs, params, log):
    (path,) = inputs.walk
    walk = read_store(path)
    cycles = [[int(z) for z in row if z >= 0] for row in walk.cycle_states.values]
    cycles = [cycle for cycle in cycles if cycle]
    free_rows = -(-walk.sizes["step"] // COLUMNS)
    rows = 2 * len(cycles) + free_rows
    figure = new_figure(PAGE_IN, 0.64 * rows + 0.5)
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for number, cycle in enumerate(cycles):
        pair = axes[2 * number : 2 * number + 2]
        draw_cycle(pair, walk, number, cycle, PALETTE[number])
    draw_free_walk(axes[2 * len(cycles) :], walk)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_cycle(pair, walk, number, cycle, colour):
    """Show mean images above and one sample below, state after state, back to the first."""
    around = [*range(len(cycle)), 0][:COLUMNS]
    for column, position in enumerate(around):
        state = cycle[position]
        images = walk.mean_image.values[state], walk.cycle_sample.values[number, position]
        for ax, image in zip(pair[:, column], images, strict=True):
            ax.axis("on")
            show_image(ax, image)
        for spine in pair[0, column].spines.values():
            spine.set(color=colour, linewidth=1.2)
        pair[0, column].set_title(f"z = {state}", fontsize=6, pad=2)
    pair[0, 0].set_ylabel(f"cycle {number + 1}\nmean", fontsize=6)
    pair[1, 0].set_ylabel("sample", fontsize=6)


def draw_free_walk(rows, walk):
    images, states = walk.walk_image.values, walk.walk_state.values
    changed = np.flatnonzero(np.diff(states, prepend=-1))
    for step, (ax, image) in enumerate(zip(rows.flat, images, strict=False)):
        ax.axis("on")
        show_image(ax, image, f"t = {step}, z = {states[step]}")
        if step in changed:
            for spine in ax.spines.values():
                spine.set(color="black", linewidth=0.8)
    rows[0, 0].set_ylabel("free walk", fontsize=6)


if __name__ == "__main__":
    run_step(main)
