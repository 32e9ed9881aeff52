"""Fit mixtures of Bernoullis by EM: the likelihood that K states can reach without a chain.

Inputs: ``data``. Outputs: ``mixture``, a store by number of states.
Params: ``states`` (a list), ``iterations``, ``seeds``, ``smoothing``.
"""

import numpy as np
import xarray as xr

from triptych.cycles.binary_images import flat_images, followed_images
from triptych.cycles.mixture import fit, log_likelihood
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    training = flat_images(data, held_out=False).astype(np.float64)
    held_out = flat_images(data, held_out=True).astype(np.float64)
    images_of = {
        "log_likelihood": training,
        "log_likelihood_held_out": held_out,
        "log_likelihood_followed": training[followed_images(len(training))],
    }
    monitor = log.monitor("mixtures")
    rows = {name: [] for name in images_of}
    for number, states in enumerate(params.states, start=1):
        best = fit(training, states, params.iterations, params.seeds, params.smoothing)
        for name, images in images_of.items():
            rows[name].append(log_likelihood(best, images).mean())
        monitor.report(number, len(params.states), log_likelihood=rows["log_likelihood"][-1])
    dataset = xr.Dataset(
        {name: ("states", row, {"units": "nat"}) for name, row in rows.items()},
        {"states": params.states},
    )
    write_store(dataset, outputs.mixture)


if __name__ == "__main__":
    run_step(main)
