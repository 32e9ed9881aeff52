"""Morgan fingerprints: the substructures around a molecule's atoms, hashed to bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rdkit.Chem import rdFingerprintGenerator
from rdkit.DataStructs import ExplicitBitVect
from scipy import sparse

from triptych.toxicity.smiles import read_canonical


@dataclass(frozen=True)
class Fingerprint:
    """Morgan fingerprint: radius in bonds, and length in bits that substructures are hashed to."""

    radius: int
    bits: int


def bit_vectors(smiles: Sequence[str], settings: Fingerprint) -> list[ExplicitBitVect]:
    """Return Morgan fingerprints as RDKit has them (Rogers and Hahn 2010).

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)
        Canonical.
    settings : Fingerprint

    Returns
    -------
    list of ExplicitBitVect, shape (molecule,)

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    generator = rdFingerprintGenerator.GetMorganGenerator(
        radius=settings.radius, fpSize=settings.bits
    )
    return [generator.GetFingerprint(read_canonical(str(text))) for text in smiles]


def fingerprints(smiles: Sequence[str], settings: Fingerprint) -> sparse.csr_matrix:
    """Return :func:`bit_vectors` as zeros and ones.

    Sparse: some 2 % of the bits are set, and trees are grown twice as fast.

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)
        Canonical.
    settings : Fingerprint

    Returns
    -------
    float32 csr_matrix of shape (molecule, bit)

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    rows = [bits.GetOnBits() for bits in bit_vectors(smiles, settings)]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.concatenate([np.array(row, dtype=np.int32) for row in rows])
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(rows), settings.bits))
