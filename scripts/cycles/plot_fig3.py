"""KL of generated classes against entropy production: within one rate, and at the selected rate.

Row a holds one learning rate at which models of both kinds may occur. A white dot marks a collapsed
model, of fewer than three effective states: where most that hardly produce entropy have one, a
difference is one of occupied and collapsed models. In the grey strip models with σ ≤ 10⁻⁴ stand
side by side. The interval of a difference of medians is of 95 %, over models.

Inputs: ``evaluations`` (free and tied), ``variants``, ``classifier``. Outputs: ``pdf``, ``png``.
Params: ``stamp``.
"""

from matplotlib.ticker import NullFormatter

from triptych.cycles.plotting import draw_tied, kind_legend, panels_by_design
from triptych.cycles.tables import table
from triptych.figures.axes import reference_line
from triptych.figures.save import save_figure
from triptych.figures.style import PAGE_IN, new_figure
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store

QUANTITY = "kl_classes"


def main(inputs, outputs, params, log):
    evaluations = [read_store(path) for path in [*inputs.evaluations, *inputs.variants]]
    models = table(evaluations)
    classifier = read_store(inputs.classifier).attrs
    figure = new_figure(PAGE_IN, 4.6)
    panels = panels_by_design(figure, models, QUANTITY, "KL(data‖model)\nof classes (nats)")
    draw_tied(panels, evaluations, QUANTITY)
    for ax in panels.values():
        reference_line(ax, classifier["kl_of_real_digits"], "real digits", ":", left=True)
        ax.set_yscale("log")
        ax.margins(y=0.12)  # room for the names of the lines
        ax.yaxis.set_minor_formatter(NullFormatter())
    figure.suptitle(
        f"classifier accuracy {classifier['accuracy']:.3f} on held-out real digits", fontsize=7
    )
    handles = kind_legend(models, evaluations[0].attrs)
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    save_figure(figure, outputs.pdf, outputs.png, params.stamp)


if __name__ == "__main__":
    run_step(main)
