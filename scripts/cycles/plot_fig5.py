"""Images of the states along the strongest cycles, and as the chain walks: means and samples.

Inputs: ``walk``. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.cycles.plotting import cycle_colour, model_label, show_image
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

COLUMNS = 12
"""Steps beside each other."""

BAND_IN = 1.24
"""Height of a row of means and one of samples, in inches."""


def main(inputs, outputs, params, log):
    (path,) = inputs.walk
    walk = read_store(path)
    cycles = [[int(z) for z in row if z >= 0] for row in walk.cycle_states.values]
    positions = bands([len(cycle) + 1 for cycle in cycles if cycle])
    walk_from = 1 + max((band for band, _ in positions), default=-1)
    count = walk_from + -(-walk.sizes["step"] // COLUMNS)
    figure = new_figure(PAGE_IN, BAND_IN * count + 0.25)
    axes = paired_rows(figure, count)
    for number, (band, left) in enumerate(positions):
        draw_cycle(axes[band, :, left:], walk, number, cycles[number])
    draw_free_walk(axes[walk_from:], walk)
    figure.suptitle(model_label(walk), fontsize=7, y=0.995, va="top")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def paired_rows(figure, count):
    """Return empty axes (bands, mean or sample, column); the rows of a band stand close.

    Their places are fixed: room made for a cycle's label would tear the free walk apart.
    """
    figure.set_layout_engine("none")
    top = 1 - 0.34 / figure.get_figheight()
    outer = figure.add_gridspec(count, left=0.06, right=0.995, bottom=0.01, top=top, hspace=0.14)
    pairs = [cell.subgridspec(2, COLUMNS, hspace=0.05, wspace=0.12).subplots() for cell in outer]
    axes = np.array(pairs)
    for ax in axes.flat:
        ax.axis("off")
    return axes


def bands(widths):
    """Place blocks of given widths one after another, an empty column between; (band, left)."""
    positions, band, left = [], 0, 0
    for width in widths:
        if left and left + width > COLUMNS:
            band, left = band + 1, 0
        positions.append((band, left))
        left += width + 1
    return positions


def draw_cycle(block, walk, number, cycle):
    """Draw the states of a cycle in turn, and the first again behind the last, unless it is cut."""
    columns = block.shape[1]
    for (upper, lower), (place, state) in zip(block.T, enumerate(cycle), strict=False):
        draw_step(upper, lower, walk, state, walk.cycle_sample.values[number, place])
        frame(upper, cycle_colour(number))
    if len(cycle) < columns:
        upper = block[0, len(cycle)]
        draw_mean(upper, walk, cycle[0])
        frame(upper, cycle_colour(number))
    label(block[:, 0], f"cycle {number + 1}")


def draw_free_walk(axes, walk):
    """Draw the walk band after band, a black frame wherever the state is a new one."""
    steps = axes.transpose(0, 2, 1).reshape(-1, 2)
    states = walk.walk_state.values
    changed = np.diff(states, prepend=-1) != 0
    for pair, state, image, new in zip(
        steps, states, walk.walk_image.values, changed, strict=False
    ):
        draw_step(*pair, walk, state, image)
        if new:
            frame(pair[0], "black")
    for number, pair in enumerate(axes[:, :, 0]):
        label(pair, f"free walk\nfrom t = {number * COLUMNS}")


def draw_step(upper, lower, walk, state, sample):
    draw_mean(upper, walk, state)
    lower.axis("on")
    show_image(lower, sample)


def draw_mean(ax, walk, state):
    ax.axis("on")
    show_image(ax, walk.mean_image.values[state], f"z = {state}")


def frame(ax, colour):
    for spine in ax.spines.values():
        spine.set(color=colour, linewidth=1.2)


def label(pair, name):
    upper, lower = pair
    upper.set_ylabel(f"{name}\nmean", fontsize=6, labelpad=2)
    lower.set_ylabel("sample", fontsize=6, labelpad=2)


if __name__ == "__main__":
    run_step(main)
