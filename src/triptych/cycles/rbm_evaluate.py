"""Everything that is measured on a Bernoulli RBM: likelihood, mixing of its images, samples."""

from __future__ import annotations

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from triptych.cycles.ais import anneal
from triptych.cycles.mixing import measure_mixing
from triptych.cycles.rbm import Rbm
from triptych.cycles.streams import stream


def evaluate(
    rbm: Rbm,
    images: Tensor,
    held_out: Tensor,
    *,
    temperatures: int,
    annealed: int,
    chains: int,
    steps: int,
    samples: int,
    seed: int,
) -> xr.Dataset:
    """Measure likelihood, mixing and samples of an RBM.

    Its entropy production is not: units that are updated by their conditionals keep detailed
    balance, and it is 0 by construction.

    The Gibbs chains start at the annealed images. Those are close to equilibrium wherever the
    annealing is to be trusted.

    Parameters
    ----------
    rbm : Rbm
    images : Tensor of shape (n, N)
        Training images, zeros and ones.
    held_out : Tensor of shape (m, N)
    temperatures, annealed : int
        Temperatures and chains of annealed importance sampling.
    chains, steps : int
        Gibbs chains whose images are correlated, and their length.
    samples : int
        Images kept, one a chain; ``chains`` at most.
    seed : int

    Returns
    -------
    xarray.Dataset
        Log-likelihoods in nats an image, with the standard error of log Z; ``mixing_time`` of
        the images in Gibbs steps, with its error; ``sample`` (sample, pixel).

    Raises
    ------
    ValueError
        If all images of the Gibbs chains are the same.
    """
    base = torch.logit(images.mean(0), eps=1e-3)
    annealing = anneal(rbm, base, temperatures, annealed, seed)
    starts = annealing.particles[torch.arange(chains) % annealed]
    walks = gibbs_chains(rbm, starts, steps, seed)
    mixing = measure_mixing(walks)
    nat = {"units": "nat"}
    return xr.Dataset(
        {
            "log_likelihood": ((), _mean_unnormalised(rbm, images) - annealing.log_partition, nat),
            "log_likelihood_held_out": (
                (),
                _mean_unnormalised(rbm, held_out) - annealing.log_partition,
                nat,
            ),
            "log_partition_error": ((), annealing.error, nat),
            "annealed_effective": ((), annealing.effective_chains),
            "mixing_time": ((), mixing.time, {"units": "chain step"}),
            "mixing_time_error": ((), mixing.error, {"units": "chain step"}),
            "mixing_resolved": ((), mixing.resolved),
            "sample": (("sample", "pixel"), walks[:samples, -1]),
        },
        attrs={"hidden": len(rbm.b), "temperatures": temperatures},
    )


def gibbs_chains(rbm: Rbm, starts: Tensor, steps: int, seed: int) -> NDArray[np.uint8]:
    """Run Gibbs chains from given images.

    Parameters
    ----------
    rbm : Rbm
    starts : Tensor of shape (chains, N)
        Zeros and ones; not among the images returned.
    steps : int
        Updates of hidden and visible units.
    seed : int

    Returns
    -------
    uint8 ndarray of shape (chains, steps, N)
        Zeros and ones.
    """
    generator = stream(seed, "gibbs")
    walks = np.empty((len(starts), steps, starts.shape[1]), dtype=np.uint8)
    images = starts
    for step in range(steps):
        images = rbm.gibbs(images, generator)
        walks[:, step] = images.numpy()
    return walks


def _mean_unnormalised(rbm: Rbm, images: Tensor) -> float:
    return float(rbm.log_unnormalised(images).double().mean())
