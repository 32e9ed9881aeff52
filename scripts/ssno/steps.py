"""Step a trained SSNO's equation by integrating factor and explicitly, at ever smaller steps.

Inputs: ``data``, the test set; ``weights``, ``history``. Outputs: ``scores``.
Params: ``system``, ``settings``, ``substeps`` in one dt, ``run``, ``device``.
"""

from dataclasses import replace

import xarray as xr

from triptych.runtime.provenance import note_device
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, read_weights, write_store
from triptych.ssno.adapt import adapt, model_spec
from triptych.ssno.evaluate import Run, predict, scales
from triptych.ssno.frames import select_frames
from triptych.ssno.metrics import score
from triptych.ssno.models import build_model
from triptych.training.device import choose_device

STEPPERS = {"integrating_factor": True, "explicit": False}


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    model, weights = model_spec(params.settings["model"]), read_weights(inputs.weights)
    scale, changes = scales(read_store(inputs.history).attrs)
    truth = select_frames(read_store(inputs.data), system.dt)

    def score_stepped(integrating_factor, substeps):
        spec = replace(model, integrating_factor=integrating_factor, substeps=substeps)
        network = build_model(
            "ssno",
            system,
            seed=params.run["seed"],
            options=spec,
            increment_scale=changes,
            device=device,
        )
        network.load_state_dict(weights)
        run = Run(**params.run, network=network, scale=scale)
        return score(predict(run, truth, device), truth["state"], scale)

    rows = []
    for name, integrating_factor in STEPPERS.items():
        parts = [score_stepped(integrating_factor, n) for n in params.substeps]
        for n, part in zip(params.substeps, parts, strict=True):
            log.info("%s, %d steps in dt: error %.4g", name, n, float(part.mean_error.mean()))
        substeps = xr.DataArray(params.substeps, dims="substeps", name="substeps")
        rows.append(xr.concat(parts, substeps))
    scores = xr.concat(rows, xr.DataArray(list(STEPPERS), dims="stepper", name="stepper"))
    write_store(scores.assign_attrs(dt=system.dt, trained=model.substeps), outputs.scores)


if __name__ == "__main__":
    run_step(main)
