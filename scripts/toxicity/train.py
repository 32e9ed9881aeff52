"""Train one kind of model on one dataset, and predict its validation and test molecules.

Inputs: ``molecules``, ``split``, ``tokens``, ``backbone``.
Outputs: ``predictions``, with masks or attributions over atoms; ``weights``; ``history``.
Params: ``kind`` (stl, mtl, attention, sparse); ``mask``, its form, and ``penalty``, null without
masks; ``seed``; ``training`` (epochs, batch_size, encoder_rate, head_rate, warmup, clip, decay,
dropout, hidden, bfloat16); ``backbone`` (name, n_layers, pretrained); ``device``; ``attribute``,
whether an mtl model is asked for gradient × input and integrated gradients.
"""

import time

from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store, write_weights
from triptych.toxicity.fitting import fit_each_task, fit_together, recipe_of, split_data
from triptych.toxicity.names import MASKED, STL
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    device = choose_device(params.device)
    recipe = recipe_of(vars(params), inputs.backbone, device)
    stores = (read_store(path) for path in (inputs.molecules, inputs.split, inputs.tokens))
    data = split_data(*stores)
    started = time.process_time()
    fit = fit_each_task if params.kind == STL else fit_together
    fitted = fit(recipe, data, log.monitor)
    seconds = time.process_time() - started
    log.info("%.0f CPU seconds, %d parameters", seconds, fitted.parameters)
    attrs = {
        "kind": params.kind,
        "backbone": params.backbone["name"],
        "mask": params.mask if params.kind in MASKED else "",
        "penalty": recipe.stated_penalty,
        "run_seed": params.seed,
        "parameters": fitted.parameters,
        "epochs": recipe.training.epochs,
    }
    write_weights(fitted.weights, outputs.weights)
    # The time stays in the log: two equal runs have equal stores.
    write_store(fitted.history.assign_attrs(attrs), outputs.history)
    write_store(fitted.predictions.assign_attrs(attrs), outputs.predictions)


if __name__ == "__main__":
    run_step(main)
