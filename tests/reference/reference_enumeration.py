"""The latent chain of models of few pixels, by enumeration of all images."""

from __future__ import annotations

import torch
from torch import Tensor

from triptych.cycles.exact import enumerate_images, latent_given_image, stationary_state
from triptych.cycles.model import Population, log_visible
from triptych.cycles.whole_chain import image_entropy_production


def transitions(population: Population) -> Tensor:
    """Return ``T(z′|z) = Σ_x B(x|z) A(z′|x)``, shape (M, K, K); differentiable."""
    images = enumerate_images(population.pixels, population.W.dtype)
    visible = log_visible(population.fields, images).exp()
    return visible.transpose(1, 2) @ latent_given_image(population, images)


def log_likelihood(population: Population, images: Tensor) -> Tensor:
    """Return the mean log-likelihood of images, shape (M,), in nats an image; differentiable."""
    pi = stationary_state(transitions(population))
    joint = log_visible(population.fields, images) + pi.log()[:, None]
    return torch.logsumexp(joint, dim=-1).mean(-1)


def whole_chain_entropy_production(population: Population) -> Tensor:
    """Return the entropy production of ``z → x → z′``, shape (M,), in nats a chain step."""
    images = enumerate_images(population.pixels, population.W.dtype)
    log_b = log_visible(population.fields, images)
    latent = latent_given_image(population, images)
    pi = stationary_state(transitions(population))
    density = (log_b.exp() @ pi[..., None])[..., 0]
    return (density * image_entropy_production(latent.log(), log_b, pi)).sum(-1)
