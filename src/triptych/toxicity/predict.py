"""What a trained model says about molecules: logits, and how much each atom matters to a task."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.toxicity.batches import EVAL_BATCH_SIZE, Batch, Encoded, sorted_batches
from triptych.toxicity.models import Model
from triptych.toxicity.packing import Packing


def predict(
    model: Model, molecules: Encoded, token_of_atom: NDArray, device: torch.device
) -> tuple[NDArray, NDArray]:
    """Return the logits of molecules and each task's mask over their heavy atoms.

    Parameters
    ----------
    model
        From :func:`triptych.toxicity.models.build_model`.
    molecules
        Encoded.
    token_of_atom
        Position of the token that holds an atom, −1 beyond the molecule, (molecule, atom).
    device
        Where the model is.

    Returns
    -------
    logit
        Log odds, (molecule, task) float32.
    mask
        The share of the pooled mass that lies on an atom, (molecule, task, atom) float32. Atoms of
        one token have equal parts of it. Sums to 1 over a molecule, NaN beyond it.
    """
    model.eval()
    tasks, atoms = molecules.label.shape[1], token_of_atom.shape[1]
    logit = np.full((len(molecules), tasks), np.nan, np.float32)
    mask = np.full((len(molecules), tasks, atoms), np.nan, np.float32)
    with torch.no_grad():
        for index, batch in sorted_batches(molecules, EVAL_BATCH_SIZE):
            output = model(batch.to(device))
            logit[index] = output.logit.cpu().numpy()
            count = molecules.atoms[torch.as_tensor(index), : batch.token.shape[1]]
            mask[index] = onto_atoms(output.share.cpu(), count, token_of_atom[index])
    return logit, mask


def onto_atoms(share: Tensor, atoms: Tensor, token_of_atom: NDArray) -> NDArray:
    """Return tokens' shares as atoms' shares; atoms of one token have equal parts.

    Parameters
    ----------
    share
        (molecule, token, task).
    atoms
        Number of heavy atoms that a token holds, (molecule, token).
    token_of_atom
        −1 beyond the molecule, (molecule, atom).

    Returns
    -------
    NDArray
        (molecule, task, atom), NaN beyond a molecule.
    """
    each = (share / atoms.clamp(min=1)[..., None]).numpy()
    inside = token_of_atom >= 0
    rows = np.arange(len(token_of_atom))[:, None]
    atom_share = each[rows, np.where(inside, token_of_atom, 0)]
    return np.where(inside[..., None], atom_share, np.nan).transpose(0, 2, 1)


def attribute(
    model: Model, molecules: Encoded, token_of_atom: NDArray, device: torch.device
) -> NDArray:
    """Return gradient × input over heavy atoms, normalised like a mask.

    The attribution of a token is ``|∂ logit_t/∂e · e|`` with ``e`` its word embedding (Shrikumar et
    al. 2016, arXiv:1605.01713), restricted to the tokens that hold atoms.

    Parameters
    ----------
    model, molecules, token_of_atom, device
        As in :func:`predict`.

    Returns
    -------
    NDArray
        (molecule, task, atom) float32, NaN beyond a molecule.
    """
    model.eval()
    tasks, atoms = molecules.label.shape[1], token_of_atom.shape[1]
    out = np.full((len(molecules), tasks, atoms), np.nan, np.float32)
    for index, batch in sorted_batches(molecules, EVAL_BATCH_SIZE):
        size = gradient_times_input(model, batch.to(device), tasks).cpu()
        size = size * batch.gated[..., None]
        share = size / size.sum(1, keepdim=True).clamp(min=torch.finfo(size.dtype).tiny)
        count = molecules.atoms[torch.as_tensor(index), : batch.token.shape[1]]
        out[index] = onto_atoms(share, count, token_of_atom[index])
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
    embeddings: list[Tensor] = []
    embedding = model.encoder.backbone.get_input_embeddings()
    hook = embedding.register_forward_hook(
        lambda _module, _inputs, output: embeddings.append(output)
    )
    try:
        logit = model(batch).logit
    finally:
        hook.remove()
    columns = []
    for task in range(tasks):
        (gradient,) = torch.autograd.grad(logit[:, task].sum(), embeddings[0], retain_graph=True)
        columns.append((gradient * embeddings[0]).sum(-1)[0].abs().detach())
    return Packing.of(batch.real).pad(torch.stack(columns, -1))
