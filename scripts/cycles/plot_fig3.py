"""Divergence of the generated classes from the data's, against entropy production.

Inputs: ``evaluations`` (free and tied), ``classifier``. Outputs: ``pdf``, ``png``.
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
    judge = read_store(inputs.classifier).attrs
    sizes = sorted(models.states.unique())
    figure = new_figure(PAGE_IN, 2.7)
    axes = figure.subplots(1, len(sizes), sharex=True, sharey=True, squeeze=False)[0]
    for ax, states, letter in zip(axes, sizes, "abcdefgh", strict=False):
        points = against_sigma(ax, models[models.states == states], "kl_classes")
        reference_line(ax, judge["kl_of_real_digits"], "real digits, same classifier", ":")
        ax.set(title=f"K = {states}", xlabel="entropy production σ (nats / step)", yscale="log")
        panel_letter(ax, letter)
    axes[0].set_ylabel("KL(data‖model) of classes (nats)")
    figure.colorbar(points, ax=axes, label="self-transition probability", pad=0.01)
    free = models[~models.tied]
    ranks = rank_correlation(
        free.entropy_production.values, free.kl_classes.values, free.states.values
    )
    text = (
        f"Spearman ρ = {ranks.value:.2f} [{ranks.low:.2f}, {ranks.high:.2f}], "
        f"{ranks.models} models; classifier accuracy {judge['accuracy']:.3f}; bold rim: trapped"
    )
    log.info("KL against σ: %s", text)
    figure.suptitle(text, fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


if __name__ == "__main__":
    run_step(main)
