"""Train a population of models with one number of latent states as a single batch.

Inputs: ``data``, the store of binary images; ``rates``, what the search chose (left out for runs
that name no learning rate of it).
Outputs: ``weights``, all parameters; ``history``, a store of what was recorded on the way.
Params: ``training``, the settings of :class:`triptych.cycles.train.Training`; ``runs``, the fields
of :class:`triptych.cycles.design.Run` for each model.
"""

import torch

from triptych.cycles.binary_images import flat_images
from triptych.cycles.design import CONTRAST_RATE, SELECTED_RATE, Run, with_rates
from triptych.cycles.train import Training, train
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store, write_weights


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    images = torch.from_numpy(flat_images(data, held_out=False))
    held_out = torch.from_numpy(flat_images(data, held_out=True))
    runs = [Run(**run) for run in params.runs]
    if hasattr(inputs, "rates"):
        rates = read_store(inputs.rates)
        names = (SELECTED_RATE, CONTRAST_RATE)
        runs = with_rates(runs, {name: float(rates[name]) for name in names})
    settings = Training(**params.training)
    log.info("%d models with %d latent states", len(runs), settings.states)
    population, history = train(images, held_out, runs, settings, log.monitor("train"))
    write_weights(population.tensors(), outputs.weights)
    write_store(history, outputs.history)


if __name__ == "__main__":
    run_step(main)
