"""Divergence of the generated classes from the data's, against entropy production.

Inputs: ``evaluations`` (free and tied), ``classifier``. Outputs: ``pdf``, ``png``.
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
    classifier = read_store(inputs.classifier).attrs
    figure = new_figure(PAGE_IN, 2.7)
    panels = panels_by_states(figure, models, "kl_classes")
    for ax in panels.values():
        reference_line(ax, classifier["kl_of_real_digits"], "real digits, same classifier", ":")
        ax.set_yscale("log")
    next(iter(panels.values())).set_ylabel("KL(data‖model) of classes (nats)")
    ranks = correlation_with_entropy_production(models, "kl_classes")
    log.info("KL against σ: %s", ranks)
    notes = f"classifier accuracy {classifier['accuracy']:.3f}; bold rim: trapped; ×: tied"
    figure.suptitle(f"{ranks}; {notes}", fontsize=7)
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


if __name__ == "__main__":
    run_step(main)
