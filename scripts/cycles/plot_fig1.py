"""Training curves of the populations: running means of likelihood, σ, self-transition.

Inputs: ``histories``, ``evaluations`` (in the same order), ``mixture``. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from itertools import cycle

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from triptych.cycles.history import running_band
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

ROWS = {
    "log_likelihood": "log-likelihood\n(nats / image)",
    "entropy_production": "entropy production σ\n(nats / step)",
    "self_transition": "self-transition\nprobability",
}
SMALLEST = {"entropy_production": 1e-6, "self_transition": 1e-5}


def main(inputs, outputs, params, log):
    histories = [read_store(path) for path in inputs.histories]
    mixture = read_store(inputs.mixture)
    figure = new_figure(PAGE_IN, 4.8)
    axes = figure.subplots(3, len(histories), sharex=True, sharey="row", squeeze=False)
    for column, history, path in zip(axes.T, histories, inputs.evaluations, strict=True):
        states = int(history.states[0])
        draw_column(column, history, read_store(path).trapped.values)
        column[0].set_title(f"K = {states}")
        reference_line(
            column[0], float(mixture.log_likelihood.sel(states=states)), "EM mixture", ":"
        )
        column[-1].set_xlabel("iteration")
    for row, (name, label) in zip(axes, ROWS.items(), strict=True):
        row[0].set_ylabel(label)
        if name in SMALLEST:
            row[0].set(yscale="log", ylim=(SMALLEST[name] / 2, None))
    axes[0, 0].set_ylim(bottom=lowest(histories) - 5)
    for letter, ax in zip("abc", axes[:, 0], strict=True):
        panel_letter(ax, letter)
    figure.legend(handles=legend(histories[0]), loc="outside lower center", ncols=4)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def lowest(histories):
    """Return a likelihood that all populations exceed, but for a few of their first records."""
    return min(np.nanquantile(history.log_likelihood.values, 0.02) for history in histories)


def coloured(rates):
    """Pair the learning rates, rising, with their colours."""
    return zip(sorted(set(rates)), cycle(PALETTE))


def draw_column(column, history, trapped):
    """Draw each learning rate's models as one running mean with a band; trapped ones singly."""
    rates = history.learning_rate.values
    for rate, colour in coloured(rates):
        for ax, name in zip(column, ROWS, strict=True):
            curves = history[name].values
            draw_together(ax, history.iteration, curves[(rates == rate) & ~trapped], name, colour)
            for curve in curves[(rates == rate) & trapped]:
                mean, _, _ = smooth(curve[None], name)
                ax.plot(history.iteration, mean, color=colour, linewidth=0.8, linestyle=(0, (2, 1)))


def draw_together(ax, iteration, curves, name, colour):
    if len(curves):
        mean, low, high = smooth(curves, name)
        ax.fill_between(iteration, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.plot(iteration, mean, color=colour, linewidth=1.1)


def smooth(curves, name):
    """Average as the axis shows it: geometrically where it is logarithmic."""
    if name not in SMALLEST:
        return running_band(curves)
    logarithms = np.log(np.maximum(curves, SMALLEST[name]))
    return tuple(np.exp(part) for part in running_band(logarithms))


def legend(history):
    lines = [
        Line2D([], [], color=colour, label=f"learning rate {rate:g}")
        for rate, colour in coloured(history.learning_rate.values)
    ]
    dashed = Line2D([], [], color="0.3", linestyle=(0, (2, 1)), label="trapped: ends reversible")
    band = Patch(color="0.8", label="10–90 % of single values")
    return [*lines, band, dashed]


if __name__ == "__main__":
    run_step(main)
