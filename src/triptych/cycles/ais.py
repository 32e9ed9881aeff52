"""The partition function of a restricted Boltzmann machine, by annealed importance sampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.cycles.rbm import Rbm
from triptych.cycles.streams import stream

softplus = torch.nn.functional.softplus


@dataclass(frozen=True)
class Annealed:
    """The result of annealed importance sampling.

    Attributes
    ----------
    log_partition : float
        Estimate of ``log Z``, in nats.
    error : float
        Its standard error, from the spread of the importance weights.
    particles : Tensor of shape (chains, N)
        Images at the end of the annealing, close to equilibrium if the weights are close.
    effective_chains : float
        Effective number of chains, ``(Σw)²/Σw²``; the error is trustworthy if it is not small.
    """

    log_partition: float
    error: float
    particles: Tensor
    effective_chains: float


def anneal(rbm: Rbm, base: Tensor, temperatures: int, chains: int, seed: int) -> Annealed:
    """Estimate ``log Z`` by annealed importance sampling (Neal, 2001).

    Annealed from independent pixels with biases ``base`` to the RBM (Salakhutdinov and Murray,
    2008), through
    ``log p_β(x) = (1 − β) base·x + β a·x + Σ_j log(1 + exp β(W x + b)_j) − log Z_β``.
    At β = 0, ``Z = 2^H ∏_i (1 + exp base_i)``. One Gibbs step at each temperature.

    Parameters
    ----------
    rbm : Rbm
    base : Tensor of shape (N,)
        Logits of the data's mean are a good choice.
    temperatures : int
        Steps from β = 0 to β = 1, equally spaced.
    chains : int
        Independent importance samples; with a single one the error is NaN.
    seed : int

    Returns
    -------
    Annealed
    """
    generator = stream(seed, "anneal")
    W, b, a = rbm.W, rbm.b, rbm.a
    betas = torch.linspace(0.0, 1.0, temperatures + 1, dtype=torch.float64).tolist()
    images = torch.sigmoid(base).expand(chains, -1).bernoulli(generator=generator)
    log_weights = torch.zeros(chains, dtype=torch.float64)
    for colder, warmer in zip(betas[1:], betas[:-1], strict=True):
        drive = images @ W.T + b
        log_weights += (colder - warmer) * (images @ (a - base))
        log_weights += (softplus(colder * drive) - softplus(warmer * drive)).sum(1)
        tempered = Rbm(colder * W, colder * b, (1.0 - colder) * base + colder * a)
        images = tempered.gibbs(images, generator)
    log_base = len(b) * math.log(2.0) + float(softplus(base.double()).sum())
    weights = torch.exp(log_weights - log_weights.max())
    log_mean = float(log_weights.max() + weights.mean().log())
    return Annealed(
        log_partition=log_base + log_mean,
        error=float(weights.std() / weights.mean()) / math.sqrt(chains),
        particles=images,
        effective_chains=float(weights.sum() ** 2 / (weights**2).sum()),
    )
