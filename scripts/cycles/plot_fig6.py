"""How much of the exact gradient a few steps of the chain hold, and what trainings with them reach.

One latent step is two half steps, z → x → z′: the paper's gradient keeps these last two. In b and
c a model is left out at the steps where its gradient does not stand out of its noise: what
is drawn is of the others, each by itself where a K has fewer than eight of them at every step. An
estimated cosine may come out above 1.

Inputs: ``exact`` (enumerable models), ``sampled`` (models trained on digits at the selected rate),
``variants``. Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from itertools import cycle

import numpy as np
from matplotlib import colormaps

from triptych.cycles.design import PAPER_STEPS, STEP_DESIGNS
from triptych.cycles.plotting import decades, seeds_text
from triptych.cycles.tables import table
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, SEQUENTIAL, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

FLOOR = 1e-12
"""Smaller distances from the exact direction are drawn here: they are rounding."""

FEWEST_IN_BAND = 8
"""Fewer models have no quantiles to speak of: each is drawn."""

DESIGNS = {name: "all" if steps is None else str(steps) for steps, name in STEP_DESIGNS.items()}
"""Trainings at one rate and with the same seeds, and the latent steps in their gradient."""


def main(inputs, outputs, params, log):
    exact, sampled = read_store(inputs.exact), read_store(inputs.sampled)
    figure = new_figure(PAGE_IN, 4.8)
    (enumerable, all_parameters), (recognition, trainings) = figure.subplots(2, 2)
    draw_exact(enumerable, exact)
    draw_sampled(all_parameters, sampled, "all")
    draw_sampled(recognition, sampled, "recognition")
    draw_likelihood_gains(trainings, table([read_store(path) for path in inputs.variants]))
    enumerable.set_title("enumerable models: recognition parameters")
    all_parameters.set_title("digits: all parameters")
    recognition.set_title("digits: recognition parameters")
    trainings.set_title("digits: trained with so many steps")
    steps = exact.steps.values
    for ax in (enumerable, all_parameters, recognition):
        ax.set_xticks(range(len(steps)), steps)
        ax.set_xlabel("latent steps z → x → z′ kept (paper: 1)")
    trainings.set_xlabel("latent steps in the gradient of the training (paper: 1)")
    for place, ax in enumerate((enumerable, all_parameters, recognition, trainings)):
        panel_letter(ax, place)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_exact(ax, exact):
    """Draw the distance from the exact gradient's direction: it falls as the chain forgets."""
    cosine = exact.cosine.sel(parameters="recognition")
    lengths = exact.iterations.values
    shades = colormaps[f"{SEQUENTIAL}_r"](np.linspace(0.2, 1, len(lengths)))
    for colour, iterations in zip(shades, lengths, strict=True):
        curves = cosine.sel(iterations=iterations).transpose("model", "steps").values
        for model, curve in enumerate(np.maximum(1 - curves, FLOOR)):
            label = f"{iterations} iterations" if model == 0 else None
            ax.plot(curve, color=colour, marker="o", markersize=2, linewidth=0.9, label=label)
    ax.set(yscale="log", ylabel="1 − cosine to the exact gradient")
    decades(ax.yaxis, range(round(np.log10(FLOOR)), 1, 3))
    ax.legend(title=f"{seeds_text(cosine.sizes['model'])}, trained for", fontsize=6)


def draw_sampled(ax, sampled, parameters):
    """Draw the median and spread of the models of each K, few singly; the median of the collapsed.

    They are of the models whose gradients stand out of their noise: the legend says how many of
    how many at the fewest and at the most, over the steps.
    """
    cosine = sampled.cosine.sel(parameters=parameters).transpose("model", "steps").values
    collapsed = sampled.collapsed.values
    for colour, states in zip(cycle(PALETTE), sorted(set(sampled.states.values))):
        curves = cosine[(sampled.states.values == states) & ~collapsed]
        significant = np.isfinite(curves).sum(axis=0)
        (shown,) = significant.nonzero()
        style = {"color": colour, "marker": "o", "markersize": 2.5}
        counts = "–".join(str(count) for count in sorted({significant.min(), significant.max()}))
        ax.plot([], label=f"K = {states}, {counts} of {seeds_text(len(curves))}", **style)
        if not len(shown):
            continue
        if significant.max() < FEWEST_IN_BAND:
            ax.plot(curves[np.isfinite(curves).any(axis=1)].T, linewidth=0.8, **style)
        else:
            low, middle, high = np.nanquantile(curves[:, shown], [0.1, 0.5, 0.9], axis=0)
            ax.plot(shown, middle, **style)
            ax.fill_between(shown, low, high, color=colour, alpha=0.2, linewidth=0)
    finite = cosine[collapsed & np.isfinite(cosine).all(axis=1)]
    if len(finite):
        label = f"collapsed, {len(finite)} of {collapsed.sum()}"
        ax.plot(np.median(finite, axis=0), "--", color="0.4", label=label)
    ax.set_ylabel("cosine to the exact gradient")
    ax.set_ylim(-0.05, max(1.03, 1.02 * np.nanmax(cosine[~collapsed], initial=0)))
    title = f"of gradients above their noise:\nmedian, 10–90 %; each of fewer than {FEWEST_IN_BAND}"
    ax.legend(title=title, fontsize=6, title_fontsize=6, loc="lower right")


def draw_likelihood_gains(ax, models):
    """Draw by how much trainings with more steps end above that with one, seed by seed."""
    likelihoods = models[models.design.isin(DESIGNS)].pivot_table(
        "log_likelihood_held_out", ["states", "seed"], "design"
    )[list(DESIGNS)]
    state_counts = likelihoods.index.unique("states")
    offsets = np.linspace(-0.15, 0.15, len(state_counts))
    for colour, states, offset in zip(cycle(PALETTE), state_counts, offsets, strict=False):
        rows = likelihoods.loc[states]
        one_step = rows[STEP_DESIGNS[PAPER_STEPS]]
        gains = rows.sub(one_step, axis=0)
        x = np.arange(len(DESIGNS)) + offset
        ax.plot(x, gains.T, "o", color=colour, markersize=2.5, markerfacecolor="none", alpha=0.7)
        median = f"{one_step.median():.1f}".replace("-", "−")
        label = f"K = {states}, {seeds_text(len(rows))}: {median}"
        ax.plot(x, gains.median(), color=colour, label=label)
    ax.axhline(0, color="0.6", linewidth=0.6, zorder=0)
    ax.set_xticks(range(len(DESIGNS)), DESIGNS.values())
    ax.set_ylabel("held-out log-likelihood,\ngain over one step (nats / image)")
    ax.margins(y=0.25)  # room for the legend
    ax.legend(title="median; with one step it is", fontsize=6, title_fontsize=6, loc="best")


if __name__ == "__main__":
    run_step(main)
