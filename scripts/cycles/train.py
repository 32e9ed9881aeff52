"""Train a population of models with one number of latent states as a single batch.

Inputs: ``data``, the store of binary images.
Outputs: ``weights``, all parameters; ``history``, a store of what was recorded on the way.
Params: ``training``, the settings of :class:`triptych.cycles.train.Training`; ``learning_rates``
and ``seeds``, of which every pair is one model.
"""

from itertools import product

import torch

from triptych.cycles.binary_images import flat_images
from triptych.cycles.train import Training, train
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store, write_weights


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    images = torch.from_numpy(flat_images(data, held_out=False))
    held_out = torch.from_numpy(flat_images(data, held_out=True))
    rates, seeds = zip(*product(params.learning_rates, params.seeds), strict=True)
    settings = Training(**params.training)
    log.info("%d models with %d latent states", len(seeds), settings.states)
    population, history = train(images, held_out, rates, seeds, settings, log.monitor("train"))
    write_weights(population.tensors(), outputs.weights)
    write_store(history, outputs.history)


if __name__ == "__main__":
    run_step(main)
