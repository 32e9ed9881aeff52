"""Train random forests on fingerprints, a task each, and predict validation and test molecules.

Inputs: ``molecules``, ``split``.
Outputs: ``predictions``.
Params: ``fingerprint`` (radius, bits), ``forest`` (trees, min_leaf), ``seed``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store
from triptych.toxicity.fingerprints import Fingerprint
from triptych.toxicity.forest import Forest, fit_forest


def main(inputs, outputs, params, log):
    predictions = fit_forest(
        read_store(inputs.molecules),
        read_store(inputs.split),
        Fingerprint(**params.fingerprint),
        Forest(**params.forest),
        params.seed,
        log.monitor("tasks"),
    )
    log.info("%d molecules, %d tasks", predictions.sizes["molecule"], predictions.sizes["task"])
    write_store(predictions, outputs.predictions)


if __name__ == "__main__":
    run_step(main)
