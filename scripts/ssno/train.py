"""Train one model on the first trajectories of a system, as the search selected it.

Inputs: ``train`` and ``val``, stores of frames; ``candidates``, the records of the search among
which the settings are selected. Outputs: ``weights``; ``history``, a store of the losses, with what
was selected, what it took and the number of parameters.
Params: ``system``, ``settings`` (``grid`` and ``training`` of the configuration, ``models`` with
their iterations and sizes), ``variant`` of the SSNO, ``trajectories``, ``seed``, ``device``.
"""

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, write_store, write_weights
from triptych.ssno.adapt import adapt
from triptych.ssno.recipe import Data, Recipe, fit, training_spec
from triptych.ssno.search import gathered, selected
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    settings = params.settings
    system = adapt(params.system, settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    candidates = gathered([read_store(path) for path in inputs.candidates])
    chosen = selected(candidates, list(settings["models"]))
    model = settings["models"][chosen["model"]]
    recipe = Recipe(**chosen, variant=params.variant, sizes=model["sizes"])
    log.info("selected on validation: %s", chosen)
    data = Data.of(
        system, open_store(inputs.train), open_store(inputs.val), params.trajectories, device
    )
    training = settings["training"]
    iterations = recipe.iterations(model["iterations"], training)
    spec = training_spec(training, iterations, recipe.learning_rate)
    monitor = log.monitor("train")
    trained = fit(recipe, system, data, spec, seed=params.seed, device=device, monitor=monitor)
    log.info("best on validation: %.4g", trained.best)
    log.info("%.0f CPU seconds in all, %d restarts", trained.cpu_seconds, trained.restarts)
    if trained.restarts > spec.restarts:
        log.warning("ended early: the loss diverged %d times", trained.restarts)
    write_weights(trained.weights, outputs.weights)
    write_store(trained.history, outputs.history)


if __name__ == "__main__":
    run_step(main)
