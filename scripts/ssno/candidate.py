"""Train one candidate of the search: a share of a full training, from the first seed.

Inputs: ``train`` and ``val``, stores of frames; ``earlier``, the records of the candidates whose
outcome decides what this one is. Outputs: ``record``, a store with one entry, or with none where
nothing is left to be tried.
Params: ``system``, ``settings`` (as of a training, with ``share`` and ``factor`` of the search),
``model``, ``candidate``, ``known`` of it before, ``trajectories``, ``seed``, ``device``.
"""

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, write_store
from triptych.ssno.candidates import Candidate
from triptych.ssno.names import DEFAULT, SSNO
from triptych.ssno.search import nothing, outcome, settled


def main(inputs, outputs, params, log):
    candidate = Candidate(params.model, params.candidate)
    earlier = [read_store(path) for path in inputs.earlier]
    found = settled(candidate, params.known, earlier, params.settings["factor"])
    if found is None:
        log.info("the best rate is not at the edge: nothing to be tried")
        write_store(nothing(), outputs.record)
    else:
        write_store(tried(inputs, params, found, log), outputs.record)


def tried(inputs, params, found, log):
    # Here, since a job that tries nothing would spend most of its time on loading torch.
    from triptych.ssno.adapt import adapt
    from triptych.ssno.recipe import Data, Recipe, fit, training_spec
    from triptych.training.device import choose_device

    settings = params.settings
    system = adapt(params.system, settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    model = settings["models"][params.model]

    def shared(count):
        return max(1, round(settings["share"] * count))

    # So short a training of the SSNO is all coarse: with substeps it might break down where a full
    # one does not.
    sizes = {**model["sizes"], "substeps": 1} if params.model == SSNO else model["sizes"]
    recipe = Recipe(params.model, DEFAULT, sizes, **found)
    data = Data.of(
        system, open_store(inputs.train), open_store(inputs.val), params.trajectories, device
    )
    whole = settings["training"]
    iterations = recipe.iterations(shared(model["iterations"]), whole)
    training = {**whole, "validations": shared(whole["validations"])}
    spec = training_spec(training, iterations, recipe.learning_rate)
    monitor = log.monitor("train")
    trained = fit(recipe, system, data, spec, seed=params.seed, device=device, monitor=monitor)
    log.info("%s: validation error %.4g", found, trained.best)
    record = outcome(
        params.model,
        learning_rate=recipe.learning_rate,
        iterations=iterations,
        validation_error=trained.best,
        cpu_seconds=trained.cpu_seconds,
        restarts=trained.restarts,
    )
    return record.assign_attrs(system=system.name, title=system.title)


if __name__ == "__main__":
    run_step(main)
