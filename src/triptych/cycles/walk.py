"""Walking the chain: the images and states that a model passes through."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.cycles.model import Population, draw_images, latent_logits, sample_latent
from triptych.cycles.streams import stream


def simulate(model: Population, starts: Tensor, steps: int, seed: int) -> tuple[Tensor, Tensor]:
    """Run chains ``z → x → z′ → …`` of one model.

    Parameters
    ----------
    model : Population
        Of one model.
    starts : int64 Tensor of shape (n,)
        First latent states.
    steps : int
        Latent steps.
    seed : int

    Returns
    -------
    states : int64 Tensor of shape (n, steps)
        The state that each image was drawn from; the first are ``starts``.
    images : uint8 Tensor of shape (n, steps, N)
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
    pi : ndarray of shape (K,)
        Adds up to one.
    count : int
        n, the number of states.

    Returns
    -------
    int64 Tensor of shape (n,)
        Ascending.
    """
    points = (np.arange(count) + 0.5) / count
    return torch.from_numpy(np.searchsorted(pi.cumsum()[:-1], points))


def draw_along_cycles(model: Population, cycles: NDArray[np.int64], seed: int) -> Tensor:
    """Draw one image from ``B(·|z)`` for each state of each cycle, independently.

    Parameters
    ----------
    model : Population
        Of one model.
    cycles : int64 ndarray of shape (cycles, positions)
        Latent states of each cycle, −1 behind its end.
    seed : int

    Returns
    -------
    uint8 Tensor of shape (cycles, positions, N)
        Zeros and ones; empty behind the end of a cycle.
    """
    generator = stream(seed, "follow")
    images = torch.zeros(*cycles.shape, model.pixels, dtype=torch.uint8)
    for cycle_images, row in zip(images, cycles, strict=True):
        states = torch.from_numpy(row[row >= 0])
        cycle_images[: len(states)] = draw_images(model, states, generator)
    return images
