"""Cycle and equilibrium models, and the control W ≡ 0: where it is as good, cycles are not needed.

Lines in a join medians over the seeds of a rate. The control represents the same mixtures, and its
latent chain is reversible: it draws each state anew from π. Where its likelihood is no lower,
cycles are not what a high one needs. Tied models and RBM obey detailed balance. The autocorrelation
time of the one-hot models is that of their latent state, in closed form; that of the RBM, whose
hidden states are too many for one, is measured on its images. An arrow marks where its chains were
too short for more than a lower bound. A question mark at the top stands for a chain whose time
cannot be told: it is beyond double precision, or below its own error. The entropy production of the
RBM is not measured: it is 0 by construction. Hollow models have collapsed. Samples of the cycle and
the tied model are of the one with the highest training likelihood of those not collapsed, at one K;
those of the RBM are of the one with most hidden units. Of the control none are drawn.

Inputs: ``evaluations`` (free and tied), ``searches``, ``variants``, ``mixture``, ``rbms``,
``walks`` (free and tied). Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from triptych.cycles.design import MEMORYLESS, SEARCH, SELECTED, TIED
from triptych.cycles.plotting import (
    SMALLEST_SIGMA,
    decades,
    model_label,
    seeds_text,
    show_image,
    tile,
)
from triptych.cycles.tables import at_best_rate, table
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

COLUMNS = 8
"""Samples in a row."""

SHORTEST_TIME = 1e-2
"""Shorter times are drawn here: a chain that goes round and round anticorrelates, and its sum may
vanish."""


class Family(NamedTuple):
    """A kind of models: its name, at a tick and in a legend, its colour and marker."""

    tick: str
    label: str
    colour: str
    marker: str


FAMILIES = {
    SELECTED: Family("cycle\nmodel", "cycle model", PALETTE[0], "o"),
    MEMORYLESS: Family("control\nW ≡ 0", "control W ≡ 0", PALETTE[1], "^"),
    TIED: Family("tied\none-hot RBM", "tied, one-hot RBM", PALETTE[2], "s"),
    "rbm": Family("Bernoulli RBM\n(images)", "Bernoulli RBM", PALETTE[3], "D"),
}
FAMILY_OF_DESIGN = {SEARCH: SELECTED, MEMORYLESS: MEMORYLESS, TIED: TIED}
"""Designs that were trained at several rates, all for as long, and the family of each."""
LATENT = "+"
"""Marker of the latent chain by itself, beside that of its family's z–x chain."""
LOWER_BOUND = {"marker": r"$\uparrow$", "color": PALETTE[3], "s": 30}
UNKNOWN_TIME = {"marker": r"$?$", "s": 30}
QUANTITY = "log_likelihood_held_out"


def main(inputs, outputs, params, log):
    models, searches = (
        table([read_store(path) for path in paths])
        for paths in ([*inputs.evaluations, *inputs.variants], inputs.searches)
    )
    rbms = sorted((read_store(path) for path in inputs.rbms), key=lambda rbm: int(rbm.states))
    figure = new_figure(PAGE_IN, 6.6)
    upper, middle, lower = figure.subfigures(3, 1, height_ratios=[1.3, 1.1, 0.85])
    draw_likelihoods(upper, pd.concat([searches, models]), read_store(inputs.mixture), rbms)
    draw_chains(middle, models, rbms)
    draw_samples(lower, inputs.walks, rbms[-1])
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_likelihoods(figure, models, mixture, rbms):
    """Draw what trainings of one length reach at each rate, and what full-length ones do."""
    axes = figure.subplots(1, len(rbms), sharex=True, sharey=True, squeeze=False)[0]
    for ax, rbm in zip(axes, rbms, strict=True):
        states = int(rbm.states)
        rows = models[models.states == states]
        for design, family in FAMILY_OF_DESIGN.items():
            draw_rates(ax, rows[rows.design == design], FAMILIES[family])
        full = rows[rows.design == SELECTED]
        label = f"cycle model, full length, {seeds_text(len(full))}"
        ax.plot(full.learning_rate, full[QUANTITY], "kx", markersize=3.5, zorder=5, label=label)
        best = float(mixture[QUANTITY].sel(states=states))
        reference_line(ax, best, "EM mixture", ":", left=True)
        reference_line(ax, float(rbm[QUANTITY]), "Bernoulli RBM", left=True)
        ax.set(xscale="log", xlabel="learning rate", title=f"K = {states}")
    axes[0].set_ylabel("held-out log-likelihood\n(nats / image)")
    panel_letter(axes[0], 0)
    axes[0].margins(y=0.12)  # room for a label on the highest line
    hollow = Line2D([], [], color="0.3", marker="o", linestyle="", markersize=3.5,
                    markerfacecolor="white", label="hollow: collapsed")  # fmt: skip
    handles, _ = axes[0].get_legend_handles_labels()
    figure.legend(handles=[*handles, hollow], loc="outside lower center", ncols=3)


def draw_rates(ax, models, family):
    """Draw every model, hollow where it is collapsed, and the medians over seeds."""
    by_rate = models.groupby("learning_rate")[QUANTITY]
    label = f"{family.label}, {seeds_text(by_rate.size().min())} a rate"
    ax.plot(by_rate.median(), color=family.colour, linewidth=0.9, zorder=2)
    faces = np.where(models.collapsed.astype(bool), "white", family.colour)
    style = {"s": 13, "marker": family.marker, "edgecolors": family.colour, "linewidths": 0.8}
    ax.scatter(models.learning_rate, models[QUANTITY], facecolors=faces, zorder=3, **style)
    ax.scatter([], [], facecolors=family.colour, label=label, **style)


def draw_chains(figure, models, rbms):
    """Draw how far each family, at the best of its rates, is from equilibrium, and how it mixes."""
    left, right = figure.subplots(1, 2, sharex=True)
    groups = {
        family: with_resolved_times(at_best_rate(models[models.design == family]))
        for family in FAMILIES
        if family != "rbm"
    }
    groups["rbm"] = pd.DataFrame(
        {
            "states": [int(rbm.states) for rbm in rbms],
            "collapsed": False,
            "autocorrelation_time": [float(rbm.mixing_time) for rbm in rbms],
        }
    )
    draw_families(left, groups, "zx_entropy_production", SMALLEST_SIGMA)
    draw_families(left, groups, "entropy_production", SMALLEST_SIGMA, latent=True)
    left.set_yscale("log")
    decades(left.yaxis, range(-4, 4))
    place = list(groups).index("rbm")
    left.text(place, SMALLEST_SIGMA, "0 by\nconstruction", ha="center", va="bottom", fontsize=6)
    left.set_ylabel("entropy production\n(nats / step)")
    for marker, label in (
        ("s", "z–x chain"),
        (LATENT, "latent chain, σ\n(if tied, an estimate of 0)"),
    ):
        left.scatter([], [], s=16, marker=marker, color="black", linewidths=0.7, label=label)
    left.legend(loc="center right")  # between the chains in detailed balance and the others
    draw_families(right, groups, "autocorrelation_time", SHORTEST_TIME)
    right.set(yscale="log", ylabel="autocorrelation time\n(steps)")
    mark_unknown_times(right, groups)
    mark_lower_bounds(right, rbms)
    if right.get_legend_handles_labels()[0]:  # no unknown times, no bounds: nothing to explain
        # Between chains that mix and those that do not, in a frame: its marks are no models'.
        right.legend(loc="center", frameon=True)
    for place, ax in enumerate((left, right), start=1):
        panel_letter(ax, place)
    state_counts = ", ".join(str(int(rbm.states)) for rbm in rbms)
    figure.suptitle(
        "each family at its best rate: cycle models after full training; control and tied models "
        f"after the common\nnumber of iterations; K = {state_counts} from left to right",
        fontsize=7,
    )


def with_resolved_times(models):
    """Return the models, without the autocorrelation times that are below their own error."""
    resolved = models.autocorrelation_time_error < models.autocorrelation_time
    return models.assign(autocorrelation_time=models.autocorrelation_time.where(resolved))


def draw_families(ax, groups, quantity, smallest, latent=False):
    """Draw the models of each family side by side, K from left to right; none if not measured.

    What is of the latent chain is drawn in black, with a marker of its own; collapsed models are
    hollow.
    """
    for place, (name, models) in enumerate(groups.items()):
        if quantity not in models:
            continue
        family = FAMILIES[name]
        for shift, (_, rows) in zip(shifts(models), models.groupby("states"), strict=True):
            values = rows[quantity].clip(lower=smallest)
            x = place + shift + np.linspace(-0.05, 0.05, len(values) + 2)[1:-1]
            if latent:
                ax.scatter(x, values, color="black", marker=LATENT, s=16, linewidths=0.7, zorder=4)
                continue
            faces = np.where(rows.collapsed.astype(bool), "white", family.colour)
            style = {"marker": family.marker, "s": 11, "linewidths": 0.7, "zorder": 3}
            ax.scatter(x, values, facecolors=faces, edgecolors=family.colour, **style)
    ax.set_xticks(range(len(groups)), [FAMILIES[name].tick for name in groups])


def shifts(models):
    """Return where the models of each K stand beside their family's tick, K rising."""
    return np.linspace(-0.25, 0.25, models.states.nunique())


def mark_unknown_times(ax, groups):
    """Mark at the top the models whose time cannot be told."""
    for place, (name, models) in enumerate(groups.items()):
        x = [
            place + shift
            for shift, (_, rows) in zip(shifts(models), models.groupby("states"), strict=True)
            for _ in range(rows.autocorrelation_time.isna().sum())
        ]
        style = {**UNKNOWN_TIME, "color": FAMILIES[name].colour}
        ax.scatter(x, [0.95] * len(x), transform=ax.get_xaxis_transform(), **style)
    if any(models.autocorrelation_time.isna().any() for models in groups.values()):
        ax.scatter([], [], color="0.3", label="cannot be told", **UNKNOWN_TIME)


def mark_lower_bounds(ax, rbms):
    """Point up from the RBMs whose autocorrelation time is a lower bound."""
    place = list(FAMILIES).index("rbm")
    x = place + shifts(pd.DataFrame({"states": [int(rbm.states) for rbm in rbms]}))
    bounded = np.array([not rbm.mixing_resolved for rbm in rbms])
    if bounded.any():
        heights = np.array([2.0 * float(rbm.mixing_time) for rbm in rbms])
        ax.scatter(x[bounded], heights[bounded], label="lower bound", **LOWER_BOUND)


def draw_samples(figure, walks, rbm):
    """Draw sample images of the cycle model, the tied model and the largest RBM."""
    walk_of_family = {str(walk.design.values): walk for walk in map(read_store, walks)}
    samples = {family: walk.sample.values for family, walk in walk_of_family.items()}
    names = {family: f"\n{model_label(walk)}" for family, walk in walk_of_family.items()}
    names["rbm"] = f"\nK = {int(rbm.states)}"
    height, width = samples[SELECTED].shape[1:]
    samples["rbm"] = rbm.sample.values.reshape(-1, height, width)
    shown = [family for family in FAMILIES if family in samples]
    axes = figure.subplots(1, len(shown))
    for ax, family in zip(axes, shown, strict=True):
        show_image(ax, tile(samples[family], COLUMNS), FAMILIES[family].label + names[family])
    panel_letter(axes[0], 3)


if __name__ == "__main__":
    run_step(main)
