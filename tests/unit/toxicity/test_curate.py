"""Every row accounted for, on small cases and on the real tables."""

from itertools import combinations

import numpy as np
import pytest
from shipped import shipped

from triptych.toxicity.curate import CHARACTERS_PER_TOKEN, STATUSES, curate
from triptych.toxicity.smiles import heavy_atoms, read_canonical, tokens
from triptych.toxicity.tables import Table, read_table


def table(rows, tasks=("a", "b")):
    smiles, labels = zip(*rows, strict=True)
    return Table(tuple(smiles), np.array(labels, dtype=np.float32), tasks)


CLASSES = [("CCCl", [0, 1]), ("CCBr", [1, 0])]
"""Rows that give both tasks both classes."""


def test_every_fate():
    rows = [
        ("OCC", [1, 0]),
        ("", [1, 0]),
        ("C1CC", [1, 0]),
        ("C(C)O", [1, 0]),
        ("c1ccccc1", [1, 0]),
        ("C1=CC=CC=C1", [0, 0]),
        ("C" * 30, [1, 0]),
        ("[H][H]", [1, 0]),
        ("C(C)(C)(C)(C)C", [0, 0]),
        ("=cmd()", [0, 0]),
        ("CN1CC->C1Cb2=CN=CC=n2", [0, 0]),
        *CLASSES,
    ]
    store = curate(table(rows), "mine", max_tokens=20)
    assert list(store.status.values) == [
        *("kept", "empty", "unparsable", "duplicate", "conflicting", "conflicting"),
        *("too_long", "empty", "unparsable", "unparsable", "unparsable", "kept", "kept"),
    ]
    reasons = store.reason.values
    assert reasons[0] == ""
    assert "ring" in reasons[2]
    assert reasons[3] == "the molecule of row 1"
    assert reasons[4] == "labels against those of row 6 in a"
    assert reasons[5] == "labels against those of row 5 in a"
    assert reasons[6] == "30 tokens, more than 20"
    assert reasons[7] == "no heavy atom"
    assert "valence for atom # 0 C" in reasons[8]
    assert reasons[10].startswith("RDKit cannot read the SMILES that it writes of it, ")
    assert list(store.smiles.values) == ["CCO", "CCCl", "CCBr"]
    assert list(store.row_of.values) == [0, 11, 12]
    assert list(store.heavy_atoms.values) == [3, 3, 3]
    assert list(store.tokens.values) == [3, 3, 3]
    assert sum(store.attrs["counts"].values()) == len(rows)
    assert tuple(store.attrs["counts"]) == STATUSES


def test_labels_that_do_not_contradict_are_joined():
    nan = np.nan
    rows = [("CCO", [1, nan]), ("OCC", [nan, 0]), ("C(O)C", [1, nan]), *CLASSES]
    store = curate(table(rows), "mine", 20)
    assert list(store.status.values[:3]) == ["kept", "duplicate", "duplicate"]
    np.testing.assert_array_equal(store.label.values[0], [1, 0])


def test_one_contradiction_among_many_drops_them_all():
    nan = np.nan
    rows = [("CCO", [1, nan]), ("OCC", [1, 0]), ("C(O)C", [nan, 1]), *CLASSES]
    store = curate(table(rows), "mine", 20)
    assert list(store.status.values[:3]) == ["conflicting"] * 3
    assert "in b" in store.reason.values[0]


def test_many_copies_that_contradict_do_not_name_one_another_without_end():
    rows = [("CCO", [number % 2, 0]) for number in range(30)]
    store = curate(table([*rows, *CLASSES]), "mine", 20)
    reason = store.reason.values[0]
    assert reason == "labels against those of row 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 19 more in a"


def test_salts_dummies_isotopes_and_stereo_are_kept_apart():
    smiles = [
        "CC(=O)[O-].[Na+]",
        "*c1ccccc1",
        "[2H]C(Cl)Cl",
        "C(Cl)Cl",
        "C[C@H](N)O",
        "C[C@@H](N)O",
    ]
    store = curate(table([(s, [1, 0]) for s in smiles] + CLASSES), "mine", 20)
    assert store.attrs["counts"]["kept"] == 8
    assert list(store.heavy_atoms.values[:4]) == [5, 7, 3, 3]


def test_a_text_made_to_be_long_is_never_parsed():
    store = curate(table([("C" * 10_000, [1, 0]), *CLASSES]), "mine", 128)
    assert store.status.values[0] == "too_long"
    assert store.reason.values[0] == "10000 characters, more than 8 × 128"
    assert len(store.source_smiles.values[0]) == 8 * 128 + 1


def clique(atoms):
    """Return a SMILES of dummy atoms, every one bound to every other."""
    far = [pair for pair in combinations(range(atoms), 2) if pair[1] - pair[0] > 1]
    rings = {pair: f"%{10 + number}" for number, pair in enumerate(far)}
    return "".join(
        "*" + "".join(rings[pair] for pair in far if atom in pair) for atom in range(atoms)
    )


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (clique(14), "too_long"),
        ("c1" + "c" * 1020 + "1", "unparsable"),
        ("c1ccc2" + "c" * 1000 + "2c1", "unparsable"),
        ("C(" * 340 + "C" + ")" * 340, "too_long"),
        (".".join(["[C@](F)(Cl)(Br)I"] * 60), "too_long"),
        ("C1CC2CC1CC2" * 80, "too_long"),
    ],
    ids=["clique", "ring", "two rings", "nest", "equal parts", "cages"],
)
def test_the_slowest_texts_of_the_longest_length_are_judged_as_all_others(text, status):
    """The limit is on the length: one on the time would keep a molecule on some machines only."""
    assert len(text) <= CHARACTERS_PER_TOKEN * 128
    store = curate(table([(text, [1, 0]), *CLASSES]), "mine", 128)
    assert store.status.values[0] == status


def test_cells_that_a_spreadsheet_would_run_are_text():
    formulas = ["=1+1", "+CC", "-CC", "@SUM(A1)", '=HYPERLINK("http://x")']
    store = curate(table([(text, [1, 0]) for text in formulas] + CLASSES), "mine", 128)
    assert list(store.status.values[: len(formulas)]) == ["unparsable"] * len(formulas)
    assert list(store.source_smiles.values[: len(formulas)]) == formulas


def test_nothing_kept_and_a_task_left_with_one_class():
    with pytest.raises(ValueError, match="mine: no row can be used"):
        curate(table([("x", [1, 0])]), "mine", 20)
    with pytest.raises(ValueError, match=r"2 molecules kept.*column 'a' has one class only"):
        curate(table([("CC", [1, 0]), ("CCC", [1, 1]), ("x", [0, 1])]), "mine", 20)


def test_nothing_is_said_on_standard_error(capfd):
    curate(table([("C1CC", [1, 0]), ("c1cccc1", [1, 0]), ("[H+]", [1, 1]), *CLASSES]), "mine", 20)
    assert capfd.readouterr().err == ""


def test_tox21_as_published():
    store = curate(read_table(shipped("tox21.csv"), "tox21.csv", "smiles", None), "tox21", 128)
    counts = store.attrs["counts"]
    assert sum(counts.values()) == 7831
    assert counts["unparsable"] == 8
    assert counts["kept"] == store.sizes["molecule"] == 7778
    unparsable = store.status.values == "unparsable"
    assert all("Al" in reason for reason in store.reason.values[unparsable])
    assert len(set(store.smiles.values)) == 7778
    assert store.tokens.max() <= 128
    missing = np.isnan(store.label.values).mean()
    assert 0.16 < missing < 0.18


def test_sider_as_published():
    content = shipped("sider.csv")
    raw = read_table(content, "sider.csv", "smiles", None)
    longest = int(np.argmax([len(tokens(text)) for text in raw.smiles]))
    assert len(tokens(raw.smiles[longest])) > 900
    store = curate(raw, "sider", 128)
    assert store.status.values[longest] == "too_long"
    assert store.sizes["task"] == 27
    assert store.attrs["counts"]["kept"] == 1346
    assert store.attrs["counts"]["too_long"] == 81


def test_clintox_as_published_has_dummies_and_contradictions(clintox):
    assert clintox.attrs["counts"]["conflicting"] == 38
    kept = [str(text) for text in clintox.smiles.values]
    dummies = [text for text in kept if "*" in text]
    assert dummies
    for text in dummies:
        assert 0 in [
            read_canonical(text).GetAtomWithIdx(int(i)).GetAtomicNum()
            for i in heavy_atoms(read_canonical(text))
        ]
    assert any("." in text for text in kept)
