"""How much of the exact gradient a few steps of the chain hold.

Inputs: ``exact`` (enumerable models), ``sampled`` (the trained populations).
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from itertools import cycle

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

FLOOR = 1e-12


def main(inputs, outputs, params, log):
    exact, sampled = read_store(inputs.exact), read_store(inputs.sampled)
    figure = new_figure(PAGE_IN, 2.6)
    left, middle, right = figure.subplots(1, 3)
    draw_exact(left, exact)
    draw_sampled(middle, sampled, "all")
    draw_sampled(right, sampled, "recognition")
    left.set_title("enumerable: recognition")
    middle.set_title("digits: all parameters")
    right.set_title("digits: recognition")
    steps = exact.steps.values
    for ax, letter in zip((left, middle, right), "abc", strict=True):
        ax.set_xticks(range(len(steps)), steps)
        ax.set_xlabel("latent steps kept (paper: 1)")
        panel_letter(ax, letter)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_exact(ax, exact):
    """Distance from the exact gradient's direction: it falls as the chain forgets."""
    cosine = exact.cosine.sel(parameters="recognition")
    for colour, iterations in zip(cycle(PALETTE), exact.iterations.values):
        curves = cosine.sel(iterations=iterations).transpose("model", "steps").values
        for m, curve in enumerate(np.maximum(1 - curves, FLOOR)):
            label = f"{iterations} iterations" if m == 0 else None
            ax.plot(curve, color=colour, marker="o", markersize=2, linewidth=0.9, label=label)
    ax.set(yscale="log", ylabel="1 − cosine to the exact gradient")
    ax.legend(title="trained for", fontsize=6)


def draw_sampled(ax, sampled, parameters):
    """Draw the median and spread of the models that cycle, and the median of the trapped."""
    cosine = sampled.cosine.sel(parameters=parameters).transpose("model", "steps").values
    trapped = sampled.trapped.values
    for colour, states in zip(cycle(PALETTE), sorted(set(sampled.states.values))):
        curves = cosine[(sampled.states.values == states) & ~trapped]
        if len(curves):
            low, middle, high = np.nanquantile(curves, [0.1, 0.5, 0.9], axis=0)
            ax.plot(middle, color=colour, marker="o", markersize=2.5, label=f"K = {states}")
            ax.fill_between(range(len(low)), low, high, color=colour, alpha=0.2, linewidth=0)
    finite = cosine[trapped & np.isfinite(cosine).all(axis=1)]
    if len(finite):
        ax.plot(np.median(finite, axis=0), "--", color="0.4", label=f"trapped ({len(finite)})")
    ax.set_ylabel("cosine to the exact gradient")
    ax.set_ylim(-0.05, 1.03)
    ax.legend(title="median, 10–90 %", fontsize=6, loc="lower right")


if __name__ == "__main__":
    run_step(main)
