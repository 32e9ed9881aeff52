"""Measure the claims of paper 2.

Inputs: ``free``, ``variants``, ``tied`` and ``rbms``, a store a number of states; ``mixture``;
``truncation``.
Outputs: ``measured``, JSON. Params: ``claims``: quantity and arguments of each claim and finding.
"""

from triptych.claims.measure import measure, write_json
from triptych.cycles.claims import QUANTITIES, Results
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store


def main(inputs, outputs, params, log):
    stores = [
        [read_store(path) for path in paths]
        for paths in (inputs.free, inputs.variants, inputs.tied, inputs.rbms)
    ]
    results = Results(*stores, read_store(inputs.mixture), read_store(inputs.truncation))
    write_json(measure(params.claims, QUANTITIES, results), outputs.measured)


if __name__ == "__main__":
    run_step(main)
