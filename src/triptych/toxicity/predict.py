"""What a trained model says about molecules: logits, and each task's mask over the atoms.

Everything is a mean over a molecule's spellings: each is predicted by itself, what it says of its
tokens is mapped to the atoms, and there the spellings meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from triptych.toxicity.batches import EVAL_BATCH_SIZE, Encoded, sorted_batches
from triptych.toxicity.models import Model, Output


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
    logit = np.zeros(tuple(molecules.label.shape), np.float32)
    for index, _, output in _outputs(model, molecules, device):
        logit[index] += output.logit.cpu().numpy()
    logit /= molecules.spellings
    return logit


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
    mask, evidence = _zeros_over_atoms(molecules), _zeros_over_atoms(molecules)
    for index, spelling, output in _outputs(model, molecules, device):
        logit[index] += output.logit.cpu().numpy()
        mask[index] += atom_shares(output.share, molecules, index, spelling)
        token_of_atom = molecules.token_of_atom[index, spelling]
        evidence[index] += onto_atoms(output.evidence.cpu(), token_of_atom)
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


def onto_atoms(value: Tensor, token_of_atom: Tensor) -> NDArray:
    """Return values of tokens as values of the atoms that they hold.

    Parameters
    ----------
    value : Tensor of shape (molecule, position, task)
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


def atom_shares(share: Tensor, molecules: Encoded, index: NDArray, spelling: int) -> NDArray:
    """Return tokens' shares as atoms' shares; atoms of one token have equal parts of it.

    Parameters
    ----------
    share : Tensor of shape (selected, position, task)
    molecules : Encoded
    index : int64 ndarray of shape (selected,)
        Positions of the molecules that the shares are of.
    spelling : int
        In which they were read.

    Returns
    -------
    ndarray of shape (selected, task, atom)
        NaN beyond a molecule.
    """
    count = molecules.atoms[index, spelling, : share.shape[1], None].clamp(min=1)
    return onto_atoms(share.cpu() / count, molecules.token_of_atom[index, spelling])


def _zeros_over_atoms(molecules: Encoded) -> NDArray:
    """Return zeros, (molecule, task, atom) float32."""
    shape = (*molecules.label.shape, molecules.token_of_atom.shape[-1])
    return np.zeros(shape, np.float32)
