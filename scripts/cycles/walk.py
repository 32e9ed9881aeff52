"""Show one model's latent graph: means of its states, currents, images along its cycles, a walk.

The model is the best on training images that is not collapsed. Inputs: ``data``, ``weights``,
``evaluation``. Outputs: ``walk``, a store. Params: ``cycles``, ``steps``, ``samples``, ``seed``.
"""

import torch

from triptych.cycles.choose import best_model
from triptych.cycles.model import Population
from triptych.cycles.walk import draw_along_cycles, simulate, stationary_starts
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, read_weights, write_store

QUANTITIES = (
    "pi",
    "current",
    "entropy_production",
    "self_transition",
    "cycle_states",
    "cycle_flux",
    "cycle_affinity",
)


def main(inputs, outputs, params, log):
    evaluation = read_store(inputs.evaluation)
    shape = read_store(inputs.data).images.shape[1:]
    best = best_model(evaluation)
    population = Population.from_tensors(read_weights(inputs.weights))
    model = population.model(best)
    selected = evaluation[list(QUANTITIES)].isel(model=best, cycle=slice(params.cycles))
    log.info("model %d: learning rate %g", best, float(selected.learning_rate))

    starts = stationary_starts(selected.pi.values, params.samples)
    states, images = simulate(model, starts, params.steps, params.seed)
    cycle_images = draw_along_cycles(model, selected.cycle_states.values, params.seed).numpy()
    means = torch.sigmoid(model.fields)[0].numpy().reshape(-1, *shape)
    dataset = selected.assign(
        mean_image=(("state", "y", "x"), means),
        sample=(("sample", "y", "x"), images[:, 0].numpy().reshape(-1, *shape)),
        walk_state=("step", states[0].numpy()),
        walk_image=(("step", "y", "x"), images[0].numpy().reshape(-1, *shape)),
        cycle_sample=(
            ("cycle", "position", "y", "x"),
            cycle_images.reshape(*cycle_images.shape[:2], *shape),
        ),
    )
    write_store(dataset, outputs.walk)


if __name__ == "__main__":
    run_step(main)
