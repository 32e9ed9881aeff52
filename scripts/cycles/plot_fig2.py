"""Final log-likelihood of every model against its entropy production.

Inputs: ``evaluations`` (free and tied), ``mixture``, ``rbms``. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from triptych.cycles.compare import correlation_with_entropy_production, table
from triptych.cycles.plotting import panels_by_states
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store


def main(inputs, outputs, params, log):
    models = table([read_store(path) for path in inputs.evaluations])
    mixture = read_store(inputs.mixture)
    rbms = {int(rbm.states): rbm for rbm in map(read_store, inputs.rbms)}
    figure = new_figure(PAGE_IN, 2.7)
    panels = panels_by_states(figure, models, "log_likelihood")
    for states, ax in panels.items():
        best = float(mixture.log_likelihood.sel(states=states))
        reference_line(ax, best, "EM mixture", ":", left=True)
        reference_line(ax, float(rbms[states].log_likelihood), "Bernoulli RBM", left=True)
    first = next(iter(panels.values()))
    first.set_ylabel("log-likelihood (nats / image)")
    first.set_ylim(top=max(float(rbm.log_likelihood) for rbm in rbms.values()) + 8)
    ranks = correlation_with_entropy_production(models, "log_likelihood")
    log.info("log-likelihood against σ: %s", ranks)
    figure.suptitle(f"{ranks}; bold rim: trapped; ×: tied, detailed balance", fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


if __name__ == "__main__":
    run_step(main)
