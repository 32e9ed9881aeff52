"""Show one model's latent graph: its states' mean images, its currents, walks along its cycles.

The model is the best on training images that is not trapped. Inputs: ``data``, ``weights``,
``evaluation``. Outputs: ``walk``, a store. Params: ``cycles``, ``steps``, ``samples``, ``seed``.
"""

import torch
import xarray as xr

from triptych.cycles.choose import best_model
from triptych.cycles.model import Population
from triptych.cycles.walk import follow, simulate, stationary_starts
from triptych.workflow.step import run_step
from triptych.workflow.store import read_store, read_weights, write_store

KEPT = (
    "pi",
    "transitions",
    "flux",
    "current",
    "entropy_production",
    "self_transition",
    "log_likelihood",
    "cycle_states",
    "cycle_flux",
    "cycle_affinity",
    "class_given_state",
)


def main(inputs, outputs, params, log):
    evaluation = read_store(inputs.evaluation)
    height, width = read_store(inputs.data).images.shape[1:]
    chosen = best_model(evaluation)
    population = Population.from_tensors(read_weights(inputs.weights))
    model = population.select(slice(chosen, chosen + 1))
    described = evaluation[list(KEPT)].isel(model=chosen, cycle=slice(params.cycles))
    log.info("model %d: learning rate %g", chosen, float(described.learning_rate))

    starts = stationary_starts(described.pi.values, params.samples)
    states, images = simulate(model, starts, params.steps, params.seed)
    shape = (height, width)
    means = torch.sigmoid(model.fields)[0].numpy().reshape(-1, *shape)
    dataset = described.assign(
        mean_image=(("state", "y", "x"), means),
        sample=(("sample", "y", "x"), images[:, 0].numpy().reshape(-1, *shape)),
        walk_state=("step", states[0].numpy()),
        walk_image=(("step", "y", "x"), images[0].numpy().reshape(-1, *shape)),
    )
    along = [images_along(model, row, height, params.seed) for row in described.cycle_states.values]
    write_store(xr.merge([dataset, xr.concat(along, dim="cycle")]), outputs.walk)


def images_along(model, row, height, seed):
    """Draw one image for each state of a cycle; positions behind its end are empty."""
    states = tuple(int(state) for state in row if state >= 0)
    drawn = follow(model, states, height, seed).rename(step="position")[["sample"]]
    padded = drawn.drop_vars("state").rename(sample="cycle_sample")
    return padded.pad(position=(0, len(row) - len(states)), constant_values=0)


if __name__ == "__main__":
    run_step(main)
