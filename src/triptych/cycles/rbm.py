"""The equilibrium reference: a restricted Boltzmann machine with independent hidden units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.cycles.optimise import rmsprop_
from triptych.cycles.streams import stream, uniform_
from triptych.runtime.monitor import Monitor, NullMonitor

softplus = torch.nn.functional.softplus


@dataclass(frozen=True)
class Rbm:
    """``p(x, h) ∝ exp(a·x + b·h + h·W x)`` with H hidden and N visible binary units.

    Attributes
    ----------
    W : Tensor, shape (H, N)
        Weights.
    b : Tensor, shape (H,)
        Biases of the hidden units.
    a : Tensor, shape (N,)
        Biases of the pixels.
    """

    W: Tensor
    b: Tensor
    a: Tensor

    def tensors(self) -> dict[str, Tensor]:
        """Return the parameters by name.

        Returns
        -------
        dict of str to Tensor
            ``W`` (H, N), ``b`` (H,) and ``a`` (N,).
        """
        return {"W": self.W, "b": self.b, "a": self.a}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Rbm:
        """Take the parameters out of a mapping.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            As from :meth:`tensors`.

        Raises
        ------
        KeyError
            If a parameter is missing.
        """
        return cls(tensors["W"], tensors["b"], tensors["a"])

    def log_unnormalised(self, images: Tensor) -> Tensor:
        """Return ``log Σ_h exp(a·x + b·h + h·W x)`` of every image.

        Parameters
        ----------
        images : Tensor, shape (n, N)
            Zeros and ones.

        Returns
        -------
        Tensor, shape (n,)
            In nats.
        """
        return images @ self.a + softplus(images @ self.W.T + self.b).sum(-1)

    def gibbs(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Update all hidden and then all visible units once.

        Parameters
        ----------
        images : Tensor, shape (n, N)
            Zeros and ones.
        generator : torch.Generator

        Returns
        -------
        Tensor, shape (n, N)
            Zeros and ones.
        """
        hidden = _bernoulli(torch.sigmoid(images @ self.W.T + self.b), generator)
        return _bernoulli(torch.sigmoid(hidden @ self.W + self.a), generator)


def comparable_hidden(states: int, pixels: int) -> int:
    """Return the H for which an RBM has about as many parameters as a cycle model.

    Parameters
    ----------
    states : int
        K of the cycle model.
    pixels : int
        N.

    Returns
    -------
    int
    """
    return round((2 * states * pixels + states) / (pixels + 1))


@dataclass(frozen=True)
class RbmTraining:
    """Settings of persistent contrastive divergence.

    Attributes
    ----------
    hidden : int
    iterations : int
    learning_rate : float
        Falls linearly to zero (Tieleman, 2008), so that the persistent chains can keep up with the
        parameters in the end.
    batch_size, chains : int
    seed : int
    """

    hidden: int
    iterations: int
    learning_rate: float
    batch_size: int
    chains: int
    seed: int

    def __post_init__(self) -> None:
        for name in ("hidden", "iterations", "batch_size", "chains"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")


def train(images: Tensor, settings: RbmTraining, monitor: Monitor | None = None) -> Rbm:
    """Train by persistent contrastive divergence (Tieleman, 2008), by RMSprop ascent.

    The particles make one Gibbs step an iteration.

    Parameters
    ----------
    images : Tensor, shape (n, N)
        Zeros and ones.
    settings : RbmTraining
    monitor : Monitor, optional

    Returns
    -------
    Rbm

    Raises
    ------
    FloatingPointError
        If a parameter stops being finite; names the parameter, the settings and the iteration.
    """
    monitor = monitor or NullMonitor()
    generator = stream(settings.seed, "rbm")
    state = monitor.load_checkpoint() or _begin(images, settings, generator)
    generator.set_state(state["generator"])
    rbm = Rbm(state["W"].clone(), state["b"].clone(), state["a"].clone())
    moments = {name: state[f"moment/{name}"].clone() for name in rbm.tensors()}
    particles = state["particles"].clone()

    def snapshot() -> dict[str, Tensor]:
        return {
            **{name: parameter.clone() for name, parameter in rbm.tensors().items()},
            **{f"moment/{name}": moment.clone() for name, moment in moments.items()},
            "particles": particles.clone(),
            "generator": generator.get_state(),
            "iteration": torch.tensor(iteration),
        }

    for iteration in range(int(state["iteration"]) + 1, settings.iterations + 1):
        rows = torch.randint(len(images), (settings.batch_size,), generator=generator)
        particles = rbm.gibbs(particles, generator)
        remaining = 1.0 - (iteration - 1) / settings.iterations
        rates = torch.tensor([settings.learning_rate * remaining])
        rmsprop_(
            _with_model_axis(rbm),
            _with_model_axis(moments),
            _with_model_axis(_gradient(rbm, images[rows], particles)),
            rates,
        )
        for name, parameter in rbm.tensors().items():
            if not torch.isfinite(parameter.sum()):
                raise FloatingPointError(
                    f"parameter {name} of the RBM (H = {settings.hidden}, learning rate "
                    f"{settings.learning_rate:g}) is not finite after iteration {iteration}"
                )
        monitor.report(iteration, settings.iterations)
        monitor.save_checkpoint(snapshot)
    return rbm


def _begin(images: Tensor, settings: RbmTraining, generator: torch.Generator) -> dict[str, Tensor]:
    """Return the state before the first iteration; the chains start at training images."""
    pixels, dtype = images.shape[1], images.dtype
    W = torch.empty(settings.hidden, pixels, dtype=dtype).normal_(0.0, 0.01, generator=generator)
    start = Rbm(W, torch.zeros(settings.hidden, dtype=dtype), torch.logit(images.mean(0), eps=1e-3))
    rows = torch.randint(len(images), (settings.chains,), generator=generator)
    return {
        **start.tensors(),
        **{f"moment/{name}": torch.zeros_like(p) for name, p in start.tensors().items()},
        "particles": images[rows],
        "generator": generator.get_state(),
        "iteration": torch.tensor(0),
    }


def _gradient(rbm: Rbm, images: Tensor, particles: Tensor) -> Rbm:
    """Return the difference of the sufficient statistics of data and particles."""
    data = torch.sigmoid(images @ rbm.W.T + rbm.b)
    model = torch.sigmoid(particles @ rbm.W.T + rbm.b)
    return Rbm(
        W=data.T @ images / len(images) - model.T @ particles / len(particles),
        b=data.mean(0) - model.mean(0),
        a=images.mean(0) - particles.mean(0),
    )


def _with_model_axis(parameters: Rbm | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give every parameter a leading model axis of one, sharing memory."""
    tensors = parameters.tensors() if isinstance(parameters, Rbm) else parameters
    return {name: tensor[None] for name, tensor in tensors.items()}


def _bernoulli(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Draw zeros and ones of the type of ``probabilities``."""
    return uniform_(torch.empty_like(probabilities), generator).lt_(probabilities)
