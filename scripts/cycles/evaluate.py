"""Measure a trained population: thermodynamics, likelihood, classes, mixing and cycles.

Inputs: ``data``, ``classifier``, ``weights``, ``history`` (which model is which).
Outputs: ``evaluation``, a store with one entry a model.
Params: ``evaluation``, the settings of :class:`triptych.cycles.evaluate.Evaluation`.
"""

from triptych.cycles.evaluate import Evaluation, evaluate
from triptych.cycles.model import Population
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, read_weights, write_store


def main(inputs, outputs, params, log):
    history = read_store(inputs.history)
    evaluation = evaluate(
        Population.from_tensors(read_weights(inputs.weights)),
        {
            name: coordinate
            for name, coordinate in history.coords.items()
            if coordinate.dims == ("model",)
        },
        read_store(inputs.data),
        read_store(inputs.classifier),
        Evaluation(**params.evaluation),
        log.monitor("evaluate"),
    )
    evaluation.attrs["iterations"] = int(history.iteration[-1])
    write_store(evaluation, outputs.evaluation)


if __name__ == "__main__":
    run_step(main)
