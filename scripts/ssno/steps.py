"""Step a trained SSNO's equation by integrating factor and explicitly, at ever smaller steps.

Inputs: ``data``, the test set; ``weights``, ``history``. Outputs: ``scores``.
Params: ``system``, ``settings``, ``substeps`` in one dt, ``run``, ``device``.
"""

import xarray as xr

from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, read_weights, write_store
from triptych.ssno.adapt import adapt
from triptych.ssno.evaluate import predict, trained_run
from triptych.ssno.frames import select_frames
from triptych.ssno.metrics import score
from triptych.training.device import choose_device

STEPPERS = {"integrating_factor": True, "explicit": False}
"""Whether each scheme steps the linear part exactly."""


def main(inputs, outputs, params, log):
    sizes = params.settings["sizes"]
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    history, weights = read_store(inputs.history).attrs, read_weights(inputs.weights)
    truth = select_frames(open_store(inputs.data), system.dt)
    trained = history["substeps"]
    counts = sorted({trained, *params.substeps})

    substeps = xr.DataArray(counts, dims="substeps", name="substeps")
    rows = []
    for name, integrating_factor in STEPPERS.items():
        by_count = []
        for n in counts:
            stepping = {"integrating_factor": integrating_factor, "substeps": n}
            run = trained_run(params.run, history, weights, sizes, system, device, **stepping)
            scored = score(predict(run, truth, device), truth["state"], run.scale)
            log.info("%s, %d steps in dt: error %.4g", name, n, float(scored.mean_error.mean()))
            by_count.append(scored)
        rows.append(xr.concat(by_count, substeps))
    scores = xr.concat(rows, xr.DataArray(list(STEPPERS), dims="stepper", name="stepper"))
    write_store(scores.assign_attrs(dt=system.dt, trained=trained), outputs.scores)


if __name__ == "__main__":
    run_step(main)
