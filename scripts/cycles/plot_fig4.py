"""The latent graph: states as their mean images, arrows for net currents, cycles in colour.

The model has the highest training likelihood, at the selected rate, of those not collapsed. π(z) is
the latent chain's stationary probability. The split of the current into cycles is not unique: the
widest is taken out first, of equally wide ones a shortest, of these that of highest affinity.

Inputs: ``walk``. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from itertools import chain

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Rectangle

from triptych.cycles.plotting import cycle_colour, model_label, show_image
from triptych.figures.save import save_figure
from triptych.figures.style import COLUMN_IN, NEUTRAL, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

SIDE = 0.11
"""Of a state's image, as a share of the axes."""

SMALLEST_CURRENT = 0.02
"""Smallest current that is drawn, as a share of the largest."""


def main(inputs, outputs, params, log):
    (path,) = inputs.walk
    walk = read_store(path)
    cycles = [[int(z) for z in row if z >= 0] for row in walk.cycle_states.values]
    states = walk.sizes["state"]
    # The first cycle runs around the circle, and later ones follow on.
    order = list(dict.fromkeys([*chain(*cycles), *range(states)]))
    angles = np.empty(states)
    angles[order] = np.pi / 2 - 2 * np.pi * np.arange(states) / states
    positions = 0.5 + 0.38 * np.stack([np.cos(angles), np.sin(angles)], axis=1)

    figure = new_figure(1.4 * COLUMN_IN, 1.5 * COLUMN_IN)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0.0, 0.1, 1.0, 0.84))
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.axis("off")
    draw_currents(axes, walk.current.values, positions, cycles)
    draw_states(axes, walk, positions)
    sigma, staying = float(walk.entropy_production), float(walk.self_transition)
    staying_text = f"{staying:.2g}" if staying > 1e-3 else "below 0.001"
    figure.suptitle(
        f"{model_label(walk)}: σ ≈ {sigma:.2g} nats / step, self-transition {staying_text}\n"
        "arrows are wider the larger the net current "
        f"(from {SMALLEST_CURRENT:.0%} of the largest on),\n"
        "frames are thicker the larger π(z); a current of two cycles has the colour of the first",
        fontsize=7,
    )
    handles = [
        Line2D([], [], color=cycle_colour(number), linewidth=2, label=cycle_label(walk, number))
        for number, cycle in enumerate(cycles)
        if cycle
    ]
    figure.legend(handles=handles, loc="lower center", fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def cycle_label(walk, number):
    flux, affinity = float(walk.cycle_flux[number]), float(walk.cycle_affinity[number])
    return f"cycle {number + 1}: flux {flux:.3f} / step, affinity {affinity:.1f} nats"


def draw_currents(axes, current, positions, cycles):
    largest = current.max()
    edges = {}
    for number, cycle in reversed(list(enumerate(cycles))):
        edges |= dict.fromkeys(zip(cycle, cycle[1:] + cycle[:1], strict=True), number)
    # An arrow ends at the frame of a state, from whatever side it comes.
    corners = positions - SIDE / 2
    frames = [axes.add_patch(Rectangle(xy, SIDE, SIDE, linewidth=0, fill=False)) for xy in corners]
    for source, target in np.argwhere(current > SMALLEST_CURRENT * largest):
        number = edges.get((source, target))
        start, end = positions[source], positions[target]
        (dx, dy), (x, y) = end - start, end + start - 1
        # Bent towards the middle, an arrow does not run behind the state that it passes by.
        inward = -1 if dy * x > dx * y else 1
        axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                connectionstyle=f"arc3,rad={0.12 * inward}",
                arrowstyle="-|>",
                mutation_scale=9,
                patchA=frames[source],
                patchB=frames[target],
                shrinkA=1,
                shrinkB=2,
                linewidth=0.3 + 3.0 * current[source, target] / largest,
                color=NEUTRAL if number is None else cycle_colour(number),
                alpha=0.45 if number is None else 0.95,
                zorder=1 if number is None else 2,
            )
        )


def draw_states(axes, walk, positions):
    for state, (x, y) in enumerate(positions):
        inset = axes.inset_axes((x - SIDE / 2, y - SIDE / 2, SIDE, SIDE), zorder=3)
        show_image(inset, walk.mean_image.values[state])
        inset.annotate(f"z = {state}", (0.04, 0.96), xycoords="axes fraction", va="top", fontsize=5)
        for spine in inset.spines.values():
            spine.set(linewidth=0.3 + 8 * float(walk.pi[state]), color="black")


if __name__ == "__main__":
    run_step(main)
