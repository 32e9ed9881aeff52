"""Fit mixtures of Bernoullis by EM: the likelihood that K states can reach without a chain.

Inputs: ``data``. Outputs: ``mixture``, a store by number of states.
Params: ``states`` (a list), ``iterations``, ``seeds``, ``smoothing``.
"""

import numpy as np
import xarray as xr

from triptych.cycles.binary_images import flat_images, followed
from triptych.cycles.mixture import fit, log_likelihood
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    training, held_out = (flat_images(data, part).astype(np.float64) for part in (False, True))
    measured = {
        "log_likelihood": training,
        "log_likelihood_held_out": held_out,
        "log_likelihood_followed": training[followed(len(training))],
    }
    monitor = log.monitor("mixtures")
    rows = {name: [] for name in measured}
    for number, states in enumerate(params.states, start=1):
        best = fit(training, states, params.iterations, params.seeds, params.smoothing)
        for name, images in measured.items():
            rows[name].append(log_likelihood(best, images).mean())
        monitor.report(number, len(params.states), log_likelihood=rows["log_likelihood"][-1])
    dataset = xr.Dataset(
        {name: ("states", row, {"units": "nat"}) for name, row in rows.items()},
        {"states": params.states},
    )
    write_store(dataset, outputs.mixture)


if __name__ == "__main__":
    run_step(main)
