"""The model: a latent one-hot state and binary pixels that regenerate each other in turn.

Two kernels with parameters of their own make the chain ``… → z → x → z′ → x′ → …``
(arXiv:2512.11415):

* recognition  ``A(z|x) = softmax_z(W x + b)``,
* generation   ``B(x|z) = ∏_i Bernoulli(σ(V_zi + a_i))``.

Tying them, ``V = W``, gives back a restricted Boltzmann machine with one-hot hidden state, whose
chain is reversible. All tensors carry a leading model axis: a whole population is one batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.cycles.streams import stream, uniform_

PARAMETER_NAMES = ("W", "b", "V", "a")

INITIAL_STD = 0.01
"""Standard deviation of the weights of a fresh model."""


@dataclass(frozen=True)
class Population:
    """Parameters of M models with K latent states and N pixels each.

    Attributes
    ----------
    W : Tensor of shape (M, K, N)
        Weights of the recognition kernel.
    b : Tensor of shape (M, K)
        Biases of the recognition kernel.
    V : Tensor of shape (M, K, N)
        Pixel fields of each latent state, the paper's ``V`` transposed.
    a : Tensor of shape (M, N)
        Pixel biases, common to all states.

    Raises
    ------
    ValueError
        If the shapes do not belong together.
    """

    W: Tensor
    b: Tensor
    V: Tensor
    a: Tensor

    def __post_init__(self) -> None:
        models, states, pixels = self.W.shape
        shapes = {"b": (models, states), "V": (models, states, pixels), "a": (models, pixels)}
        for name, expected in shapes.items():
            shape = tuple(getattr(self, name).shape)
            if shape != expected:
                raise ValueError(f"parameter {name} has shape {shape}, but W asks for {expected}")

    @property
    def models(self) -> int:
        """Number M of models."""
        return self.W.shape[0]

    @property
    def states(self) -> int:
        """Number K of latent states."""
        return self.W.shape[1]

    @property
    def pixels(self) -> int:
        """Number N of pixels."""
        return self.W.shape[2]

    @property
    def fields(self) -> Tensor:
        """Logits of the pixels given the state, ``V_z + a``, shape (M, K, N)."""
        return self.V + self.a[:, None]

    def model(self, number: int) -> Population:
        """Return one of the models, from 0; its tensors keep the model axis and share memory."""
        one = slice(number, number + 1)
        return Population(self.W[one], self.b[one], self.V[one], self.a[one])

    def tensors(self) -> dict[str, Tensor]:
        """Return the parameters by name, as safetensors stores them.

        Returns
        -------
        dict of str to Tensor
            Each parameter with the shape that the class states, without units.
        """
        return {name: getattr(self, name) for name in PARAMETER_NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor]) -> Population:
        """Take the parameters out of a mapping that has them by name, as :meth:`tensors` does.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            Each parameter with the shape that the class states.

        Raises
        ------
        KeyError
            If a parameter is missing.
        """
        return cls(*(tensors[name] for name in PARAMETER_NAMES))


def initialise(mean_image: Tensor, states: int, seeds: Sequence[int], tied: bool) -> Population:
    """Draw small random weights, with the pixel biases at the logit of the data's mean.

    Parameters
    ----------
    mean_image : Tensor of shape (N,)
        Mean of the binary training images. It is clipped to [1e-3, 1 − 1e-3].
    states : int
        K.
    seeds : sequence of int, length M
        A model's parameters depend on its own seed alone.
    tied : bool
        Start at ``V = W``. The tied gradient then keeps it so.

    Returns
    -------
    Population
        M models with the type of ``mean_image``.
    """
    pixels = mean_image.numel()
    weights = torch.empty(len(seeds), 2, states, pixels, dtype=mean_image.dtype)
    for weight, seed in zip(weights, seeds, strict=True):
        weight.normal_(0.0, INITIAL_STD, generator=stream(seed, "weights"))
    W = weights[:, 0].contiguous()
    return Population(
        W=W,
        b=torch.zeros(len(seeds), states, dtype=mean_image.dtype),
        V=W.clone() if tied else weights[:, 1].contiguous(),
        a=torch.logit(mean_image, eps=1e-3).expand(len(seeds), pixels).clone(),
    )


def latent_logits(population: Population, images: Tensor) -> Tensor:
    """Return the logits of the recognition kernel, ``W x + b``.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (M, n, N)
        Zeros and ones, a batch of its own for each model.

    Returns
    -------
    Tensor of shape (M, n, K)
        In nats, but for a constant of each image.
    """
    return torch.baddbmm(population.b[:, None], images, population.W.transpose(1, 2))


def log_visible(fields: Tensor, images: Tensor) -> Tensor:
    """Return ``log B(x|z) = Σ_i x_i f_zi − log(1 + exp f_zi)``, with the fields ``f``.

    Parameters
    ----------
    fields : Tensor of shape (M, K, N)
        ``Population.fields``.
    images : Tensor of shape (n, N)
        Zeros and ones. One batch serves all models, so that it is a single matrix product.

    Returns
    -------
    Tensor of shape (M, n, K)
        In nats.
    """
    models, states, pixels = fields.shape
    energy = images @ fields.reshape(models * states, pixels).T
    normaliser = torch.nn.functional.softplus(fields).sum(-1)
    return energy.view(-1, models, states).transpose(0, 1) - normaliser[:, None]


def sample_latent(probabilities: Tensor, uniform: Tensor) -> Tensor:
    """Draw latent states by inverting the cumulative distribution.

    Parameters
    ----------
    probabilities : Tensor of shape (..., K)
    uniform : Tensor of shape (...)
        Uniform numbers in [0, 1).

    Returns
    -------
    int64 Tensor of shape (...)
        From 0 to K − 1.
    """
    states = probabilities.shape[-1]
    cumulative = probabilities.cumsum(-1)
    # Rounding may leave the last sum below one; a number above it belongs to the last state.
    return (uniform[..., None] >= cumulative).sum(-1).clamp_(max=states - 1)


def sample_visible(probabilities: Tensor, states: Tensor, uniform: Tensor) -> Tensor:
    """Turn uniform numbers into images drawn from ``B(·|z)``, in place.

    Parameters
    ----------
    probabilities : Tensor of shape (M, K, N)
        ``σ(fields)``.
    states : int64 Tensor of shape (M, n)
    uniform : Tensor of shape (M, n, N)
        Uniform numbers in [0, 1). They are overwritten by the images.

    Returns
    -------
    Tensor of shape (M, n, N)
        ``uniform`` itself, now zeros and ones.
    """
    models, state_count, pixels = probabilities.shape
    offsets = torch.arange(models)[:, None] * state_count
    rows = probabilities.view(-1, pixels).index_select(0, (states + offsets).flatten())
    return uniform.lt_(rows.view_as(uniform))


def draw_images(model: Population, states: Tensor, generator: torch.Generator) -> Tensor:
    """Draw one image from ``B(·|z)`` for each of the given states of one model.

    Parameters
    ----------
    model : Population
        Of one model.
    states : int64 Tensor of shape (n,)
    generator : torch.Generator

    Returns
    -------
    Tensor of shape (n, N)
        Zeros and ones of the type of the parameters.
    """
    uniform = uniform_(torch.empty(1, len(states), model.pixels, dtype=model.W.dtype), generator)
    return sample_visible(torch.sigmoid(model.fields), states[None], uniform)[0]
