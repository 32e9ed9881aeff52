"""Train one model on the first trajectories of a system.

Inputs: ``train`` and ``val``, stores of frames; for a baseline's further seeds and numbers of
trajectories ``selected``, the history of the training that selected its learning rate.
Outputs: ``weights``; ``history``, a store of the losses, with the learning rate that was selected
and the number of parameters.
Params: ``system``, ``settings`` (of its section of the configuration: grid, training and, for the
SSNO, model), ``model``, ``variant`` of the SSNO, ``trajectories``, ``seed``, ``device``; for a
baseline ``iterations``, ``sizes`` and, where none is selected, ``learning_rates``.
"""

import time

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, write_store, write_weights
from triptych.ssno.adapt import adapt, model_spec
from triptych.ssno.frames import Frames, channel_scale, increment_scale, select_frames
from triptych.ssno.models import build_model, count_parameters
from triptych.ssno.search import train_best
from triptych.ssno.specs import TrainingSpec, variant_of
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    training = select_frames(open_store(inputs.train), system.dt, params.trajectories)
    validation = select_frames(open_store(inputs.val), system.dt)
    scale = channel_scale(training, system.alike)
    frames, held_out = (Frames(part, scale, device) for part in (training, validation))
    changes = increment_scale(frames)

    settings = params.settings["training"]
    if params.model == "ssno":
        rates = [settings["learning_rate"]]
        options = variant_of(model_spec(params.settings["model"]), params.variant)
    else:
        selected = getattr(inputs, "selected", None)
        rates = [read_store(selected).attrs["learning_rate"]] if selected else params.learning_rates
        # No baseline has a mask to be penalised.
        settings = {**settings, "iterations": params.iterations, "mask_penalty": 0.0}
        options = params.sizes
    spec = TrainingSpec(**{**settings, "learning_rate": rates[0]})

    def build():
        return build_model(
            params.model,
            system,
            seed=params.seed,
            options=options,
            increment_scale=changes,
            device=device,
        )

    started = time.process_time()
    trained, rate = train_best(build, frames, held_out, spec, rates, params.seed, log.monitor)
    seconds = time.process_time() - started
    log.info("best on validation: %.4g at learning rate %g", trained.best, rate)
    log.info("%.0f CPU seconds in all", seconds)
    write_weights(trained.weights, outputs.weights)
    history = trained.history.assign_attrs(
        learning_rate=rate,
        parameters=count_parameters(build()),
        channel_scale=scale.tolist(),
        increment_scale=changes.tolist(),
    )
    history["validation_error"] = ((), trained.best, {"long_name": "of the weights kept"})
    write_store(history, outputs.history)


if __name__ == "__main__":
    run_step(main)
