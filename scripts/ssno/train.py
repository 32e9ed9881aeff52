"""Train one model on the first trajectories of a system, as the search selected it.

What is tried where it fails is said in :func:`triptych.ssno.recipe.train_until_good`.

Inputs: ``train`` and ``val``, stores of frames; ``candidates``, the records of the search among
which the settings are selected; ``contenders``, the histories of the baselines among which the
leading one is, none for a model that is named. Outputs: ``weights``; ``history``, a store of the
losses, with what was selected, what it took and the number of parameters.
Params: ``system``, ``settings`` (``grid`` and ``training`` of the configuration, ``models`` with
their iterations and sizes, the ``share`` of a candidate), ``variant`` of the SSNO,
``trajectories``, ``seed``, ``device``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, write_store, write_weights
from triptych.ssno.adapt import adapt
from triptych.ssno.recipe import Recipe, TrainingData, fit, train_until_good
from triptych.ssno.search import gather, leading_model, selected_settings
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    settings = params.settings
    system = adapt(params.system, settings["grid"])
    device = choose_device(params.device)
    contenders = [read_store(path) for path in inputs.contenders]
    # Else there is one: the run's own.
    name = leading_model(contenders) if contenders else next(iter(settings["models"]))
    candidates = gather([read_store(path) for path in inputs.candidates])
    selected = selected_settings(candidates, name)
    log.info("selected on validation: %s", selected)
    candidate_error = selected.pop("validation_error")
    model = settings["models"][name]
    recipe = Recipe(**selected, variant=params.variant, sizes=model["sizes"])
    data = TrainingData.of(
        system, open_store(inputs.train), open_store(inputs.val), params.trajectories, device
    )

    def train(name, share, mixed):
        spec = recipe.training(settings["training"], model["iterations"], share, mixed=mixed)
        monitor = log.monitor(name)
        trained = fit(recipe, system, data, spec, seed=params.seed, device=device, monitor=monitor)
        log.info("%s: validation %.4g, rate halved %d times", name, trained.best, trained.halvings)
        if trained.ended_early:
            log.warning("ended early: the loss diverged %d times", trained.divergences)
        return trained

    begins_coarse = recipe.coarse_share(settings["training"]["coarse_share"]) > 0
    trained = train_until_good(train, begins_coarse, candidate_error, settings["share"])
    log.info("%.0f CPU seconds in all", trained.cpu_seconds)
    write_weights(trained.weights, outputs.weights)
    write_store(trained.history, outputs.history)


if __name__ == "__main__":
    run_step(main)
