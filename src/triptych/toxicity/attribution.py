"""How much each atom matters to a model without masks, by gradients of its logits.

As predictions are, attributions are means over a molecule's spellings, atom by atom.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.toxicity.batches import Batch, Encoded, sorted_batches
from triptych.toxicity.models import Model
from triptych.toxicity.packing import Packing
from triptych.toxicity.predict import atom_shares

ATTRIBUTION_BATCH_SIZE = 32
"""Molecules that are attributed at once: what all layers computed is kept for the way back, as in
a training step, and not dropped layer by layer as in a prediction."""

Attribution = Callable[[Model, Batch, NDArray], Tensor]
"""From a model, a batch and one task of each molecule to sizes, (molecule, position)."""


def attribute(
    model: Model, molecules: Encoded, device: torch.device, attribution: Attribution
) -> NDArray:
    """Return an attribution over heavy atoms, normalised like a mask, where a label is 1.

    Only those pairs of molecule and task are computed that masks are evaluated on: each costs a
    backward pass of its own.

    Parameters
    ----------
    model : Model
    molecules : Encoded
    device : torch.device
        Where the model is.
    attribution : Attribution
        :func:`gradient_times_input` or, of some number of points, :func:`integrated_gradients`:
        absolute values both.

    Returns
    -------
    float32 ndarray of shape (molecule, task, atom)
        NaN beyond a molecule and where the label is not 1.
    """
    model.eval()
    molecule, task = np.nonzero(molecules.label.numpy() == 1)
    pairs = molecules.select(molecule)
    total = np.zeros((len(pairs), pairs.token_of_atom.shape[-1]), np.float32)
    with _frozen(model):
        for spelling in range(pairs.spellings):
            for index, batch in sorted_batches(pairs, ATTRIBUTION_BATCH_SIZE, spelling):
                batch = batch.to(device)
                share = _normalised(attribution(model, batch, task[index])[..., None], batch)
                total[index] += atom_shares(share, pairs, index, spelling)[:, 0]
    attributed = np.full((*molecules.label.shape, total.shape[1]), np.nan, np.float32)
    attributed[molecule, task] = total / pairs.spellings
    return attributed


@contextmanager
def _frozen(model: Model) -> Iterator[None]:
    """Take no gradients of weights: nothing is then kept for them on the way back."""
    trained = [p for p in model.parameters() if p.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_()


def gradient_times_input(model: Model, batch: Batch, task: NDArray) -> Tensor:
    """Return ``|∂ logit_t/∂e · e|`` of every token, ``e`` its word embedding.

    It is the absolute value of what Shrikumar et al. 2016 (arXiv:1605.01713) propose: weights of
    atoms are shares here, and shares have no sign.

    Parameters
    ----------
    model : Model
        Whose logits are differentiated.
    batch : Batch
        Of molecules, on the model's device.
    task : int64 ndarray of shape (molecule,)
        Of each molecule.

    Returns
    -------
    Tensor of shape (molecule, position)
        0 at padding.
    """
    gradient, embedding = _embedding_gradient(model, batch, task, 1.0)
    return Packing.of(batch.real).pad((gradient * embedding).sum(-1).abs())


def integrated_gradients(model: Model, batch: Batch, task: NDArray, points: int) -> Tensor:
    """Return ``|e · ∫₀¹ ∂ logit_t/∂e (α e) dα|`` of every token, by the midpoint rule.

    The way leads from word embeddings of 0 to those of the molecule. It is the absolute value of
    what Sundararajan et al. 2017 (arXiv:1703.01365) propose, as in :func:`gradient_times_input`.

    Parameters
    ----------
    model : Model
    batch : Batch
    task : int64 ndarray of shape (molecule,)
        As in :func:`gradient_times_input`.
    points : int
        On the way, at least 1.

    Returns
    -------
    Tensor of shape (molecule, position)
        0 at padding.
    """
    midpoints = [(k + 0.5) / points for k in range(points)]
    along = [_embedding_gradient(model, batch, task, scale) for scale in midpoints]
    gradient, embedding = torch.stack([gradient for gradient, _ in along]).mean(0), along[0][1]
    return Packing.of(batch.real).pad((gradient * embedding).sum(-1).abs())


def _embedding_gradient(
    model: Model, batch: Batch, task: NDArray, scale: float
) -> tuple[Tensor, Tensor]:
    """Return the gradient of one logit a molecule where all word embeddings are scaled; and these.

    Returns
    -------
    gradient, embedding : Tensor of shape (token, width)
        In a packed row; the embeddings are unscaled.
    """
    embeddings: list[Tensor] = []

    def scaled(_module: object, _inputs: object, output: Tensor) -> Tensor:
        embeddings.append(output.detach())
        embeddings.append((output * scale).detach().requires_grad_())
        return embeddings[1]

    hook = model.encoder.backbone.embeddings.word_embeddings.register_forward_hook(scaled)
    try:
        logit = model(batch).logit
    finally:
        hook.remove()
    chosen = logit[torch.arange(len(task)), torch.as_tensor(task)].sum()
    return torch.autograd.grad(chosen, embeddings[1])[0], embeddings[0]


def _normalised(size: Tensor, batch: Batch) -> Tensor:
    """Return sizes, (molecule, position, task), as shares of the sum over the tokens with atoms."""
    inside = size * batch.gated[..., None]
    return inside / inside.sum(1, keepdim=True).clamp(min=torch.finfo(size.dtype).tiny)
