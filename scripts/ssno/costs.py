"""Write what every model's training cost, beside what its search did, as a table.

Inputs: ``scores`` and ``searches``, a store a system, in the same order. Outputs: ``table``, CSV.
"""

import pandas as pd

from triptych.runtime.step import run_step
from triptych.runtime.store import atomic, read_store
from triptych.ssno.tables import search_costs, training_costs


def main(inputs, outputs, params, log):
    tables = {}
    for path, search in zip(inputs.scores, inputs.searches, strict=True):
        scores = read_store(path)
        costs = training_costs(scores)
        tables[scores.attrs["system"]] = costs.join(search_costs(read_store(search)))
    table = pd.concat(tables, names=["system", "model"])
    log.info("\n%s", table.to_string())
    with atomic(outputs.table) as sibling:
        table.to_csv(sibling, float_format="%.6g")


if __name__ == "__main__":
    run_step(main)
