"""Images as the chain walks: along its strongest cycles, and freely.

Inputs: ``walk``. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.axes import show_image
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

COLUMNS = 12


def main(inputs, outputs, params, log):
    (path,) = inputs.walk
    walk = read_store(path)
    cycles = [[int(z) for z in row if z >= 0] for row in walk.cycle_states.values]
    positions = bands([len(cycle) + 1 for cycle in cycles if cycle])
    cycle_rows = 2 * (1 + max((band for band, _ in positions), default=-1))
    rows = cycle_rows + -(-walk.sizes["step"] // COLUMNS)
    figure = new_figure(PAGE_IN, 0.66 * rows + 0.2)
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for number, (band, left) in enumerate(positions):
        block = axes[2 * band : 2 * band + 2, left:]
        draw_cycle(block, walk, number, cycles[number], PALETTE[number])
    draw_free_walk(axes[cycle_rows:], walk)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def bands(widths):
    """Place blocks of given widths one after another, an empty column between; (band, left)."""
    positions, band, left = [], 0, 0
    for width in widths:
        if left and left + width > COLUMNS:
            band, left = band + 1, 0
        positions.append((band, left))
        left += width + 1
    return positions


def draw_cycle(block, walk, number, cycle, colour):
    """Show mean images above and one sample below, state after state, back to the first."""
    around = [*range(len(cycle)), 0][: block.shape[1]]
    for column, position in enumerate(around):
        state = cycle[position]
        images = walk.mean_image.values[state], walk.cycle_sample.values[number, position]
        for ax, image in zip(block[:, column], images, strict=True):
            ax.axis("on")
            show_image(ax, image)
        for spine in block[0, column].spines.values():
            spine.set(color=colour, linewidth=1.2)
        block[0, column].set_title(f"z = {state}", fontsize=6, pad=2)
    block[0, 0].set_ylabel(f"cycle {number + 1}\nmean", fontsize=6)
    block[1, 0].set_ylabel("sample", fontsize=6)


def draw_free_walk(rows, walk):
    images, states = walk.walk_image.values, walk.walk_state.values
    changed = np.flatnonzero(np.diff(states, prepend=-1))
    for step, (ax, image) in enumerate(zip(rows.flat, images, strict=False)):
        ax.axis("on")
        show_image(ax, image, f"z = {states[step]}")
        if step in changed:
            for spine in ax.spines.values():
                spine.set(color="black", linewidth=0.8)
    for number, row in enumerate(rows):
        row[0].set_ylabel(f"free walk\nfrom t = {number * COLUMNS}", fontsize=6)


if __name__ == "__main__":
    run_step(main)
