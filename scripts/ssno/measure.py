"""Measure the claims of paper 1.

Inputs: ``scores`` and ``symbols``, a store a system; ``steps``. Outputs: ``measured``, JSON.
Params: ``claims``: quantity and arguments of each.
"""

from triptych.claims.measure import measure, write_json
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.ssno.claims import QUANTITIES, Results


def main(inputs, outputs, params, log):
    results = Results(
        [read_store(path) for path in inputs.scores],
        [read_store(path) for path in inputs.symbols],
        read_store(inputs.steps),
    )
    write_json(measure(params.claims, QUANTITIES, results), outputs.measured)


if __name__ == "__main__":
    run_step(main)
