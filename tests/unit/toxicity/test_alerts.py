"""The generated dataset: the same every time, its labels and truth checked against its parts."""

import subprocess
import sys

import numpy as np
import pytest
from rdkit import Chem

from triptych.toxicity.alerts import alert_atoms, alert_dataset, frequent
from triptych.toxicity.building_blocks import BUILDING_BLOCKS
from triptych.toxicity.recombine import Sizes, fragments, recombine
from triptych.toxicity.smiles import atom_offsets

DIGEST = """
import hashlib
from triptych.toxicity.building_blocks import BUILDING_BLOCKS
from triptych.toxicity.recombine import Sizes, recombine
molecules = recombine(list(BUILDING_BLOCKS.values())[:60], 120, Sizes(8, 45, 128), 3)
print(hashlib.sha256(" ".join(molecules).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def store():
    return alert_dataset(500, 6, 0, "alerts", 128)


def molecule(smiles):
    return Chem.MolFromSmiles(smiles)


def test_building_blocks_are_distinct_molecules():
    assert len(BUILDING_BLOCKS) > 200
    canonical = [Chem.CanonSmiles(smiles) for smiles in BUILDING_BLOCKS.values()]
    assert len(set(canonical)) == len(canonical)


def test_all_matches_of_an_alert_are_found_where_the_catalog_tells_one():
    #                              0  1    2   3  4 5  6  7     8   9
    (atoms,) = alert_atoms([molecule("O=[N+]([O-])CCCC[N+](=O)[O-]")])
    assert atoms["nitro_group"] == {0, 1, 2, 7, 8, 9}
    (atoms,) = alert_atoms([molecule("O=CCCC=O")])
    assert {0, 1, 4, 5} <= atoms["aldehyde"]
    assert alert_atoms([molecule("CCO")]) == [{}]


def test_the_dataset_has_what_was_asked(store):
    assert store.sizes["molecule"] == store.attrs["counts"]["kept"] == 500
    assert store.sizes["task"] == 6
    assert store.heavy_atoms.min() >= 8
    assert store.heavy_atoms.max() == store.sizes["atom"] <= 45
    assert store.tokens.max() <= 128
    share = store.label.values.mean(0)
    assert ((share >= 0.02) & (share <= 0.4)).all()
    assert (np.diff(share) <= 0).all()
    assert not any("*" in str(text) for text in store.smiles.values)


def test_truth_agrees_with_labels_and_lies_inside_the_molecule(store):
    alert = store.alert.values
    np.testing.assert_array_equal(alert.any(-1), store.label.values == 1)
    beyond = np.arange(store.sizes["atom"]) >= store.heavy_atoms.values[:, None]
    assert not alert[np.broadcast_to(beyond[:, None], alert.shape)].any()


def test_truth_is_in_written_order(store):
    task = list(store.task.values).index("nitro_group")
    checked = 0
    for row in np.flatnonzero(store.label.values[:, task] == 1):
        text = str(store.smiles.values[row])
        offsets = np.array(atom_offsets(text))
        letters = "".join(text[p] for p in offsets[store.alert.values[row, task, : len(offsets)]])
        assert set(letters) == {"N", "O"}
        assert letters.count("O") == 2 * letters.count("N") > 0
        checked += 1
    assert checked > 5


def test_the_seed_alone_decides_also_in_another_process():
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hashes, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for hashes in ("1", "2")
    ]
    assert len(digests[0].strip()) == 64
    assert digests[0] == digests[1]


def test_seeds_differ_and_blocks_come_first():
    blocks = list(BUILDING_BLOCKS.values())[:60]
    sizes = Sizes(8, 45, 128)
    first, second = (recombine(blocks, 150, sizes, seed) for seed in (0, 1))
    known = {Chem.CanonSmiles(block) for block in blocks}
    assert set(first) != set(second)
    assert set(first) & known == set(second) & known
    assert len(set(first)) == 150


def test_fragments_have_ends_and_are_sorted():
    pieces = fragments([molecule("CCOC(=O)c1ccc(N)cc1"), molecule("c1ccccc1")])
    texts = [Chem.MolToSmiles(piece.molecule) for piece in pieces]
    assert texts
    assert all(piece.ends for piece in pieces)
    assert texts == sorted(texts)


def test_blocks_that_suffice_need_no_fragments():
    assert recombine(["c1ccccc1C"], 1, Sizes(1, 45, 128), 0) == ["Cc1ccccc1"]


def test_too_few_molecules_and_too_few_alerts():
    with pytest.raises(ValueError, match="2 building blocks gave 1 distinct molecules, not 5"):
        recombine(["c1ccccc1", "Cc1ccccc1Cl"], 5, Sizes(8, 45, 128), 0)
    with pytest.raises(ValueError, match="SMILES 'C1C': not a SMILES"):
        recombine(["C1C"], 5, Sizes(8, 45, 128), 0)
    with pytest.raises(ValueError, match=r"3 alerts are asked for, but only 1"):
        frequent([{"a": 1, "b": 1}, {"a": 1}, {"a": 1}, {}, {}], 3)


def test_the_rule_for_alerts():
    matched = [{}] * 40 + [{"common": 1}] * 50 + [{"b": 1, "a": 1}] * 5 + [{"c": 1}] * 4
    matched += [{"rare": 1}]
    assert frequent(matched, 3) == ("a", "b", "c")
