"""How much of the exact gradient a few steps of the chain hold.

Inputs: ``exact`` (enumerable models), ``sampled`` (the trained populations).
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store

FLOOR = 1e-12


def main(inputs, outputs, params, log):
    exact, sampled = read_store(inputs.exact), read_store(inputs.sampled)
    figure = new_figure(PAGE_IN, 2.6)
    left, middle, right = figure.subplots(1, 3)
    draw_exact(left, exact)
    draw_sampled(middle, sampled, "all")
    draw_sampled(right, sampled, "recognition")
    left.set_title("enumerable models, recognition kernel")
    middle.set_title("trained on digits, all parameters")
    right.set_title("trained on digits, recognition kernel")
    for ax, letter in zip((left, middle, right), "abc", strict=True):
        ax.set(xscale="log", xlabel="latent steps kept (1: the paper's)")
        panel_letter(ax, letter)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_exact(ax, exact):
    """Distance from the exact gradient's direction: it falls as the chain's second eigenvalue."""
    cosine = exact.cosine.sel(part="recognition")
    for colour, (iterations, curves) in zip(PALETTE, cosine.groupby("iterations"), strict=False):
        distance = np.maximum(1 - curves.squeeze("iterations").transpose("model", "steps"), FLOOR)
        for m, curve in enumerate(distance.values):
            label = f"{int(iterations)} iterations" if m == 0 else None
            ax.plot(exact.steps, curve, color=colour, marker="o", markersize=2, label=label)
    ax.set(yscale="log", ylabel="1 − cosine to the exact gradient")
    ax.legend(title="trained for", fontsize=6)


def draw_sampled(ax, sampled, part):
    cosine = sampled.cosine.sel(part=part).transpose("model", "steps")
    sizes = sorted(set(sampled.states.values))
    for colour, states in zip(PALETTE, sizes, strict=False):
        chosen = (sampled.states.values == states) & ~sampled.trapped.values
        if not chosen.any():
            continue
        curves = cosine.values[chosen]
        low, middle, high = np.quantile(curves, [0.1, 0.5, 0.9], axis=0)
        ax.plot(
            sampled.steps, middle, color=colour, marker="o", markersize=2.5, label=f"K = {states}"
        )
        ax.fill_between(sampled.steps, low, high, color=colour, alpha=0.2, linewidth=0)
    trapped = cosine.values[sampled.trapped.values]
    if len(trapped):
        ax.plot(sampled.steps, np.median(trapped, axis=0), "--", color="0.4", label="trapped")
    ax.set_ylabel("cosine to the exact gradient")
    ax.set_ylim(top=1.02)
    ax.legend(title="median, 10–90 %", fontsize=6, loc="lower right")


if __name__ == "__main__":
    run_step(main)
