"""Mixtures of Bernoullis by expectation maximisation: what K states can reach without a chain.

Any model with a one-hot latent state is such a mixture, its weights bound to be a stationary state.
The best such mixture therefore has no lower a training likelihood; EM finds a local optimum, which
may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mixture:
    """A mixture of K products of Bernoullis.

    Attributes
    ----------
    weights : ndarray of shape (K,)
        Add up to one.
    means : ndarray of shape (K, N)
        Probabilities that a pixel is on.
    objective : ndarray of shape (iterations,)
        What EM climbs, in nats an image, before each of its steps (the parameters returned are one
        step further): mean log-likelihood plus the log-density of the prior, over the number of
        images and without its constant.
    """

    weights: Array
    means: Array
    objective: Array


def log_joint(weights: Array, means: Array, images: Array) -> Array:
    """Return ``log w_z + log B(x|z)``.

    Parameters
    ----------
    weights : ndarray of shape (K,)
    means : ndarray of shape (K, N)
    images : ndarray of shape (n, N)
        Zeros and ones.

    Returns
    -------
    ndarray of shape (n, K)
        In nats.
    """
    logits = np.log(means) - np.log1p(-means)
    return images @ logits.T + np.log1p(-means).sum(1) + np.log(weights)


def log_likelihood(mixture: Mixture, images: Array) -> Array:
    """Return ``log p(x)`` of every image.

    Parameters
    ----------
    mixture : Mixture
    images : ndarray of shape (n, N)
        Zeros and ones.

    Returns
    -------
    ndarray of shape (n,)
        In nats.
    """
    return logsumexp(log_joint(mixture.weights, mixture.means, images), axis=1)


def fit(
    images: Array, states: int, iterations: int, seeds: Sequence[int], smoothing: float
) -> Mixture:
    """Run EM from several random starts, all at once, and return the one that ends highest.

    The means have a Beta prior worth ``smoothing`` images of all ones and as many of all zeros, the
    weights a Dirichlet prior worth ``smoothing`` images a state. Without it a pixel that is never
    on in training makes a held-out image impossible. EM (Dempster, Laird and Rubin, J. R. Stat.
    Soc. B 39, 1, 1977) then climbs the posterior, monotonically.

    Parameters
    ----------
    images : ndarray of shape (n, N)
        Zeros and ones.
    states : int
        K.
    iterations : int
    seeds : sequence of int, length S
        One a start: each mean half-way between the data's mean and one image, clipped to
        [0.01, 0.99].
    smoothing : float
        In images.

    Returns
    -------
    Mixture

    Raises
    ------
    ValueError
        If there are fewer images than states.
    """
    count, pixels = images.shape
    rows = [np.random.default_rng(seed).choice(count, states, replace=False) for seed in seeds]
    weights = np.full((len(seeds), states), 1.0 / states)
    means = 0.5 * (images[np.stack(rows)] + images.mean(0)).clip(0.02, 1.98)
    objective = np.empty((len(seeds), iterations))
    for iteration in range(iterations):
        # One product for all starts: a matrix of a few columns leaves most of a processor idle.
        log_terms = log_joint(weights.ravel(), means.reshape(-1, pixels), images)
        log_terms = log_terms.reshape(count, *weights.shape)
        log_density = logsumexp(log_terms, axis=2, keepdims=True)
        log_prior = np.log(means * (1.0 - means)).sum((1, 2)) + np.log(weights).sum(1)
        objective[:, iteration] = (log_density.sum((0, 2)) + smoothing * log_prior) / count
        responsibilities = np.exp(log_terms - log_density)
        mass = responsibilities.sum(0)
        ink = (responsibilities.reshape(count, -1).T @ images).reshape(means.shape)
        means = (ink + smoothing) / (mass + 2.0 * smoothing)[..., None]
        weights = (mass + smoothing) / (count + states * smoothing)
    best = int(objective[:, -1].argmax())
    return Mixture(weights[best], means[best], objective[best])
