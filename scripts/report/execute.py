"""Execute a paper's notebook on the results of a scale, and render it as HTML.

Inputs: ``notebook``, the template; ``figures``, ``results``, the stores, and ``measured``, the
paper's claims measured: it reads these and nothing else; ``template`` and ``style`` of the page.
Outputs: ``notebook``, the executed copy; ``html``.
Params: ``paper``; ``captions`` of its figures; ``of_record``, which published run is shown in place
of one of this folder, or nothing; the notebook's parameters ``claims`` and ``findings``, the
paper's part of the registry; ``notebook_code``, the digest of what the notebook imports, which only
says when to run again. Its parameter ``scale`` is read off where the page lies.
"""

import papermill
from markupsafe import Markup
from nbconvert import HTMLExporter

from triptych.config.papers import PAPERS
from triptych.reports.pages import render_page
from triptych.runtime.step import run_step
from triptych.runtime.store import atomic, write_text


def main(inputs, outputs, params, log):
    pictures = sorted(path for path in inputs.figures if path.suffix == ".png")
    parameters = {
        "scale": outputs.html.parents[1].name,
        "stores": [str(path) for path in inputs.results],
        "measured": str(inputs.measured),
        "figures": {str(path): params.captions[path.stem] for path in pictures},
        "claims": params.claims,
        "findings": params.findings,
    }
    with atomic(outputs.notebook) as sibling:
        papermill.execute_notebook(
            str(inputs.notebook),
            str(sibling),
            parameters,
            progress_bar=False,
            log_output=False,
            # It warns that what it says passes a local port, where nothing is secret, and may call
            # the interrupt that ends it an error. What fails in a cell is raised here.
            extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
        )
        log.info("executed %s with %d figures", inputs.notebook, len(pictures))
        # The basic template is the body alone: the full ones load scripts from a network.
        exporter = HTMLExporter(exclude_input=True, template_name="basic")
        body, _ = exporter.from_filename(str(sibling))
    page = render_page(
        inputs.template,
        inputs.style,
        title=PAPERS[params.paper].short,
        of_record=params.of_record,
        body=Markup(body),
    )
    write_text(page, outputs.html)


if __name__ == "__main__":
    run_step(main)
