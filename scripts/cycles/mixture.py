"""Fit mixtures of Bernoullis by EM: the likelihood that K states can reach without a chain.

Inputs: ``data``. Outputs: ``mixture``, a store by number of states.
Params: ``states`` (a list), ``iterations``, ``seeds``, ``smoothing``.
"""

import numpy as np
import xarray as xr

from triptych.cycles.binary_images import flat_images
from triptych.cycles.mixture import fit_best, log_likelihood
from triptych.runtime.step import run_step
from triptych.runtime.store import read_store, write_store


def main(inputs, outputs, params, log):
    data = read_store(inputs.data)
    parts = [flat_images(data, held_out).astype(np.float64) for held_out in (False, True)]
    monitor = log.monitor("mixtures")
    rows = []
    for number, states in enumerate(params.states, start=1):
        best = fit_best(parts[0], states, params.iterations, params.seeds, params.smoothing)
        rows.append([log_likelihood(best, images).mean() for images in parts])
        monitor.report(number, len(params.states), log_likelihood=rows[-1][0])
    training, held_out = np.array(rows).T
    dataset = xr.Dataset(
        {
            "log_likelihood": ("states", training, {"units": "nat"}),
            "log_likelihood_held_out": ("states", held_out, {"units": "nat"}),
        },
        {"states": params.states},
    )
    write_store(dataset, outputs.mixture)


if __name__ == "__main__":
    run_step(main)
