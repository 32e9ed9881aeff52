"""The likelihood of images, once the stationary state is known."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.cycles.model import Population, log_visible

IMAGES_AT_ONCE = 4096
"""So many images have their log-likelihood computed together, which bounds the memory."""


def log_likelihood(population: Population, images: Tensor, pi: NDArray[np.float64]) -> Tensor:
    """Return ``log p(x) = log Σ_z π(z) B(x|z)`` of every image under every model.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        Zeros and ones.
    pi : ndarray of shape (M, K)
        Stationary states; zeros are allowed.

    Returns
    -------
    float64 Tensor of shape (M, n)
        In nats.
    """
    fields, weights = population.fields, torch.from_numpy(pi)
    log_densities = [
        torch.stack(list(map(log_density, log_visible(fields, batch).double(), weights)))
        for batch in images.split(IMAGES_AT_ONCE)
    ]
    return torch.cat(log_densities, dim=1)


def log_density(log_visible_given_state: Tensor, pi: Tensor) -> Tensor:
    """Return ``log Σ_z π(z) B(x|z)`` of images of one model, for one or several π.

    The largest ``B(x|z)`` over z is taken out first, which leaves one product of matrices: a tenth
    of the cost of a logarithm of sums for every π. Where no state of much weight is near the
    largest, the product underflows. There the logarithm of sums is taken.

    Parameters
    ----------
    log_visible_given_state : float64 Tensor of shape (n, K)
        ``log B(x|z)`` in nats.
    pi : float64 Tensor of shape (..., K)
        Stationary states; zeros are allowed.

    Returns
    -------
    float64 Tensor of shape (..., n)
        In nats.
    """
    largest = log_visible_given_state.amax(1)
    density = pi @ torch.exp(log_visible_given_state - largest[:, None]).T
    result = largest + density.log()
    underflown = density < torch.finfo(density.dtype).tiny
    *rows, images = underflown.nonzero(as_tuple=True)
    log_joint = log_visible_given_state[images] + pi[tuple(rows)].log()
    result[underflown] = torch.logsumexp(log_joint, dim=-1)
    return result
