"""How near a molecule is to those that a model was trained on.

A model knows little of molecules unlike all that it has seen. The similarity is that of Tanimoto
between Morgan fingerprints, the share of the substructures present in either molecule that both
have (Rogers and Hahn 2010); that to the nearest training molecule goes along with the error of a
prediction (Sheridan et al. 2004, J. Chem. Inf. Comput. Sci. 44, 1912).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from rdkit.DataStructs import BulkTanimotoSimilarity, ExplicitBitVect

from triptych.toxicity.fingerprints import Fingerprint, bit_vectors

FINGERPRINT = Fingerprint(radius=2, bits=2048)
"""Substructures of up to two bonds around an atom: what the literature's similarities are of."""


@dataclass(frozen=True)
class Neighbourhood:
    """The molecules that a model was trained on, and how near to them others are.

    Attributes
    ----------
    smiles : sequence of str, shape (training,)
        Of the training molecules, canonical.
    bits : sequence of ExplicitBitVect, shape (training,)
        Their fingerprints.
    held_out : ndarray of shape (held out,)
        Similarity to the nearest of them of molecules that the model was not trained on, ascending.
    """

    smiles: Sequence[str]
    bits: Sequence[ExplicitBitVect]
    held_out: NDArray[np.float64]

    @classmethod
    def of(cls, training: Sequence[str], held_out: Sequence[str]) -> Neighbourhood:
        """Return the neighbourhood of training molecules.

        Parameters
        ----------
        training, held_out : sequence of str
            Canonical SMILES, at least one of either.

        Raises
        ------
        ValueError
            If a SMILES cannot be read.
        """
        alone = cls(training, bit_vectors(training, FINGERPRINT), np.empty(0))
        similarity, _ = alone.nearest(held_out)
        return replace(alone, held_out=np.sort(similarity))

    def nearest(self, smiles: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
        """Return the similarity of molecules to the nearest training molecule, and which it is.

        Parameters
        ----------
        smiles : sequence of str, shape (molecule,)
            Canonical.

        Returns
        -------
        similarity : ndarray of shape (molecule,)
        neighbours : list of str, shape (molecule,)
            SMILES; "" where none shares a substructure. A training molecule is its own nearest
            one: fingerprints of others, such as its mirror image, may equal its own.
        """
        known, similarity, neighbours = set(self.smiles), np.empty(len(smiles)), []
        fingerprints = bit_vectors(smiles, FINGERPRINT)
        for row, (text, bits) in enumerate(zip(smiles, fingerprints, strict=True)):
            tanimoto = BulkTanimotoSimilarity(bits, self.bits)
            place = int(np.argmax(tanimoto))  # of equals the first
            similarity[row] = tanimoto[place]
            likest = self.smiles[place] if tanimoto[place] > 0 else ""
            neighbours.append(text if text in known else likest)
        return similarity, neighbours

    def rank(self, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of the molecules held out that are at most as near.

        Parameters
        ----------
        similarity : ndarray of shape (molecule,)
            To the nearest training molecule.

        Returns
        -------
        ndarray of shape (molecule,)
            From 0, further than all of them, to 1.
        """
        return np.searchsorted(self.held_out, similarity, side="right") / len(self.held_out)
