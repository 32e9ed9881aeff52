"""Fragments under masks."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.toxicity.fragments import FRAGMENTS, enrichment, matched_atoms

RINGS = [atom for atom in range(20) if atom not in (0, 11, 15)]  # of testosterone, without methyls
NITRO = "O=[N+]([O-])c1ccccc1"  # nitro: the first three atoms; ring: the other six


def covered(smiles, fragment, atoms=21):
    names = list(FRAGMENTS)
    return np.flatnonzero(matched_atoms([smiles], atoms)[0, names.index(fragment)]).tolist()


@pytest.mark.parametrize(
    ("smiles", "fragment", "expected"),
    [
        (NITRO, "nitro", [0, 1, 2]),
        (NITRO, "benzene", [3, 4, 5, 6, 7, 8]),
        ("CC(=O)O", "carboxylic acid", [1, 2, 3]),
        ("CC(=O)[O-].[Na+]", "carboxylic acid", [1, 2, 3]),
        ("CC(=O)[O-].[Na+]", "metal", [4]),
        ("CC(=O)OC", "ester", [1, 2, 3, 4]),
        ("CC(=O)OC", "ether", []),
        ("COC", "ether", [0, 1, 2]),
        ("CC(=O)Nc1ccccc1", "amide", [1, 2, 3]),
        ("CC(=O)Nc1ccccc1", "aromatic amine", []),
        ("Nc1ccccc1", "aromatic amine", [0, 1]),
        ("CN(C)C", "tertiary amine", [0, 1, 2, 3]),
        ("ClCCCl", "chloro", [0, 1, 2, 3]),  # both matches
        ("O=C1C=CC(=O)C=C1", "quinone", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("CCOP(C)(=O)OCC", "phosphate or phosphonate", [2, 3, 5, 6]),
        ("[2H]C#N", "nitrile", [0, 1]),  # written-out hydrogen is not counted
        ("c1ccc2ccccc2c1", "fused six-rings", list(range(10))),
        ("CC12CCC3C(CCC4=CC(=O)CCC43C)C1CCC2O", "steroid", RINGS),
        ("c1ccc2c(c1)ccc1ccccc12", "steroid", []),
        ("[Ar]", "metal", []),
        ("*c1ccccc1", "benzene", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_atoms_of_known_fragments(smiles, fragment, expected):
    assert covered(smiles, fragment) == expected


def test_uniform_masks_enrich_nothing(build):
    smiles = [NITRO, "Nc1ccccc1", "ClCCCl"] * 10
    size = np.array([9, 7, 4] * 10)
    inside = np.arange(9) < size[:, None]
    mask = np.where(inside, 1 / size[:, None], np.nan)[:, None]
    enriched = enrichment(mask, smiles, minimum=5, resamples=50, seed=0)
    assert {"nitro", "benzene", "aromatic amine", "chloro"} <= set(enriched.fragment)
    assert enriched.log2_ratio == pytest.approx(0, abs=1e-9)


def test_enrichment_in_a_known_case():
    """All mass on the nitro group of nine atoms: 9/3 = 3 times its share; none on the ring."""
    mask = np.zeros((20, 2, 9))
    mask[:, 0, :3] = 1 / 3
    mask[:, 1] = 1 / 9
    enriched = enrichment(5 * mask, [NITRO] * 20, minimum=20, resamples=50, seed=0)
    row = enriched.fragment.index("nitro")
    assert enriched.log2_ratio[row] == pytest.approx([np.log2(3), 0])
    assert enriched.low[row, 0] == pytest.approx(np.log2(3))
    assert enriched.molecules[row] == 20
    assert enriched.log2_ratio[enriched.fragment.index("benzene"), 0] == -10  # the floor


def test_interval_holds_the_ratio_and_rare_fragments_are_left_out():
    rng = np.random.default_rng(0)
    mask = rng.random((30, 1, 9))
    smiles = [NITRO] * 28 + ["CCCCCCCCS"] * 2
    enriched = enrichment(mask, smiles, minimum=3, resamples=200, seed=0)
    assert "thiol" not in enriched.fragment
    assert (enriched.low <= enriched.log2_ratio).all()
    assert (enriched.log2_ratio <= enriched.high).all()
    again = enrichment(mask, smiles, minimum=3, resamples=200, seed=0)
    assert np.array_equal(enriched.low, again.low)


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match="9 heavy atoms, more than 5"):
        matched_atoms([NITRO], 5)
    with pytest.raises(ValueError, match="C1CC"):
        matched_atoms(["C1CC"], 5)
