"""Measure how fast the images of each model's chain forget.

Inputs: ``weights``, ``evaluation`` (stationary states, and which model is which).
Outputs: ``mixing``, a store by model.
Params: ``chains``, ``steps``, ``seed``.
"""

import xarray as xr

from triptych.cycles.mixing import measure
from triptych.cycles.model import Population
from triptych.cycles.walk import simulate, stationary_starts
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store, read_weights, write_store


def main(inputs, outputs, params, log):
    population = Population.from_tensors(read_weights(inputs.weights))
    evaluation = read_store(inputs.evaluation)
    monitor = log.monitor("mixing")
    rows = []
    for m in range(population.models):
        starts = stationary_starts(evaluation.pi.values[m], params.chains)
        model = population.select(slice(m, m + 1))
        _, images = simulate(model, starts, params.steps, params.seed)
        rows.append(measure(images.numpy()))
        monitor.report(m + 1, population.models, time=rows[-1].time)
    step = {"units": "chain step"}
    dataset = xr.Dataset(
        {
            "mixing_time": ("model", [row.time for row in rows], step),
            "mixing_time_error": ("model", [row.error for row in rows], step),
            "mixing_resolved": ("model", [row.resolved for row in rows]),
        },
        {name: evaluation[name] for name in ("learning_rate", "seed", "states")},
    )
    write_store(dataset, outputs.mixing)


if __name__ == "__main__":
    run_step(main)
