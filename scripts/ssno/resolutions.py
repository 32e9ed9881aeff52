"""Test an SSNO trained at one resolution on others: the same initial fields, finer or coarser.

Inputs: ``data``, one store a resolution; ``weights``, ``history``. Outputs: ``scores``.
Params: ``system``, ``settings``, ``resolutions`` (in the order of ``data``), ``run``, ``device``.
"""

import xarray as xr

from triptych.runtime.step import run_step
from triptych.runtime.store import open_store, read_store, read_weights, write_store
from triptych.ssno.adapt import adapt
from triptych.ssno.evaluate import predict, trained_run
from triptych.ssno.frames import select_frames
from triptych.ssno.metrics import score
from triptych.training.device import choose_device


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    history, weights = read_store(inputs.history).attrs, read_weights(inputs.weights)
    run = trained_run(params.run, history, weights, params.settings["sizes"], system, device)
    by_resolution = []
    for path in inputs.data:
        truth = select_frames(open_store(path), system.dt)
        by_resolution.append(score(predict(run, truth, device), truth["state"], run.scale))
    points = xr.DataArray(params.resolutions, dims="points", name="points")
    attributes = {"system": system.name, "title": system.title, "trained_points": system.points}
    write_store(xr.concat(by_resolution, points).assign_attrs(attributes), outputs.scores)


if __name__ == "__main__":
    run_step(main)
