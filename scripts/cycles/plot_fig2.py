"""Final log-likelihood of every model against its entropy production.

Inputs: ``evaluations`` (free and tied), ``mixture``, ``rbms``. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from triptych.cycles.compare import rank_correlation, table
from triptych.cycles.panels import against_sigma
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure, panel_letter
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store


def main(inputs, outputs, params, log):
    models = table([read_store(path) for path in inputs.evaluations])
    mixture = read_store(inputs.mixture)
    rbms = {int(rbm.states): rbm for rbm in map(read_store, inputs.rbms)}
    sizes = sorted(models.states.unique())
    figure = new_figure(PAGE_IN, 2.7)
    axes = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    for ax, states, letter in zip(axes, sizes, "abcdefgh", strict=False):
        points = against_sigma(ax, models[models.states == states], "log_likelihood")
        best = float(mixture.log_likelihood.sel(states=states))
        reference_line(ax, best, "EM mixture", ":", left=True)
        reference_line(ax, float(rbms[states].log_likelihood), "Bernoulli RBM", left=True)
        ax.set(title=f"K = {states}", xlabel="entropy production σ (nats / step)")
        panel_letter(ax, letter)
    axes[0].set_ylabel("log-likelihood (nats / image)")
    axes[0].set_ylim(top=max(float(rbm.log_likelihood) for rbm in rbms.values()) + 8)
    figure.colorbar(points, ax=axes, label="self-transition probability", pad=0.01)
    free = models[~models.tied]
    ranks = rank_correlation(
        free.entropy_production.values, free.log_likelihood.values, free.states.values
    )
    text = (
        f"Spearman ρ = {ranks.value:.2f} [{ranks.low:.2f}, {ranks.high:.2f}], "
        f"{ranks.models} models; bold rim: trapped; ×: tied, detailed balance"
    )
    log.info("log-likelihood against σ: %s", text)
    figure.suptitle(text, fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


if __name__ == "__main__":
    run_step(main)
