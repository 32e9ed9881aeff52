"""What a trained model says about molecules: logits, and how much each atom matters to a task.

Everything is a mean over a molecule's spellings: each is predicted by itself, what it says of its
tokens is mapped to the atoms, and there the spellings meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.toxicity.batches import EVAL_BATCH_SIZE, Batch, Encoded, sorted_batches
from triptych.toxicity.models import Model, Output
from triptych.toxicity.packing import Packing

ATTRIBUTION_BATCH_SIZE = 32
"""Molecules that are attributed at once: what all layers computed is kept for the way back, as in
a training step, and not dropped layer by layer as in a prediction."""


class Prediction(NamedTuple):
    """What a model says about molecules.

    Attributes
    ----------
    logit : float32 ndarray of shape (molecule, task)
        Log odds.
    mask : float32 ndarray of shape (molecule, task, atom)
        The share of the pooled mass that lies on an atom. Atoms of one token have equal parts of
        it. Sums to 1 over a molecule, NaN beyond it.
    evidence : float32 ndarray of shape (molecule, task, atom)
        What the token of an atom says for the task: the head's weights times its state, NaN beyond
        the molecule.
    """

    logit: NDArray
    mask: NDArray
    evidence: NDArray


def logits(model: Model, molecules: Encoded, device: torch.device) -> NDArray:
    """Return the logits of molecules, without dropout.

    Parameters
    ----------
    model : Model
        From :func:`triptych.toxicity.models.build_model`.
    molecules : Encoded
    device : torch.device
        Where the model is.

    Returns
    -------
    float32 ndarray of shape (molecule, task)
        Log odds.
    """
    out = np.zeros(tuple(molecules.label.shape), np.float32)
    for index, _, output in _outputs(model, molecules, device):
        out[index] += output.logit.cpu().numpy()
    out /= molecules.spellings
    return out


def predict(model: Model, molecules: Encoded, device: torch.device) -> Prediction:
    """Return the logits of molecules, and each task's mask and evidence over their heavy atoms.

    Parameters
    ----------
    model : Model
        As in :func:`logits`, which does for a model without masks.
    molecules : Encoded
    device : torch.device
        Where the model is.
    """
    logit = np.zeros(tuple(molecules.label.shape), np.float32)
    mask, evidence = _no_atoms(molecules), _no_atoms(molecules)
    for index, spelling, output in _outputs(model, molecules, device):
        logit[index] += output.logit.cpu().numpy()
        mask[index] += _parts(output.share, molecules, index, spelling)
        where = molecules.token_of_atom[index, spelling]
        evidence[index] += onto_atoms(output.evidence.cpu(), where)
    for total in (logit, mask, evidence):
        total /= molecules.spellings
    return Prediction(logit, mask, evidence)


def _outputs(
    model: Model, molecules: Encoded, device: torch.device
) -> Iterator[tuple[NDArray, int, Output]]:
    """Yield, without dropout, what a model says of some molecules at a time in one spelling."""
    model.eval()
    for spelling in range(molecules.spellings):
        for index, batch in sorted_batches(molecules, EVAL_BATCH_SIZE, spelling):
            with torch.no_grad():
                output = model(batch.to(device))
            yield index, spelling, output


Attribution = Callable[[Model, Batch, NDArray], Tensor]
"""From a model, a batch and one task of each molecule to sizes, (molecule, token)."""


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
    out = _no_atoms(molecules)
    molecule, task = np.nonzero(molecules.label.numpy() == 1)
    pairs = molecules.select(molecule)
    on_atoms = out[molecule, task]
    with _frozen(model):
        for spelling in range(pairs.spellings):
            for index, batch in sorted_batches(pairs, ATTRIBUTION_BATCH_SIZE, spelling):
                batch = batch.to(device)
                share = _share(attribution(model, batch, task[index])[..., None], batch)
                on_atoms[index] += _parts(share, pairs, index, spelling)[:, 0]
    out[:] = np.nan
    out[molecule, task] = on_atoms / pairs.spellings
    return out


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
    Tensor of shape (molecule, token)
        0 at padding.
    """
    gradient, embedding = _slope(model, batch, task, 1.0)
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
        On the way.

    Returns
    -------
    Tensor of shape (molecule, token)
        0 at padding.
    """
    slopes = [_slope(model, batch, task, (k + 0.5) / points) for k in range(points)]
    total = torch.stack([gradient for gradient, _ in slopes]).mean(0)
    return Packing.of(batch.real).pad((total * slopes[0][1]).sum(-1).abs())


def _slope(model: Model, batch: Batch, task: NDArray, scale: float) -> tuple[Tensor, Tensor]:
    """Return the gradient of one logit a molecule where all word embeddings are scaled; and these.

    Returns
    -------
    gradient, embedding : Tensor of shape (token, width)
        In a packed row; the embeddings are unscaled.
    """
    embedding: list[Tensor] = []

    def collect(_module: object, _inputs: object, output: Tensor) -> Tensor:
        embedding.append(output.detach())
        embedding.append((output * scale).detach().requires_grad_())
        return embedding[1]

    hook = model.encoder.backbone.embeddings.word_embeddings.register_forward_hook(collect)
    try:
        logit = model(batch).logit
    finally:
        hook.remove()
    chosen = logit[torch.arange(len(task)), torch.as_tensor(task)].sum()
    return torch.autograd.grad(chosen, embedding[1])[0], embedding[0]


def onto_atoms(value: Tensor, token_of_atom: Tensor) -> NDArray:
    """Return what tokens have as what their atoms have.

    Parameters
    ----------
    value : Tensor of shape (molecule, token, task)
        On the CPU.
    token_of_atom : Tensor of shape (molecule, atom)
        −1 beyond the molecule.

    Returns
    -------
    ndarray of shape (molecule, task, atom)
        NaN beyond a molecule.
    """
    inside = (token_of_atom >= 0)[..., None]
    place = token_of_atom.long().clamp(min=0)[..., None].expand(-1, -1, value.shape[-1])
    on_atoms = value.gather(1, place).masked_fill(~inside, torch.nan)
    return np.asarray(on_atoms.transpose(1, 2).numpy())


def _parts(share: Tensor, molecules: Encoded, index: NDArray, spelling: int) -> NDArray:
    """Return tokens' shares as atoms' shares; atoms of one token have equal parts of it."""
    count = molecules.atoms[index, spelling, : share.shape[1], None].clamp(min=1)
    return onto_atoms(share.cpu() / count, molecules.token_of_atom[index, spelling])


def _share(size: Tensor, batch: Batch) -> Tensor:
    """Return sizes, (molecule, token, task), as shares of the sum over the tokens with atoms."""
    inside = size * batch.gated[..., None]
    return inside / inside.sum(1, keepdim=True).clamp(min=torch.finfo(size.dtype).tiny)


def _no_atoms(molecules: Encoded) -> NDArray:
    """Return zeros, (molecule, task, atom) float32."""
    shape = (*molecules.label.shape, molecules.token_of_atom.shape[-1])
    return np.zeros(shape, np.float32)
