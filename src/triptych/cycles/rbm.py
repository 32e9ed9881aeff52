"""The equilibrium reference: a restricted Boltzmann machine with independent hidden units."""

from __future__ import annotations

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
    W : Tensor of shape (H, N)
        Weights.
    b : Tensor of shape (H,)
        Biases of the hidden units.
    a : Tensor of shape (N,)
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
            Each parameter with the shape that the class states, without units.
        """
        return {"W": self.W, "b": self.b, "a": self.a}

    def log_unnormalised(self, images: Tensor) -> Tensor:
        """Return ``log Σ_h exp(a·x + b·h + h·W x)`` of every image.

        Parameters
        ----------
        images : Tensor of shape (n, N)
            Zeros and ones.

        Returns
        -------
        Tensor of shape (n,)
            In nats.
        """
        return images @ self.a + softplus(images @ self.W.T + self.b).sum(-1)

    def gibbs(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Update all hidden and then all visible units once.

        Parameters
        ----------
        images : Tensor of shape (n, N)
            Zeros and ones.
        generator : torch.Generator

        Returns
        -------
        Tensor of shape (n, N)
            Zeros and ones.
        """
        hidden = _bernoulli(torch.sigmoid(images @ self.W.T + self.b), generator)
        return _bernoulli(torch.sigmoid(hidden @ self.W + self.a), generator)


def comparable_hidden(states: int, pixels: int) -> int:
    """Return the H for which an RBM has about as many parameters as a cycle model of K states."""
    return round((2 * states * pixels + states) / (pixels + 1))


def train(
    images: Tensor,
    *,
    hidden: int,
    iterations: int,
    learning_rate: float,
    batch_size: int,
    chains: int,
    seed: int,
    monitor: Monitor | None = None,
) -> Rbm:
    """Train by persistent contrastive divergence (Tieleman, 2008), by RMSprop ascent.

    The particles make one Gibbs step an iteration. Training starts where Hinton (2012, section 8)
    does: weights of standard deviation 0.01, hidden biases 0, visible biases at the log odds.

    Parameters
    ----------
    images : Tensor of shape (n, N)
        Zeros and ones.
    hidden : int
        Hidden units H.
    iterations : int
    learning_rate : float
        Falls linearly to zero (Tieleman, 2008), so that the persistent chains can keep up with the
        parameters in the end.
    batch_size, chains : int
        Images a step, drawn with replacement, and persistent chains.
    seed : int
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
    generator = stream(seed, "rbm")
    state = dict(monitor.load_checkpoint() or _begin(images, hidden, chains, generator))
    generator.set_state(state["generator"])
    rbm = Rbm(state["W"], state["b"], state["a"])
    moments = {name: state[f"moment/{name}"] for name in rbm.tensors()}

    def snapshot() -> dict[str, Tensor]:  # parameters and moments change in place
        changed = {"generator": generator.get_state(), "iteration": torch.tensor(iteration)}
        return {**state, **changed}

    for iteration in range(int(state["iteration"]) + 1, iterations + 1):
        rows = torch.randint(len(images), (batch_size,), generator=generator)
        state["particles"] = rbm.gibbs(state["particles"], generator)
        remaining = 1.0 - (iteration - 1) / iterations
        rates = torch.tensor([learning_rate * remaining])
        gradient = _gradient(rbm, images[rows], state["particles"])
        rmsprop_(rbm.tensors(), moments, gradient.tensors(), rates)
        for name, parameter in rbm.tensors().items():
            if not torch.isfinite(parameter.sum()):
                raise FloatingPointError(
                    f"parameter {name} of the RBM (H = {hidden}, learning rate "
                    f"{learning_rate:g}) is not finite after iteration {iteration}"
                )
        monitor.report(iteration, iterations)
        monitor.save_checkpoint(snapshot)
    return rbm


def _begin(
    images: Tensor, hidden: int, chains: int, generator: torch.Generator
) -> dict[str, Tensor]:
    """Return the state before the first iteration; the chains start at training images."""
    pixels, dtype = images.shape[1], images.dtype
    W = torch.empty(hidden, pixels, dtype=dtype).normal_(0.0, 0.01, generator=generator)
    start = Rbm(W, torch.zeros(hidden, dtype=dtype), torch.logit(images.mean(0), eps=1e-3))
    rows = torch.randint(len(images), (chains,), generator=generator)
    return {
        **start.tensors(),
        **{f"moment/{name}": torch.zeros_like(tensor) for name, tensor in start.tensors().items()},
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


def _bernoulli(probabilities: Tensor, generator: torch.Generator) -> Tensor:
    """Draw zeros and ones of the type of ``probabilities``."""
    return uniform_(torch.empty_like(probabilities), generator).lt_(probabilities)
