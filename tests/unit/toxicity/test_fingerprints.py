from __future__ import annotations

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from triptych.toxicity.fingerprints import Fingerprint, fingerprints

SMILES = ["CO", "CN", "CCl", "Cc1ccccc1", "CC(=O)O", "CC#N", "CCO", "CCN", "CCCl"]


def test_bits_are_those_of_rdkit():
    bits = fingerprints(SMILES, Fingerprint(radius=2, bits=512)).toarray()
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=512)
    for row, text in zip(bits, SMILES, strict=True):
        np.testing.assert_array_equal(
            row, generator.GetFingerprintAsNumPy(Chem.MolFromSmiles(text))
        )
