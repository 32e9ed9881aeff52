"""Train a Bernoulli RBM with as many parameters as a model of K states, and measure it.

Inputs: ``data``. Outputs: ``rbm``, a store: likelihood by annealed importance sampling, mixing of
its images, and samples.
Params: ``states`` (K); ``training`` and ``evaluation``, the settings of
:func:`triptych.cycles.rbm.train` (less ``hidden``) and
:func:`triptych.cycles.rbm_evaluate.evaluate`.
"""

import torch

from triptych.cycles.binary_images import flat_images
from triptych.cycles.rbm import comparable_hidden, train
from triptych.cycles.rbm_evaluate import evaluate
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    images = torch.from_numpy(flat_images(data, held_out=False))
    held_out = torch.from_numpy(flat_images(data, held_out=True))
    hidden = comparable_hidden(params.states, images.shape[1])
    log.info("%d hidden units, for %d latent states", hidden, params.states)
    rbm = train(images, hidden=hidden, **params.training, monitor=log.monitor("train"))
    dataset = evaluate(rbm, images, held_out, **params.evaluation)
    write_store(dataset.assign_coords(states=params.states), outputs.rbm)


if __name__ == "__main__":
    run_step(main)
