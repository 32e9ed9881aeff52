"""Training curves at the selected rate, EM of the same images, and σ at a constant rate.

Rows a to c show running means over about a tenth of the records: one of all models that do not end
collapsed, and one of each that does. In b to d they are geometric, and smaller values count as the
lowest tick. Records have few draws: of models that cycle hard σ comes out too high there, higher
yet than in the other figures, and self-transition is uncertain. Row d follows each model of the
search and each at the selected rate for as long as its learning rate does not fall. For the latter
that is up to the vertical dotted line in the rows above, which show the selected rate alone.

Inputs: ``histories``, ``evaluations`` (in the same order), ``searches``, ``mixture``.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from triptych.cycles.plotting import decades, seeds_text
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

ROWS = {
    "log_likelihood": "training log-likelihood\n(nats / image)",
    "entropy_production": "entropy production σ\n(nats / step)",
    "self_transition": "self-transition\nprobability",
}
SMALLEST = {"entropy_production": 1e-2, "self_transition": 1e-6}
"""Less is drawn here. A record's few draws tell no smaller σ from none."""
SELECTED, LOWEST, HIGHEST, BETWEEN = PALETTE[0], PALETTE[2], PALETTE[1], "0.7"
"""Colours of rates: the selected one of a K, the ends of what the search tried, and the others."""
DASHES = (0, (2, 1))


def main(inputs, outputs, params, log):
    histories, searches, evaluations = (
        [read_store(path) for path in paths]
        for paths in (inputs.histories, inputs.searches, inputs.evaluations)
    )
    mixture = read_store(inputs.mixture)["log_likelihood_followed"]
    rates = np.concatenate([search.learning_rate.values for search in searches])
    figure = new_figure(PAGE_IN, 6.4)
    axes = figure.subplots(len(ROWS) + 1, len(histories), sharey="row", squeeze=False)
    for column, history, search, evaluation in zip(
        axes.T, histories, searches, evaluations, strict=True
    ):
        draw_column(column[:-1], history, evaluation.collapsed.values)
        colours = rate_colours(rates, rate_of(history))
        for training in (search, history):
            draw_constant_rate(column[-1], training, colours)
        states = int(history.states[0])
        column[0].set_title(title(history), fontsize=7)
        best = float(mixture.sel(states=states))
        reference_line(column[0], best, "EM mixture", ":")
        reference_line(column[2], 1 / states, "independent equal states, 1/K", ":")
        for ax in column[:-1]:
            ax.axvline(
                history.attrs["constant_until"], color="0.6", linestyle=":", linewidth=0.8, zorder=0
            )
        column[-2].set_xlabel("iteration")
        column[-1].set(xscale="log", xlabel="iterations at a constant rate")
        column[-1].xaxis.set_major_locator(LogLocator(subs=(1, 3)))
        column[-1].xaxis.set_major_formatter(ScalarFormatter())
        column[-1].xaxis.set_minor_formatter(NullFormatter())
    for row, label in zip(
        axes, [*ROWS.values(), "σ at a constant rate\n(nats / step)"], strict=True
    ):
        row[0].set_ylabel(label)
    for row, name in zip(axes, ROWS, strict=False):
        if name in SMALLEST:
            to_floor(row[0], SMALLEST[name])
    axes[0, 0].set_ylim(lowest(histories) - 5, float(mixture.max()) + 10)
    to_floor(axes[-1, 0], SMALLEST["entropy_production"])
    for place, ax in enumerate(axes[:, 0]):
        panel_letter(ax, place)
    figure.legend(
        handles=legend(rates, any(bool(e.collapsed.any()) for e in evaluations)),
        loc="outside lower center",
        ncols=3,
    )
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def to_floor(ax, smallest):
    """Make the axis logarithmic, its lowest tick that of all smaller values."""
    ax.set(yscale="log", ylim=(0.8 * smallest, None))
    lowest, highest = round(np.log10(smallest)), np.log10(ax.get_ylim()[1])
    decades(ax.yaxis, range(lowest, int(np.floor(highest)) + 1, 2 if highest - lowest > 4 else 1))


def title(history):
    seeds = seeds_text(history.sizes["model"])
    return f"K = {int(history.states[0])}, rate {rate_of(history):g}, {seeds}"


def rate_of(history):
    """Return the one learning rate of a population."""
    (rate,) = set(history.learning_rate.values)
    return rate


def lowest(histories):
    """Return a likelihood that all populations exceed, but for a few of their first records."""
    return min(np.nanquantile(history.log_likelihood.values, 0.02) for history in histories)


def rate_colours(rates, selected):
    """Return the colour of each rate; the selected one and the ends of the search stand out."""
    ends = {min(rates): LOWEST, max(rates): HIGHEST}
    return {**dict.fromkeys(rates, BETWEEN), **ends, selected: SELECTED}


def draw_column(column, history, collapsed):
    """Draw the models as one running mean with a band; collapsed ones singly."""
    for ax in column[1:]:
        ax.sharex(column[0])
    for ax in column[:-1]:
        ax.tick_params(labelbottom=False)
    for ax, name in zip(column, ROWS, strict=True):
        curves = history[name].values
        draw_band(ax, history.iteration, curves[~collapsed], name)
        for curve in curves[collapsed]:
            mean, _, _ = smooth(curve[None], SMALLEST.get(name))
            ax.plot(history.iteration, mean, color=SELECTED, linewidth=0.8, linestyle=DASHES)


def draw_band(ax, iteration, curves, name):
    if len(curves):
        mean, low, high = smooth(curves, SMALLEST.get(name))
        ax.fill_between(iteration, low, high, color=SELECTED, alpha=0.25, linewidth=0)
        ax.plot(iteration, mean, color=SELECTED, linewidth=1.1)


def draw_constant_rate(ax, history, colours):
    """Draw σ of every model for as long as its learning rate was constant."""
    constant = history.sel(iteration=slice(None, history.attrs["constant_until"]))
    if not constant.sizes["iteration"]:
        return
    for model in range(constant.sizes["model"]):
        curve = constant.isel(model=model)
        mean, _, _ = smooth(curve.entropy_production.values[None], SMALLEST["entropy_production"])
        colour = colours[float(curve.learning_rate)]
        ax.plot(curve.iteration, mean, color=colour, linewidth=0.6, alpha=0.8)


def running_band(curves, share=0.1):
    """Return the running mean of curves taken together, and the band of their single values.

    The band is from the 10th to the 90th percentile of all values in the window, over time and
    models. The window, about a share of the records, is centred and shorter at both ends.
    """
    records = curves.shape[1]
    half = max(1, round(share * records)) // 2
    windows = [curves[:, max(0, i - half) : i + half + 1] for i in range(records)]
    means = np.array([window.mean() for window in windows])
    low, high = np.array([np.quantile(window, (0.1, 0.9)) for window in windows]).T
    return means, low, high


def smooth(curves, smallest):
    """Average as the axis shows it: geometrically where it is logarithmic, from ``smallest`` on."""
    if smallest is None:
        return running_band(curves)
    logarithms = np.log(np.maximum(curves, smallest))
    return tuple(np.exp(curve) for curve in running_band(logarithms))


def legend(rates, collapsed):
    """Return the entries of the rates, the band, and of collapsed models if there are any."""
    named = {
        "selected learning rate": SELECTED,
        f"lowest rate of the search, {min(rates):g}": LOWEST,
        f"highest rate of the search, {max(rates):g}": HIGHEST,
        "rates between": BETWEEN,
    }
    lines = [Line2D([], [], color=colour, label=label) for label, colour in named.items()]
    dashed = Line2D([], [], color="0.3", linestyle=DASHES, label="collapsed at the end")
    band = Patch(color="0.8", label="10–90 % of single values")
    return [*lines, band, *[dashed] * collapsed]


if __name__ == "__main__":
    run_step(main)
