"""What a trained model says about molecules: logits, and how much each atom matters to a task.

Everything is a mean over a molecule's spellings: each is predicted by itself, what it says of its
tokens is mapped to the atoms, and there the spellings meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.toxicity.batches import EVAL_BATCH_SIZE, Batch, Encoded, sorted_batches
from triptych.toxicity.models import Model
from triptych.toxicity.packing import Packing

PAIRS = 128
"""Molecules with one task each in a batch of integrated gradients."""


class Prediction(NamedTuple):
    """What a model says about molecules.

    Attributes
    ----------
    logit
        Log odds, (molecule, task) float32.
    mask
        The share of the pooled mass that lies on an atom, (molecule, task, atom) float32. Atoms of
        one token have equal parts of it. Sums to 1 over a molecule, NaN beyond it.
    evidence
        What the token of an atom says for the task, (molecule, task, atom) float32: the head's
        weights times its state, NaN beyond the molecule.
    """

    logit: NDArray
    mask: NDArray
    evidence: NDArray


def predict(model: Model, molecules: Encoded, device: torch.device) -> Prediction:
    """Return the logits of molecules, and each task's mask and evidence over their heavy atoms.

    Parameters
    ----------
    model
        From :func:`triptych.toxicity.models.build_model`.
    molecules
        Encoded.
    device
        Where the model is.
    """
    model.eval()
    logit = np.zeros(tuple(molecules.label.shape), np.float32)
    mask, evidence = _no_atoms(molecules), _no_atoms(molecules)
    with torch.no_grad():
        for spelling in range(molecules.spellings):
            for index, batch in sorted_batches(molecules, EVAL_BATCH_SIZE, spelling):
                output = model(batch.to(device))
                logit[index] += output.logit.cpu().numpy()
                mask[index] += _parts(output.share, molecules, index, spelling)
                where = molecules.token_of_atom[index, spelling]
                evidence[index] += onto_atoms(output.evidence.cpu(), where)
    return Prediction(*(total / molecules.spellings for total in (logit, mask, evidence)))


def attribute(model: Model, molecules: Encoded, device: torch.device) -> NDArray:
    """Return gradient × input over heavy atoms, normalised like a mask.

    The attribution of a token is ``|∂ logit_t/∂e · e|`` with ``e`` its word embedding (Shrikumar et
    al. 2016, arXiv:1605.01713), restricted to the tokens that hold atoms.

    Parameters
    ----------
    model, molecules, device
        As in :func:`predict`.

    Returns
    -------
    NDArray
        (molecule, task, atom) float32, NaN beyond a molecule.
    """
    model.eval()
    out = _no_atoms(molecules)
    for spelling in range(molecules.spellings):
        for index, batch in sorted_batches(molecules, EVAL_BATCH_SIZE, spelling):
            batch = batch.to(device)
            size = gradient_times_input(model, batch, out.shape[1])
            out[index] += _parts(_share(size, batch), molecules, index, spelling)
    return out / molecules.spellings


def attribute_along_path(
    model: Model, molecules: Encoded, device: torch.device, steps: int
) -> NDArray:
    """Return integrated gradients over heavy atoms, normalised like a mask, where a label is 1.

    The attribution of a token is ``|e · ∫₀¹ ∂ logit_t/∂e (α e) dα|``: the way leads from word
    embeddings of 0 to those of the molecule (Sundararajan et al. 2017, arXiv:1703.01365), by the
    midpoint rule. It costs one pass a step and pair of molecule and task, so that only those pairs
    are computed that a mask is judged by.

    Parameters
    ----------
    model, molecules, device
        As in :func:`predict`.
    steps
        Points on the way.

    Returns
    -------
    NDArray
        (molecule, task, atom) float32, NaN beyond a molecule and where the label is not 1.
    """
    model.eval()
    out = _no_atoms(molecules)
    molecule, task = np.nonzero(molecules.label.numpy() == 1)
    pairs = molecules.select(molecule)
    on_atoms = out[molecule, task]
    for spelling in range(molecules.spellings):
        for index, batch in sorted_batches(pairs, PAIRS, spelling):
            batch = batch.to(device)
            size = integrated_gradients(model, batch, task[index], steps)[..., None]
            on_atoms[index] += _parts(_share(size, batch), pairs, index, spelling)[:, 0]
    out[:] = np.nan
    out[molecule, task] = on_atoms / molecules.spellings
    return out


def gradient_times_input(model: Model, batch: Batch, tasks: int) -> Tensor:
    """Return ``|g · e|`` of every token and task.

    Parameters
    ----------
    model
        Whose logits are differentiated.
    batch
        Of molecules, on the model's device.
    tasks
        Number of tasks.

    Returns
    -------
    Tensor
        (molecule, token, task), 0 at padding.
    """
    with _embedding(model) as embeddings:
        logit = model(batch).logit
    columns = []
    for task in range(tasks):
        (gradient,) = torch.autograd.grad(logit[:, task].sum(), embeddings[0], retain_graph=True)
        columns.append((gradient * embeddings[0]).sum(-1)[0].abs().detach())
    return Packing.of(batch.real).pad(torch.stack(columns, -1))


def integrated_gradients(model: Model, batch: Batch, task: NDArray, steps: int) -> Tensor:
    """Return ``|e · ∫ g|`` of every token, of one task a molecule.

    Parameters
    ----------
    model, batch
        As in :func:`gradient_times_input`.
    task
        Of each molecule, (molecule,).
    steps
        Points on the way from 0 to the embeddings.

    Returns
    -------
    Tensor
        (molecule, token), 0 at padding.
    """
    rows, columns = torch.arange(len(task)), torch.as_tensor(task)
    total: Tensor | float = 0.0
    for step in range(steps):
        scale = (step + 0.5) / steps
        with _embedding(model, scale) as embeddings:
            logit = model(batch).logit
        (gradient,) = torch.autograd.grad(logit[rows, columns].sum(), embeddings[0])
        total = total + gradient / scale
    size = (total * embeddings[0]).sum(-1)[0].abs().detach() / steps
    return Packing.of(batch.real).pad(size)


def onto_atoms(value: Tensor, token_of_atom: Tensor) -> NDArray:
    """Return what tokens have as what their atoms have.

    Parameters
    ----------
    value
        (molecule, token, task).
    token_of_atom
        −1 beyond the molecule, (molecule, atom).

    Returns
    -------
    NDArray
        (molecule, task, atom), NaN beyond a molecule.
    """
    inside = (token_of_atom >= 0)[..., None]
    place = token_of_atom.clamp(min=0)[..., None].expand(-1, -1, value.shape[-1])
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


@contextmanager
def _embedding(model: Model, scale: float = 1.0) -> Iterator[list[Tensor]]:
    """Collect the word embeddings that a pass begins with, and continue it with scaled ones."""
    collected: list[Tensor] = []

    def collect(_module: object, _inputs: object, output: Tensor) -> Tensor:
        collected.append(output)
        return output * scale

    hook = model.encoder.backbone.get_input_embeddings().register_forward_hook(collect)
    try:
        yield collected
    finally:
        hook.remove()
