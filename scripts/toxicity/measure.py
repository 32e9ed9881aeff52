"""Measure the claims of paper 3.

Inputs: ``scores``, a store a dataset; ``replicates``, predictions of sparse runs from two seeds.
Outputs: ``measured``, JSON. Params: ``claims``: quantity and arguments of each.
"""

from triptych.claims.measure import measure, write_json
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store
from triptych.toxicity.claims import QUANTITIES, Results


def main(inputs, outputs, params, log):
    results = Results(
        [read_store(path) for path in inputs.scores],
        [read_store(path) for path in inputs.replicates],
    )
    write_json(measure(params.claims, QUANTITIES, results), outputs.measured)


if __name__ == "__main__":
    run_step(main)
