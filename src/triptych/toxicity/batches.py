"""Encoded molecules in batches of like length, each padded only to its own longest molecule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
import xarray as xr
from torch import Tensor

LENGTH_MULTIPLE = 8
"""Batches are padded to a multiple of this many tokens: matrix units like it."""

EVAL_BATCH_SIZE = 128
"""Molecules in a batch that no model is trained on."""

LENGTH_NOISE = 0.1
"""Noise on the length by which molecules are sorted, as a share of it: buckets differ by epoch."""

SPELLED = ("token", "length", "token_of_atom", "atoms")
"""What an encoded molecule has for every spelling."""


@dataclass(frozen=True)
class Batch:
    """Some molecules, padded to one length.

    Attributes
    ----------
    token : int64 Tensor of shape (molecule, position)
        What stands in the padding does not matter.
    real : bool Tensor of shape (molecule, position)
        Not padding.
    gated : bool Tensor of shape (molecule, position)
        The tokens that may be pooled, those that hold heavy atoms.
    label : float32 Tensor of shape (molecule, task)
        NaN where missing.
    """

    token: Tensor
    real: Tensor
    gated: Tensor
    label: Tensor

    def to(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True)
class Encoded:
    """All molecules of a data set as tensors, encoded once, in the integers of their store.

    Attributes
    ----------
    token : int32 Tensor of shape (molecule, spelling, position)
        The first spelling is the canonical SMILES.
    length : int16 Tensor of shape (molecule, spelling)
        In tokens, the special ones at both ends included.
    token_of_atom : int16 Tensor of shape (molecule, spelling, atom)
        Position of the token that holds a heavy atom, −1 beyond the molecule.
    atoms : int16 Tensor of shape (molecule, spelling, position)
        Number of heavy atoms that a token holds, of every molecule at least one.
    label : float32 Tensor of shape (molecule, task)
        NaN where missing.
    """

    token: Tensor
    length: Tensor
    token_of_atom: Tensor
    atoms: Tensor
    label: Tensor

    def __len__(self) -> int:
        return len(self.length)

    @property
    def spellings(self) -> int:
        """How many spellings every molecule has."""
        return self.length.shape[1]

    def select(self, index: np.ndarray) -> Encoded:
        """Return some of the molecules.

        Parameters
        ----------
        index : int64 ndarray of shape (selected,)
            Their positions.

        Returns
        -------
        Encoded
            In the order of their positions.
        """
        rows = torch.as_tensor(index)
        return Encoded(*(getattr(self, field.name)[rows] for field in fields(self)))

    @property
    def canonical(self) -> Encoded:
        """The molecules with their canonical SMILES only."""
        spelled = (getattr(self, name)[:, :1] for name in SPELLED)
        return replace(self, **dict(zip(SPELLED, spelled, strict=True)))

    def labelled_for(self, position: int) -> Encoded:
        """Return the molecules that have a label for one task, with this label only, (molecule, 1).

        Parameters
        ----------
        position : int
            Of the task.
        """
        labelled = torch.isfinite(self.label[:, position]).numpy()
        return self.select(np.flatnonzero(labelled)).with_task(position)

    def with_task(self, position: int) -> Encoded:
        """Return all molecules with the label of one task only, (molecule, 1).

        Parameters
        ----------
        position : int
            Of the task.
        """
        return replace(self, label=self.label[:, position : position + 1])

    def batch(self, index: np.ndarray, spelling: int | np.ndarray = 0) -> Batch:
        """Return some molecules padded to the longest of them, and to a multiple of 8 tokens.

        No batch is longer than the store's positions.

        Parameters
        ----------
        index : int64 ndarray of shape (selected,)
            Their positions; at least one.
        spelling : int or int64 ndarray of shape (selected,), optional
            Which spelling, of all or of each.

        Returns
        -------
        Batch
        """
        rows = torch.as_tensor(index), torch.as_tensor(spelling)
        length = self.length[rows]
        padded = -(-int(length.max()) // LENGTH_MULTIPLE) * LENGTH_MULTIPLE
        columns = slice(min(padded, self.token.shape[-1]))
        token, atoms = self.token[rows][:, columns], self.atoms[rows][:, columns]
        position = torch.arange(token.shape[1])
        real = position < length[:, None]
        return Batch(token.long(), real, atoms > 0, self.label[rows[0]])


def encoded(tokens: xr.Dataset, label: np.ndarray) -> Encoded:
    """Return the molecules of a tokens store with their labels as tensors.

    Parameters
    ----------
    tokens : xarray.Dataset
        ``token`` (molecule, spelling, position), ``length`` (molecule, spelling), ``token_of_atom``
        (molecule, spelling, atom), the last −1 beyond a molecule.
    label : ndarray of shape (molecule, task)
        0, 1 or NaN.

    Raises
    ------
    ValueError
        If the labels belong to another number of molecules, or hold anything but 0, 1 and NaN.
    """
    if len(label) != tokens.sizes["molecule"]:
        raise ValueError(f"{len(label)} rows of labels, {tokens.sizes['molecule']} molecules")
    invalid = ~(np.isnan(label) | np.isin(label, (0, 1)))
    if invalid.any():
        row, task = np.argwhere(invalid)[0]
        raise ValueError(f"label {label[row, task]} of molecule {row}, task {task}: not 0, 1, NaN")
    token, token_of_atom = tokens["token"].values, tokens["token_of_atom"].values
    return Encoded(
        torch.as_tensor(token),
        torch.as_tensor(tokens["length"].values),
        torch.as_tensor(token_of_atom),
        torch.as_tensor(atoms_of_tokens(token_of_atom, token.shape[-1])),
        torch.as_tensor(label, dtype=torch.float32),
    )


def atoms_of_tokens(token_of_atom: np.ndarray, positions: int) -> np.ndarray:
    """Return how many heavy atoms each token holds.

    Parameters
    ----------
    token_of_atom : int ndarray of shape (..., atom)
        Position of the token that holds an atom, −1 beyond the molecule.
    positions : int
        Length of the token axis.

    Returns
    -------
    int16 ndarray of shape (..., position)
    """
    *molecule, _ = inside = np.nonzero(token_of_atom >= 0)
    count = np.zeros((*token_of_atom.shape[:-1], positions), np.int16)
    np.add.at(count, (*molecule, token_of_atom[inside]), 1)
    return count


def buckets(length: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return batches of molecules of like length, in random order.

    Molecules are sorted by their length with some noise and cut into runs of like number, so that
    little is padded and yet no two epochs have the same batches. A short batch with what is left
    would always have the longest molecules, and in a loss that is a mean over the batch these would
    weigh several times what others do.

    Parameters
    ----------
    length : ndarray of shape (molecule,)
        In tokens.
    size : int
        Most molecules in a batch.
    rng : numpy.random.Generator
        For the noise and the order.

    Returns
    -------
    list of int64 ndarray of shape (molecule,)
        Positions of the molecules of each batch, as few batches as can be. No batch has more than
        one molecule more than another.
    """
    noisy = length * (1 + LENGTH_NOISE * rng.standard_normal(len(length)))
    order = np.argsort(noisy, kind="stable")
    runs = np.array_split(order, -(-len(order) // size))
    return [runs[i] for i in rng.permutation(len(runs))]


def sorted_batches(
    molecules: Encoded, size: int, spelling: int = 0
) -> Iterator[tuple[np.ndarray, Batch]]:
    """Yield all molecules once, by length: for evaluation.

    Parameters
    ----------
    molecules : Encoded
    size : int
        Molecules in a batch.
    spelling : int, optional
        Which of their spellings.

    Yields
    ------
    index : int64 ndarray of shape (size,)
        Positions of the molecules; fewer in the last batch.
    batch : Batch
    """
    order = np.argsort(molecules.length[:, spelling].numpy(), kind="stable")
    for start in range(0, len(order), size):
        index = order[start : start + size]
        yield index, molecules.batch(index, spelling)
