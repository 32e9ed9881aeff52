from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from triptych.apply.applicability import Neighbourhood

TRAINING = ["CCO", "Clc1ccccc1", "CC(=O)Nc1ccc(O)cc1", "CCCCCC", "CC(=O)Oc1ccccc1C(=O)O"]
HELD_OUT = ["CCN", "Clc1ccc(Cl)cc1", "CCCCCCC", "[Na+].[Cl-]"]


def by_rdkit(smiles):
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    bits = [generator.GetFingerprint(Chem.MolFromSmiles(text)) for text in TRAINING]
    one = generator.GetFingerprint(Chem.MolFromSmiles(smiles))
    return np.array(DataStructs.BulkTanimotoSimilarity(one, bits))


def test_the_nearest_is_the_most_similar_by_tanimoto():
    asked = [*HELD_OUT[:-1], "CC(=O)Nc1ccccc1", "CCO"]
    similarity, nearest = Neighbourhood.of(TRAINING, HELD_OUT).nearest(asked)
    for text, value, near in zip(asked, similarity, nearest, strict=True):
        expected = by_rdkit(text)
        assert value == pytest.approx(expected.max(), abs=1e-6)
        assert near == TRAINING[expected.argmax()]
    assert (similarity[-1], nearest[-1]) == (1, "CCO")


def test_no_training_molecule_is_the_nearest_where_none_shares_a_substructure():
    similarity, nearest = Neighbourhood.of(TRAINING, HELD_OUT).nearest(["[Na+].[Cl-]"])
    assert (similarity.tolist(), nearest) == ([0], [""])


def test_a_training_molecule_is_its_own_nearest_though_its_mirror_image_has_the_same_bits():
    mirrored = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"]
    similarity, nearest = Neighbourhood.of(mirrored, HELD_OUT).nearest(mirrored)
    assert nearest == mirrored
    assert similarity.tolist() == [1, 1]


def test_the_rank_is_the_share_of_molecules_held_out_that_are_at_most_as_near():
    neighbourhood = Neighbourhood.of(TRAINING, HELD_OUT)
    own, _ = neighbourhood.nearest(HELD_OUT)
    assert neighbourhood.held_out.tolist() == sorted(own)
    ranks = neighbourhood.rank(np.array([-0.01, *neighbourhood.held_out, 1.0]))
    np.testing.assert_allclose(ranks, [0, 0.25, 0.5, 0.75, 1, 1])
