"""Execute a paper's notebook on the results of a scale, and render it as HTML.

Inputs: ``notebook``, the template; ``results``, the stores and figures that it reads; ``measured``,
its claims measured. Outputs: ``notebook``, the executed copy; ``html``.
Params: ``paper``; the notebook's parameters ``scale``, ``results`` (the folder of all results) and
``claims``, the paper's part of the ledger.
"""

import papermill
from nbconvert import HTMLExporter

from triptych.workflow.step import run_step
from triptych.workflow.store import atomic


def main(inputs, outputs, params, log):
    figures = sorted(str(path) for path in inputs.results if path.suffix == ".png")
    parameters = {
        "scale": params.scale,
        "results": params.results,
        "figures": figures,
        "claims": params.claims,
    }
    with atomic(outputs.notebook) as sibling:
        papermill.execute_notebook(
            str(inputs.notebook), str(sibling), parameters, progress_bar=False, log_output=False
        )
        log.info("executed %s with %d figures", inputs.notebook, len(figures))
        html, _ = HTMLExporter(exclude_input=True).from_filename(str(sibling))
    with atomic(outputs.html) as sibling:
        sibling.write_text(html)


if __name__ == "__main__":
    run_step(main)
