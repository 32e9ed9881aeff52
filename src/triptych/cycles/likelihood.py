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
    log_pi = torch.from_numpy(pi).log()[:, None]
    fields = population.fields
    log_densities = [
        torch.logsumexp(log_visible(fields, batch).double() + log_pi, dim=-1)
        for batch in images.split(IMAGES_AT_ONCE)
    ]
    return torch.cat(log_densities, dim=1)


def tied_stationary(population: Population) -> NDArray[np.float64]:
    """Return the tied model's stationary state in closed form.

    With ``V = W`` the chain samples ``p(x, z) ∝ exp(a·x + b_z + W_z·x)``, so that
    ``π(z) ∝ exp(b_z) ∏_i (1 + exp(a_i + W_zi))``.

    Parameters
    ----------
    population : Population
        With ``V = W``, which is not checked.

    Returns
    -------
    float64 ndarray of shape (M, K)
        Each row adds up to one.
    """
    normaliser = torch.nn.functional.softplus(population.fields.double()).sum(-1)
    return torch.softmax(population.b.double() + normaliser, dim=-1).numpy()
