"""Compare truncated gradients with the exact one, on small models exactly and on large by sampling.

The small models are trained on coarse images, few enough pixels to enumerate all images; they are
compared at several lengths of their training. The large ones are the trained populations.
Inputs: ``data``; ``weights`` and ``evaluations`` of the free populations, in the same order.
Outputs: ``exact`` and ``sampled``, two stores.
Params: ``truncation``, the configuration's section; ``training``, as for the populations.
"""

from dataclasses import replace

import torch
import xarray as xr

from triptych.cycles.binary_images import coarsen, flat_images
from triptych.cycles.design import PAPER_STEPS, Run
from triptych.cycles.model import Population
from triptych.cycles.train import Training, train
from triptych.cycles.truncation import exact_cosines, sampled_cosines
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, read_weights, write_store


def main(inputs, outputs, params, log):
    data, settings = read_store(inputs.data), params.truncation
    write_store(small_models(data, settings, Training(**params.training), log), outputs.exact)

    images = torch.from_numpy(flat_images(data, held_out=False))
    by_states = []
    for weights, path in zip(inputs.weights, inputs.evaluations, strict=True):
        evaluation = read_store(path)
        cosines = sampled_cosines(
            Population.from_tensors(read_weights(weights)),
            images,
            settings["steps"],
            settings["draws"],
            settings["chains"],
            settings["replicates"],
            evaluation.seed.values.tolist(),
        )
        by_states.append(cosines.merge(evaluation[["collapsed"]]))
        log.info("compared the models of %s", weights)
    write_store(xr.concat(by_states, dim="model"), outputs.sampled)


def small_models(data, settings, training, log):
    """Train enumerable models for several lengths and compare their gradients."""
    coarse = coarsen(data.images.values, settings["side"], data.held_out.values)
    images = torch.from_numpy(coarse.reshape(len(coarse), -1)).double()
    held_out = torch.from_numpy(data.held_out.values)
    seeds = settings["seeds"]
    runs = [Run("enumerable", settings["learning_rate"], seed, PAPER_STEPS) for seed in seeds]
    by_length = []
    for iterations in settings["iterations"]:
        shorter = replace(training, iterations=iterations, record_every=iterations)
        population, _ = train(images[~held_out], images[held_out], runs, shorter)
        by_length.append(exact_cosines(population, images[~held_out], settings["steps"]))
        log.info("small models after %d iterations", iterations)
    lengths = xr.DataArray(settings["iterations"], dims="iterations", name="iterations")
    return xr.concat(by_length, dim=lengths).assign_coords(seed=("model", seeds))


if __name__ == "__main__":
    run_step(main)
