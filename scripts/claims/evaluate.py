"""Evaluate the measured claims.

Inputs: ``measured``, one file a paper that was run.
Outputs: ``claims``, JSON, with the findings. Params: ``claims`` and ``findings``, pairs of a name
and its claim or finding in the order of the registry; ``scale``.
"""

from triptych.claims.evaluate import by_kind, evaluate
from triptych.claims.measure import read_json, write_json
from triptych.claims.registry import Claim, Finding
from triptych.claims.render import totals
from triptych.runtime.step import run_step


def main(inputs, outputs, params, log):
    measured = {}
    for path in inputs.measured:
        measured |= read_json(path)
    entries = {name: Claim.model_validate(claim) for name, claim in params.claims}
    entries |= {name: Finding.model_validate(finding) for name, finding in params.findings}
    rows = evaluate(entries, measured, params.scale)
    claims, _ = by_kind(rows)
    log.info("%s", totals(claims))
    write_json(rows, outputs.claims)


if __name__ == "__main__":
    run_step(main)
