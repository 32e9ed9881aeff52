"""Folds that are disjoint, complete, balanced or apart in scaffold, and said to be scorable."""

import logging
import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from triptych.runtime.store import read_store, write_store
from triptych.toxicity.splits import deal_folds, scaffolds, split_fold

FOLDS = Path(__file__).parents[3] / "scripts/toxicity/folds.py"
RINGS = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "C1CCNCC1", "c1ccoc1", "c1ccsc1", "c1ccc2ccccc2c1"]


def chains(count):
    """Return distinct molecules: rings of seven kinds, each with a chain of its own length."""
    return ["C" * (1 + n // len(RINGS)) + RINGS[n % len(RINGS)] for n in range(count)]


def rings():
    """Return 80 molecules, each a scaffold of its own."""
    return [f"{atom}1C{'C' * n}1" for n in range(1, 41) for atom in "CN"]


def molecules(smiles, label):
    label = np.asarray(label, dtype=np.float32)
    return xr.Dataset(
        {"smiles": ("molecule", np.array(smiles)), "label": (("molecule", "task"), label)},
        {"task": [f"t{n}" for n in range(label.shape[1])]},
        {"dataset": "mine"},
    )


def labelled(count, seed=0):
    """Return molecules with a rare, a common and a mostly missing task."""
    rng = np.random.default_rng(seed)
    label = (rng.random((count, 3)) < [0.05, 0.5, 0.3]).astype(np.float32)
    label[rng.random(count) < 0.7, 2] = np.nan
    return molecules(chains(count), label)


def shared(count=80):
    """Return molecules in pairs of one scaffold, and twenty of another."""
    smiles = [f"{'C' * n}{ring}" for ring in rings()[: (count - 20) // 2] for n in (0, 1)]
    smiles += ["C" * (n + 1) + "c1ccccc1" for n in range(20)]
    return molecules(smiles, np.arange(count)[:, None] % 2)


def test_a_task_without_a_class_in_a_fold_is_named_in_the_log(tmp_path, caplog):
    label = np.zeros((30, 2))
    label[::2, 0] = label[:2, 1] = 1
    write_store(molecules(chains(30), label), tmp_path / "molecules.zarr")
    inputs = SimpleNamespace(molecules=tmp_path / "molecules.zarr")
    params = SimpleNamespace(split_method="random", count=3, seed=0)
    outputs = SimpleNamespace(folds=tmp_path / "folds.zarr")
    deal = runpy.run_path(str(FOLDS))["main"]
    with caplog.at_level("WARNING"):
        deal(inputs, outputs, params, logging.getLogger())
    folds = read_store(outputs.folds)
    (bad,) = np.flatnonzero(~folds.scorable.sel(task="t1").values)
    assert folds.scorable.sel(task="t0").all()
    assert caplog.messages == [f"not scorable in fold {bad}, a class is missing: ['t1']"]


@pytest.mark.parametrize("split_method", ["random", "scaffold"])
@pytest.mark.parametrize("count", [2, 3, 10])
def test_every_molecule_is_tested_once(split_method, count):
    store = shared()
    folds = deal_folds(store, split_method, count, 0)
    tested = np.zeros(80, dtype=int)
    for fold in range(count):
        split = split_fold(store, folds, fold, 0.1).split.values
        assert set(split) == {"train", "val", "test"}
        np.testing.assert_array_equal(split == "test", folds.fold == fold)
        tested += split == "test"
    assert (tested == 1).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_random_folds_share_sizes_and_every_label(seed):
    store = labelled(400)
    folds = deal_folds(store, "random", 4, seed)
    label = store.label.values
    for fold in range(4):
        inside = label[folds.fold.values == fold]
        assert abs(len(inside) - 100) <= 4
        for count, total in (
            ((inside == 1).sum(0), (label == 1).sum(0)),
            (np.isnan(inside).sum(0), np.isnan(label).sum(0)),
        ):
            assert (np.abs(count - total / 4) <= 2).all()
    assert folds.scorable.all()


def test_validation_is_a_stratified_share_of_what_is_not_tested():
    store = labelled(400)
    split = split_fold(store, deal_folds(store, "random", 4, 0), 1, 0.2)
    label, names = store.label.values, split.split.values
    rest = label[names != "test"]
    inside = label[names == "val"]
    assert abs(len(inside) - 0.2 * len(rest)) <= 4
    assert (np.abs((inside == 1).sum(0) - 0.2 * (rest == 1).sum(0)) <= 2).all()


def test_counts_are_those_of_the_folds_and_parts():
    store = molecules(rings(), labelled(80).label.values)
    folds = deal_folds(store, "scaffold", 3, 0)
    split = split_fold(store, folds, 0, 0.1)
    for counted, of in ((folds, folds.fold.values), (split, split.split.values)):
        for name in counted.subset.values:
            inside, here = store.label.values[of == name], counted.sel(subset=name)
            np.testing.assert_array_equal(here.positives, (inside == 1).sum(0))
            np.testing.assert_array_equal(here.negatives, (inside == 0).sum(0))
            both = (here.positives > 0) & (here.negatives > 0)
            np.testing.assert_array_equal(here.scorable, both)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_scaffold_is_in_two_parts(seed):
    store = shared()
    folds = deal_folds(store, "scaffold", 3, seed)
    assert np.bincount(folds.fold).tolist() in ([26, 26, 28], [26, 28, 26], [28, 26, 26])
    for fold in range(3):
        split = split_fold(store, folds, fold, 0.2)
        owners: dict[str, set] = {}
        for scaffold, name in zip(scaffolds(store.smiles.values), split.split.values, strict=True):
            owners.setdefault(scaffold, set()).add(name)
        assert all(len(parts) == 1 for parts in owners.values())
        rest = int((split.split != "test").sum())
        assert 0.2 * rest - 2 <= int((split.split == "val").sum()) <= 0.2 * rest + 0.5


def test_a_scaffold_larger_than_a_fold_has_one_of_its_own():
    folds = deal_folds(shared(), "scaffold", 10, 0)
    of_benzene = np.unique(folds.fold.values[60:])
    assert len(of_benzene) == 1
    assert (folds.fold.values == of_benzene[0]).sum() == 20


def test_scaffolds_drop_chains_and_chirality_and_are_empty_without_a_ring():
    assert scaffolds(["CCO", "CCc1ccccc1", "C[C@H]1CCN(C)C1", "C[C@@H]1CCN(C)C1"]) == [
        "",
        "c1ccccc1",
        "C1CCNC1",
        "C1CCNC1",
    ]
    # With two rings at a centre it is part of the scaffold.
    assert scaffolds(["c1ccccc1[C@H]1CCNC1", "c1ccccc1[C@@H]1CCNC1"]) == ["c1ccc(C2CCNC2)cc1"] * 2


@pytest.mark.parametrize("split_method", ["random", "scaffold"])
def test_the_seed_alone_decides(split_method):
    store = molecules(rings(), np.arange(80)[:, None] % 2)
    first = deal_folds(store, split_method, 3, 0)
    assert first.identical(deal_folds(store, split_method, 3, 0))
    assert (first.fold != deal_folds(store, split_method, 3, 1).fold).any()
    split = split_fold(store, first, 1, 0.1)
    assert split.identical(split_fold(store, first, 1, 0.1))


def test_the_seed_draws_which_fold_the_largest_scaffold_is_in() -> None:
    store = molecules(["c1ccccc1", "Cc1ccccc1", "CCc1ccccc1", "C1CCNCC1"], [[0], [1], [0], [1]])
    folds = [deal_folds(store, "scaffold", 2, seed).fold.values.tolist() for seed in range(8)]
    assert {tuple(fold) for fold in folds} == {(0, 0, 0, 1), (1, 1, 1, 0)}


def test_scaffold_folds_do_not_depend_on_the_order_of_rows():
    store = labelled(210)
    turned = store.isel(molecule=slice(None, None, -1))
    for seed in (0, 1):
        here = deal_folds(store, "scaffold", 3, seed).fold.values
        np.testing.assert_array_equal(
            here, deal_folds(turned, "scaffold", 3, seed).fold.values[::-1]
        )


def test_a_task_whose_positives_are_all_in_one_fold_is_said_not_to_be_scorable_in_others():
    label = np.zeros((100, 2), dtype=np.float32)
    label[0, 0] = 1
    label[::2, 1] = 1
    folds = deal_folds(molecules(chains(100), label), "random", 4, 0)
    where = int(folds.fold[0])
    for fold in range(4):
        assert folds.scorable.sel(subset=fold).values.tolist() == [fold == where, True]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("temporal", 3, 0), "'temporal' is not known; there are random, scaffold"),
        (("random", 1, 0), "1 folds; there have to be two or more"),
        (("scaffold", 8, 0), "scaffold folds of 100 molecules: 1 of 8 are empty"),
        (("random", 101, 0), "random folds of 100 molecules: 101 would be too many"),
    ],
)
def test_folds_that_cannot_be(arguments, said):
    with pytest.raises(ValueError, match=said):
        deal_folds(labelled(100), *arguments)


def test_parts_that_cannot_be():
    store = labelled(100)
    folds = deal_folds(store, "random", 4, 0)
    with pytest.raises(ValueError, match="no fold 4 among 4"):
        split_fold(store, folds, 4, 0.1)
    with pytest.raises(ValueError, match=r"share of 1.0 cannot validate"):
        split_fold(store, folds, 0, 1.0)
    with pytest.raises(ValueError, match="folds of 100, 90 molecules"):
        split_fold(store.isel(molecule=slice(90)), folds, 0, 0.1)
    two = labelled(2)
    with pytest.raises(ValueError, match="fold 0 of 2 molecules leaves 1 to train and validate on"):
        split_fold(two, deal_folds(two, "random", 2, 0), 0, 0.1)
    large = deal_folds(store, "scaffold", 7, 0)
    with pytest.raises(ValueError, match="no val"):
        split_fold(store, large, 0, 0.01)


def test_stored_folds_split_alike(tmp_path):
    store = shared()
    folds, path = deal_folds(store, "random", 3, 7), tmp_path / "folds.zarr"
    write_store(folds, path)
    assert split_fold(store, read_store(path), 0, 0.1).identical(split_fold(store, folds, 0, 0.1))
