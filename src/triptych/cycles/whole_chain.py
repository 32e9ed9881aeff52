"""Entropy production of the whole chain ``z → x → z′``, images included.

The latent chain may look reversible where the whole is not: its σ leaves out what the images know.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from triptych.cycles.model import Population, draw_images, latent_logits, log_visible
from triptych.cycles.streams import stream
from triptych.cycles.transitions import jackknife

Array = NDArray[np.float64]

PI_FLOOR = 1e-300
"""Floor of π, whose logarithm is taken."""


def image_entropy_production(
    log_latent: Tensor, log_visible_given_state: Tensor, pi: Tensor
) -> Tensor:
    """Return what each image adds to the entropy production, ``KL(r‖A) + KL(A‖r)``.

    In the stationary state the pair ``z → x`` has the probability ``π(z) B(x|z) = p(x) r(z|x)``
    with r the posterior, and ``x → z′`` has ``p(x) A(z′|x)``. The mean log-ratio of a step
    ``z → x → z′`` to its reverse is therefore ``E_p[Σ_z (r − A) log(r/A)]``. It vanishes exactly
    where recognition is the posterior of generation: there the chain is in detailed balance. (Of
    Markov chains: Gaspard, J. Stat. Phys. 117, 599, 2004.)

    Parameters
    ----------
    log_latent : Tensor of shape (..., n, K)
        ``log A(z|x)``.
    log_visible_given_state : Tensor of shape (..., n, K)
        ``log B(x|z)``.
    pi : float64 Tensor of shape (..., K)
        Stationary state.

    Returns
    -------
    Tensor of shape (..., n)
        In nats a chain step; not negative.
    """
    log_pi = pi.clamp(min=PI_FLOOR).log()[..., None, :]
    log_posterior = torch.log_softmax(log_visible_given_state + log_pi, dim=-1)
    return ((log_posterior.exp() - log_latent.exp()) * (log_posterior - log_latent)).sum(-1)


def entropy_production_of_images(
    model: Population, images: int, seed: int
) -> Callable[[Array], Array]:
    """Draw images of one model, and return what they add to the entropy production.

    Parameters
    ----------
    model : Population
        Of one model.
    images : int
        n, images a state.
    seed : int

    Returns
    -------
    callable
        From a stationary state π (K,) to :func:`image_entropy_production` (K, n) of the images
        drawn from each state.
    """
    states = torch.arange(model.states).repeat_interleave(images)
    samples = draw_images(model, states, stream(seed, "whole chain")).double()
    # In double precision: models in detailed balance then give 0 to rounding.
    double = Population.from_tensors({name: t.double() for name, t in model.tensors().items()})
    shape = (model.states, images, model.states)
    log_latent = torch.log_softmax(latent_logits(double, samples[None])[0], dim=-1).view(shape)
    log_b = log_visible(double.fields, samples)[0].view(shape)
    return lambda pi: image_entropy_production(log_latent, log_b, torch.tensor(pi)).numpy()


def whole_chain_dataset(
    image_production: Callable[[Array], Array],
    kernels: Array,
    pi_of: Callable[[Array], Array],
) -> xr.Dataset:
    """Return the entropy production of the whole chain with its error.

    Parameters
    ----------
    image_production : callable
        As from :func:`entropy_production_of_images`.
    kernels : ndarray of shape (1, blocks, K, K)
        Independent estimates of the latent kernel; their spread is part of the error.
    pi_of : callable
        From kernels (..., K, K) to π (..., K).

    Returns
    -------
    xarray.Dataset
        ``zx_entropy_production`` and ``…_error``, in nats a chain step.
    """

    def mean(kernels: Array) -> Array:
        pi = pi_of(kernels)
        values = [
            kernel_pi @ image_production(kernel_pi).mean(1)
            for kernel_pi in pi.reshape(-1, pi.shape[-1])
        ]
        return np.array(values).reshape(pi.shape[:-1])

    estimate = jackknife(kernels, mean)
    pi = pi_of(kernels[0].mean(0))
    production = image_production(pi)
    variance = (pi**2 * production.var(1, ddof=1) / production.shape[1]).sum()
    unit = {"units": "nat / chain step"}
    error = np.sqrt(variance + estimate.error[0] ** 2)
    label = "entropy production of the z–x chain"
    error_label = "its standard error, of images and kernel"
    return xr.Dataset(
        {
            "zx_entropy_production": ((), estimate.value[0], {"long_name": label, **unit}),
            "zx_entropy_production_error": ((), error, {"long_name": error_label, **unit}),
        }
    )
