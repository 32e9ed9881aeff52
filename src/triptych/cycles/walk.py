"""Walking the chain: the images and states that a model passes through."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from triptych.cycles.model import (
    Population,
    draw_images,
    latent_logits,
    sample_latent,
)
from triptych.cycles.streams import stream


def simulate(model: Population, starts: Tensor, steps: int, seed: int) -> tuple[Tensor, Tensor]:
    """Run chains ``z → x → z′ → …`` of one model.

    Parameters
    ----------
    model : Population
        Of one model.
    starts : Tensor of int64, shape (n,)
        First latent states.
    steps : int
        Latent steps.
    seed : int

    Returns
    -------
    states : Tensor of int64, shape (n, steps)
        The state that each image was drawn from; the first are ``starts``.
    images : Tensor of uint8, shape (n, steps, N)
        Zeros and ones.
    """
    generator = stream(seed, "walk")
    count = len(starts)
    states = torch.empty(count, steps, dtype=torch.int64)
    images = torch.empty(count, steps, model.pixels, dtype=torch.uint8)
    state = starts[None]
    for step in range(steps):
        image = draw_images(model, state[0], generator)[None]
        states[:, step], images[:, step] = state[0], image[0]
        latent = torch.softmax(latent_logits(model, image), dim=-1)
        state = sample_latent(latent, torch.rand(1, count, generator=generator))
    return states, images


def stationary_starts(pi: np.ndarray, count: int) -> Tensor:
    """Return latent states in proportion to a distribution, without sampling noise.

    Parameters
    ----------
    pi : ndarray, shape (K,)
        Adds up to one.
    count : int
        n, the number of states.

    Returns
    -------
    Tensor of int64, shape (n,)
        Rising.
    """
    points = (np.arange(count) + 0.5) / count
    return torch.from_numpy(np.searchsorted(pi.cumsum()[:-1], points))


def follow(model: Population, states: Tensor, seed: int) -> Tensor:
    """Draw the images of a chain that is led along given states, one image each.

    Parameters
    ----------
    model : Population
        Of one model.
    states : Tensor of int64, shape (n,)
        Such as those of a cycle.
    seed : int

    Returns
    -------
    Tensor of uint8, shape (n, N)
        Zeros and ones.
    """
    return draw_images(model, states, stream(seed, "follow")).to(torch.uint8)
