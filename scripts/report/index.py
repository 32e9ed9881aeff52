"""Write the page that all of a scale is reached from.

Inputs: ``template`` and ``style`` of the page; ``claims``, evaluated, with the findings;
``figures``, PNG; ``reports``, HTML: the page links to these by their places. Outputs: ``html``.
Params: ``scale``; ``captions`` of the figures; ``of_record``, by paper which published run is shown
in place of one of this folder. The jobs' times are in the folder above the page's.
"""

from triptych.claims.evaluate import by_kind
from triptych.claims.measure import read_json
from triptych.claims.render import CLAIM_HEADINGS, FINDING_HEADINGS, cells, totals
from triptych.config.papers import PAPERS
from triptych.figures.names import number, order
from triptych.reports import costs
from triptych.reports.captions import first_sentence
from triptych.reports.index import made_with
from triptych.reports.pages import render_page
from triptych.runtime.step import run_step
from triptych.runtime.store import write_text


def main(inputs, outputs, params, log):
    claims, findings = by_kind(read_json(inputs.claims))
    jobs = costs.measured_jobs(outputs.html.parents[1])
    table = costs.as_cells(costs.by_kind(jobs))
    page = render_page(
        inputs.template,
        inputs.style,
        title=f"Triptych, {params.scale} scale",
        totals=totals(claims),
        claim_headings=CLAIM_HEADINGS,
        claims=claims,
        finding_headings=FINDING_HEADINGS,
        findings=findings,
        cells=cells,
        papers=PAPERS,
        reports=[path.stem for path in inputs.reports],
        figures=sorted((path.stem for path in inputs.figures), key=order),
        captions=params.captions,
        first_sentence=first_sentence,
        number=number,
        made=made_with(inputs.figures),
        cost_headings=list(table.columns),
        costs=table.to_numpy().tolist(),
        cost_notes=costs.notes(jobs),
        toy=params.scale == "smoke",
        of_record=params.of_record,
    )
    write_text(page, outputs.html)


if __name__ == "__main__":
    run_step(main)
