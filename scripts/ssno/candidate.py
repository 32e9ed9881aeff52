"""Train one candidate of the search: a share of a full training, from the first seed.

Inputs: ``train`` and ``val``, stores of frames; ``earlier``, the records of the candidates whose
outcome decides what this one is. Outputs: ``record``, a store with one entry, or with none where
nothing is left to be tried.
Params: ``system``, ``settings`` (as of a training, with the ``factor`` of the search), ``model``,
its ``rate`` (None where the earlier ones decide), ``trajectories``, ``seed``, ``device``.
"""

from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, write_store
from triptych.ssno.names import DEFAULT
from triptych.ssno.search import candidate_record, empty_record, rate_beyond


def main(inputs, outputs, params, log):
    rate = params.rate
    if rate is None:
        earlier = [read_store(path) for path in inputs.earlier]
        rate = rate_beyond(earlier, params.settings["factor"])
    if rate is None:
        log.info("the best rate is not at the edge: nothing to be tried")
        write_store(empty_record(), outputs.record)
    else:
        write_store(train_candidate(inputs, params, rate, log), outputs.record)


def train_candidate(inputs, params, rate, log):
    # Here, since a job that tries nothing would spend most of its time on loading torch.
    from triptych.ssno.adapt import adapt
    from triptych.ssno.recipe import Recipe, TrainingData, fit
    from triptych.training.device import choose_device

    settings = params.settings
    system = adapt(params.system, settings["grid"])
    device = choose_device(params.device)
    model = settings["models"][params.model]
    recipe = Recipe(params.model, DEFAULT, model["sizes"], rate)
    data = TrainingData.of(
        system, open_store(inputs.train), open_store(inputs.val), params.trajectories, device
    )
    spec = recipe.training(settings["training"], model["iterations"], settings["share"])
    monitor = log.monitor("train")
    trained = fit(recipe, system, data, spec, seed=params.seed, device=device, monitor=monitor)
    log.info("rate %.4g: validation error %.4g", rate, trained.best)
    record = candidate_record(
        params.model,
        learning_rate=rate,
        iterations=spec.iterations,
        validation_error=trained.best,
        cpu_seconds=trained.cpu_seconds,
        restarts=trained.halvings,
    )
    return record.assign_attrs(system=system.name, title=system.title)


if __name__ == "__main__":
    run_step(main)
