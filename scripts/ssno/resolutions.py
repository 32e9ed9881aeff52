"""Test an SSNO trained at one resolution on others: the same initial fields, finer or coarser.

Inputs: ``data``, one store a resolution; ``weights``, ``history``. Outputs: ``scores``.
Params: ``system``, ``settings``, ``resolutions`` (in the order of ``data``), ``run``, ``device``.
"""

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


def main(inputs, outputs, params, log):
    system = adapt(params.system, params.settings["grid"])
    device = choose_device(params.device)
    note_device(str(device))
    spec = model_spec(params.settings["model"])
    scale, changes = scales(read_store(inputs.history).attrs)
    network = build_model(
        "ssno",
        system,
        seed=params.run["seed"],
        options=spec,
        increment_scale=changes,
        device=device,
    )
    network.load_state_dict(read_weights(inputs.weights))
    run = Run(**params.run, network=network, scale=scale)
    parts = []
    for path in inputs.data:
        truth = select_frames(read_store(path), system.dt)
        parts.append(score(predict(run, truth, device), truth["state"], scale))
    points = xr.DataArray(params.resolutions, dims="points", name="points")
    scores = xr.concat(parts, points).assign_attrs(trained_points=system.points)
    write_store(scores, outputs.scores)


if __name__ == "__main__":
    run_step(main)
