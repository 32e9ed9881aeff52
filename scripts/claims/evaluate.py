"""Evaluate the measured claims.

Inputs: ``measured``, one file a paper that was run; ``template`` and ``style`` of the page.
Outputs: ``claims``, JSON; ``html``, a page with the findings, too; ``pdf`` and ``png``, a picture
of the claims.
Params: ``claims`` and ``findings``, pairs of a name and its claim or finding in the order of the
registry; ``scale``.
"""

from triptych.claims.evaluate import collect, evaluate
from triptych.claims.measure import read_json, write_json
from triptych.claims.picture import draw_claims
from triptych.claims.registry import Claim, Finding
from triptych.claims.render import FINDING_HEADINGS, HEADINGS, cells, finding_cells, totals
from triptych.config.papers import PAPERS
from triptych.figures.save import save_figure
from triptych.reports.pages import render_page
from triptych.runtime.step import run_step
from triptych.runtime.store import atomic


def main(inputs, outputs, params, log):
    measured = {}
    for path in inputs.measured:
        measured |= read_json(path)
    claims = {name: Claim.model_validate(claim) for name, claim in params.claims}
    rows = evaluate(claims, measured, params.scale)
    log.info("%s", totals(rows))
    write_json(rows, outputs.claims)
    findings = {name: Finding.model_validate(finding) for name, finding in params.findings}
    page = render_page(
        inputs.template,
        inputs.style,
        title=f"Claims, {params.scale} scale",
        totals=totals(rows),
        papers=PAPERS,
        rows=rows,
        headings=HEADINGS,
        cells=cells,
        findings=collect(findings, measured),
        finding_headings=FINDING_HEADINGS,
        finding_cells=finding_cells,
    )
    with atomic(outputs.html) as sibling:
        sibling.write_text(page)
    stamp = "smoke" if params.scale == "smoke" else None
    save_figure(draw_claims(rows), outputs.pdf, outputs.png, stamp)


if __name__ == "__main__":
    run_step(main)
