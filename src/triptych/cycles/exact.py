"""The gradient exactly, by enumeration of all images: for models of a dozen pixels at most.

Estimates are tested against it, and the truncation of the gradient is studied with it. All tensors
keep a leading model axis.
"""

from __future__ import annotations

import torch
from torch import Tensor

from triptych.cycles.gradient import adjoint, posterior, visible_term
from triptych.cycles.model import Population, latent_logits, log_visible


def enumerate_images(pixels: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return all binary images.

    Parameters
    ----------
    pixels : int
        N, a dozen or so.
    dtype : torch.dtype, optional

    Returns
    -------
    Tensor of shape (2^N, N)
        Zeros and ones.
    """
    codes = torch.arange(2**pixels)
    return ((codes[:, None] >> torch.arange(pixels)) & 1).to(dtype)


def latent_given_image(population: Population, images: Tensor) -> Tensor:
    """Return the recognition kernel ``A(z|x)`` for images common to all models.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)

    Returns
    -------
    Tensor of shape (M, n, K)
        Probabilities.
    """
    repeated = images.expand(population.models, *images.shape)
    return torch.softmax(latent_logits(population, repeated), dim=-1)


def stationary_state(kernel: Tensor) -> Tensor:
    """Solve ``π (I − T + 1 1ᵀ) = 1ᵀ``, which ``π = π T`` with ``Σ π = 1`` obeys; differentiable.

    It is what :func:`triptych.cycles.stationary.stationary` returns, but for its relative accuracy.
    The form is that of Paige, Styan and Wachter, J. Stat. Comput. Simul. 4, 173 (1975).

    Parameters
    ----------
    kernel : Tensor of shape (..., K, K)
        Row-stochastic.

    Returns
    -------
    Tensor of shape (..., K)
        Adds up to one.
    """
    states = kernel.shape[-1]
    system = torch.eye(states, dtype=kernel.dtype) - kernel + 1.0
    ones = torch.ones(*kernel.shape[:-1], dtype=kernel.dtype)
    return torch.linalg.solve(system.transpose(-1, -2), ones)


def gradient(population: Population, images: Tensor, steps: int | None) -> Population:
    """Return the gradient of the mean log-likelihood with so many latent steps, exactly.

    ``π (∇T) h`` is summed over all images: ``T`` depends on ``W, b`` through ``A`` and on ``V, a``
    through ``B``, with ``∇_V B(x|z) = B(x|z) (x − σ(f_z))``.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        The data, zeros and ones.
    steps : int or None
        See :func:`triptych.cycles.gradient.adjoint`; None is the true gradient.

    Returns
    -------
    Population
        Shaped like the parameters; in nats an image.
    """
    all_images = enumerate_images(population.pixels, population.W.dtype)
    fields = population.fields
    probabilities = torch.sigmoid(fields)
    visible = log_visible(fields, all_images).exp()
    latent = latent_given_image(population, all_images)
    kernel = visible.transpose(1, 2) @ latent
    pi = stationary_state(kernel)
    r = posterior(log_visible(fields, images), pi)
    h = adjoint(r.mean(1) / pi, kernel, pi, steps)

    joint = visible * pi[:, None]
    expected = (latent @ h[..., None])[..., 0]
    score = latent * (h[:, None] - expected[..., None]) * joint.sum(-1, keepdim=True)
    weighted = joint * expected[..., None]
    V = weighted.transpose(1, 2) @ all_images - weighted.sum(1)[..., None] * probabilities
    V = V + visible_term(r, images, probabilities)
    return Population(W=score.transpose(1, 2) @ all_images, b=score.sum(1), V=V, a=V.sum(1))
