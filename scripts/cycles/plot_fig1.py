"""Training curves of the populations: log-likelihood, entropy production, self-transition.

Inputs: ``histories``, ``evaluations`` (in the same order), ``mixture``. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

import numpy as np
from matplotlib.lines import Line2D

from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, PALETTE, new_figure, panel_letter
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store

ROWS = {
    "log_likelihood": "log-likelihood\n(nats / image)",
    "entropy_production": "entropy production σ\n(nats / step)",
    "self_transition": "self-transition\nprobability",
}
SMALLEST = {"entropy_production": 1e-6, "self_transition": 1e-5}


def main(inputs, outputs, params, log):
    populations = list(zip(inputs.histories, inputs.evaluations, strict=True))
    mixture = read_store(inputs.mixture)
    figure = new_figure(PAGE_IN, 4.8)
    axes = figure.subplots(3, len(populations), sharex=True, sharey="row", squeeze=False)
    for column, paths in zip(axes.T, populations, strict=True):
        history, evaluation = map(read_store, paths)
        states = int(history.states[0])
        draw_column(column, history, evaluation.trapped.values)
        column[0].set_title(f"K = {states}")
        reference_line(
            column[0], float(mixture.log_likelihood.sel(states=states)), "EM mixture", ":"
        )
        column[-1].set_xlabel("iteration")
    for row, (name, label) in zip(axes, ROWS.items(), strict=True):
        row[0].set_ylabel(label)
        if name in SMALLEST:
            row[0].set(yscale="log", ylim=(SMALLEST[name] / 2, None))
    lowest = np.nanquantile(history.log_likelihood.values, 0.02)
    axes[0, 0].set_ylim(bottom=lowest - 5)
    for letter, ax in zip("abc", axes[:, 0], strict=True):
        panel_letter(ax, letter)
    figure.legend(handles=legend(history), loc="outside lower center", ncols=6)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def draw_column(column, history, trapped):
    rates = sorted(set(history.learning_rate.values))
    for m in range(history.sizes["model"]):
        colour = PALETTE[rates.index(float(history.learning_rate[m]))]
        style = {"linestyle": (0, (2, 1)), "alpha": 0.9} if trapped[m] else {"alpha": 0.8}
        for ax, name in zip(column, ROWS, strict=True):
            values = history[name].values[m]
            if name in SMALLEST:
                values = np.maximum(values, SMALLEST[name])
            ax.plot(history.iteration, values, color=colour, linewidth=0.8, **style)


def legend(history):
    rates = sorted(set(history.learning_rate.values))
    lines = [
        Line2D([], [], color=colour, label=f"learning rate {rate:g}")
        for rate, colour in zip(rates, PALETTE, strict=False)
    ]
    dashed = Line2D([], [], color="0.3", linestyle=(0, (2, 1)), label="trapped: ends reversible")
    return [*lines, dashed]


if __name__ == "__main__":
    run_step(main)
