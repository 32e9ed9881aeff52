"""Held-out log-likelihood against entropy production: within one rate, and at the selected rate.

Row a holds one learning rate at which models of both kinds may occur. A white dot marks a collapsed
model, of fewer than three effective states: where most that hardly produce entropy have one, a
difference is one of occupied and collapsed models. In the grey strip models with σ ≤ 10⁻⁴ stand
side by side. The interval of a difference of medians is of 95 %, over models. The RBM's likelihood
is an estimate by annealed importance sampling.

Inputs: ``evaluations`` (free and tied), ``variants``, ``mixture``, ``rbms``.
Outputs: ``pdf``, ``png``. Params: ``stamp``.
"""

from triptych.claims.measured import Unavailable
from triptych.cycles.design import SELECTED
from triptych.cycles.plotting import draw_tied, kind_legend, panels_by_design
from triptych.cycles.resampling import rank_correlation
from triptych.cycles.tables import table
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

QUANTITY = "log_likelihood_held_out"


def main(inputs, outputs, params, log):
    evaluations = [read_store(path) for path in [*inputs.evaluations, *inputs.variants]]
    models = table(evaluations)
    figure = new_figure(PAGE_IN, 4.6)
    panels = panels_by_design(figure, models, QUANTITY, "held-out log-likelihood\n(nats / image)")
    draw_references(panels, inputs)
    draw_tied(panels, evaluations, QUANTITY)
    figure.suptitle(
        "likelihood and σ at the selected rate (b), ranked within each K: "
        f"{correlation_text(models[models.design == SELECTED])}",
        fontsize=7,
    )
    handles = kind_legend(models, evaluations[0].attrs)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


def correlation_text(models):
    """Return Spearman's coefficient of likelihood with σ, in figures."""
    columns = (models[name].to_numpy() for name in ("entropy_production", QUANTITY, "states"))
    try:
        ranks = rank_correlation(*columns)
    except Unavailable as too_few:
        return str(too_few)
    interval = f"[{ranks.low:.2f}, {ranks.high:.2f}]"
    text = f"Spearman ρ = {ranks.value:.2f} {interval}, {ranks.basis}"
    return text.replace("-", "−")  # a minus as on the axes


def draw_references(panels, inputs):
    """Draw what other models reach beside those at the selected rate."""
    mixture = read_store(inputs.mixture)[QUANTITY]
    rbms = {int(rbm.states): float(rbm[QUANTITY]) for rbm in map(read_store, inputs.rbms)}
    for (design, states), ax in panels.items():
        if design == SELECTED:
            reference_line(ax, float(mixture.sel(states=states)), "EM mixture", ":", left=True)
            reference_line(ax, rbms[states], "Bernoulli RBM", left=True)
        ax.margins(y=0.1)  # room for the names of the lines


if __name__ == "__main__":
    run_step(main)
