"""Cycle models against equilibrium models: likelihood, mixing, samples.

The autocorrelation time of the one-hot models is that of their latent state, in closed form; that
of the RBM, whose hidden states are too many for one, is measured on its images. An arrow marks
where its chains were too short for more than a lower bound.
Inputs: ``evaluations`` (free and tied), ``mixture``, ``rbms``, ``walks`` (free and tied).
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np

from triptych.cycles.compare import table
from triptych.figures.axes import show_image, tile
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

COLUMNS = 8
SHORTEST = 1e-2  # a chain that goes round and round anticorrelates; its sum may vanish
FAMILIES = {
    "cycles": ("cycle model", PALETTE[0], "o", -0.22),
    "tied": ("tied, one-hot RBM", PALETTE[1], "s", 0.0),
    "rbm": ("Bernoulli RBM", PALETTE[2], "D", 0.22),
}
BOUND = {"marker": r"$\uparrow$", "color": PALETTE[2], "s": 30}


def main(inputs, outputs, params, log):
    evaluations = [read_store(path) for path in inputs.evaluations]
    models = table(evaluations)
    models["mixing_time"] = models.autocorrelation_time.clip(lower=SHORTEST)
    rbms = sorted((read_store(path) for path in inputs.rbms), key=lambda rbm: int(rbm.states))
    figure = new_figure(PAGE_IN, 4.25)
    upper, lower = figure.subfigures(2, 1, height_ratios=[1.5, 1])
    left, right = upper.subplots(1, 2)
    draw_quantity(left, models, rbms, "log_likelihood_held_out")
    mixture = read_store(inputs.mixture)
    left.plot(
        np.arange(mixture.sizes["states"]), mixture.log_likelihood_held_out, "k_", markersize=18,
        label="EM mixture", zorder=1,
    )  # fmt: skip
    left.set_ylabel("held-out log-likelihood\n(nats / image)")
    draw_quantity(right, models, rbms, "mixing_time")
    right.set_yscale("log")
    right.set_ylabel("autocorrelation time (chain steps)\nof latent state; RBM: of images")
    if (models.trapped & ~models.tied).any():
        left.scatter([], [], s=14, facecolors="white", edgecolors=PALETTE[0], label="trapped")
    bounds = [rbm for rbm in rbms if not rbm.mixing_resolved]
    if bounds:
        mark_bounds(right, models, bounds)
        left.scatter([], [], **BOUND, label="lower bound")
    upper.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=6, fontsize=7)
    panel_letter(left, "a")
    panel_letter(right, "b")

    samples = {walk_kind(path): read_store(path).sample.values for path in inputs.walks}
    height, width = samples["cycles"].shape[1:]
    samples["rbm"] = rbms[-1].sample.values.reshape(-1, height, width)
    for ax, kind in zip(lower.subplots(1, 3), FAMILIES, strict=True):
        show_image(ax, tile(samples[kind], COLUMNS), FAMILIES[kind][0])
    panel_letter(lower.axes[0], "c")
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def walk_kind(path):
    return "tied" if path.parent.name.startswith("tied") else "cycles"


def draw_quantity(ax, models, rbms, quantity):
    """Draw each family's models beside each other, for every number of latent states."""
    sizes = sorted(models.states.unique())
    for kind, (label, colour, marker, offset) in FAMILIES.items():
        for place, states in enumerate(sizes):
            if kind == "rbm":
                values = [float(rbm[quantity]) for rbm in rbms if int(rbm.states) == states]
                trapped = np.zeros(len(values), dtype=bool)
            else:
                rows = models[(models.states == states) & (models.tied == (kind == "tied"))]
                values = rows[quantity].values
                trapped = rows.trapped.values & (kind == "cycles")
            spread = np.linspace(-0.07, 0.07, len(values)) if len(values) > 1 else np.zeros(1)
            faces = np.where(trapped, "white", colour)
            ax.scatter(
                place + offset + spread, values, s=14, marker=marker, facecolors=faces,
                edgecolors=colour, linewidths=0.8, zorder=3, label=label if place == 0 else None,
            )  # fmt: skip
    ax.set_xticks(range(len(sizes)), [f"K = {states}" for states in sizes])


def mark_bounds(ax, models, rbms):
    """Point up from the RBMs whose autocorrelation time is a lower bound."""
    sizes = sorted(models.states.unique())
    x = [sizes.index(int(rbm.states)) + FAMILIES["rbm"][-1] for rbm in rbms]
    ax.scatter(x, [2.0 * float(rbm.mixing_time) for rbm in rbms], **BOUND)


if __name__ == "__main__":
    run_step(main)
