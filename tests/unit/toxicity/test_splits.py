"""Splits that are disjoint, complete, balanced or apart in scaffold, and said to be scorable."""

import numpy as np
import pytest
import xarray as xr

from triptych.toxicity.splits import name_splits, scaffold_split, scaffolds, split_dataset

FRACTIONS = [0.8, 0.1, 0.1]
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


@pytest.mark.parametrize("seed", [0, 1])
def test_random_parts_share_sizes_and_every_label(seed):
    store = labelled(400)
    split = split_dataset(store, "random", seed, FRACTIONS)
    names, label = split.split.values, store.label.values
    assert sorted(set(names)) == ["test", "train", "val"]
    for name, share in zip(("train", "val", "test"), FRACTIONS, strict=True):
        inside = label[names == name]
        assert abs(len(inside) - share * 400) <= 4
        for count, total in (
            ((inside == 1).sum(0), (label == 1).sum(0)),
            (np.isnan(inside).sum(0), np.isnan(label).sum(0)),
        ):
            assert (np.abs(count - share * total) <= 2).all()
    assert split.scorable.all()


def test_counts_are_those_of_the_parts():
    store = molecules(rings(), labelled(80).label.values)
    split = split_dataset(store, "scaffold", 0, FRACTIONS)
    for name in split.subset.values:
        inside = store.label.values[split.split.values == name]
        np.testing.assert_array_equal(split.positives.sel(subset=name), (inside == 1).sum(0))
        np.testing.assert_array_equal(split.negatives.sel(subset=name), (inside == 0).sum(0))


def test_no_scaffold_is_in_two_parts_and_the_largest_are_trained_on():
    smiles = ["C" * (n + 1) + "c1ccccc1" for n in range(40)]
    smiles += [f"{'C' * n}{ring}" for ring in rings()[:20] for n in (0, 1)]
    store = molecules(smiles, np.arange(80)[:, None] % 2)
    split = split_dataset(store, "scaffold", 0, FRACTIONS)
    owners: dict[str, set] = {}
    for scaffold, name in zip(scaffolds(smiles), split.split.values, strict=True):
        owners.setdefault(scaffold, set()).add(name)
    assert all(len(splits) == 1 for splits in owners.values())
    assert owners["c1ccccc1"] == {"train"}


def test_scaffolds_drop_chains_and_chirality_and_are_empty_without_a_ring():
    assert scaffolds(["CCO", "CCc1ccccc1", "C[C@H]1CCN(C)C1", "C[C@@H]1CCN(C)C1"]) == [
        "",
        "c1ccccc1",
        "C1CCNC1",
        "C1CCNC1",
    ]


@pytest.mark.parametrize("split_method", ["random", "scaffold"])
def test_the_seed_alone_decides(split_method):
    store = molecules(rings(), np.arange(80)[:, None] % 2)
    first = split_dataset(store, split_method, 0, FRACTIONS)
    assert first.identical(split_dataset(store, split_method, 0, FRACTIONS))
    assert (first.split != split_dataset(store, split_method, 1, FRACTIONS).split).any()


def test_scaffold_order_does_not_depend_on_the_order_of_rows():
    store = labelled(210)
    turned = store.isel(molecule=slice(None, None, -1))
    for seed in (0, 1):
        here = [set(p) for p in scaffold_split(store, [0.5, 0.25, 0.25], seed)]
        there = [{209 - n for n in p} for p in scaffold_split(turned, [0.5, 0.25, 0.25], seed)]
        assert here == there


def test_a_task_whose_positives_are_all_in_one_split_is_not_scorable():
    label = np.zeros((100, 2), dtype=np.float32)
    label[0, 0] = 1
    label[::2, 1] = 1
    split = split_dataset(molecules(chains(100), label), "random", 0, FRACTIONS)
    assert list(split.scorable.values) == [False, True]


def test_one_task_without_missing_labels():
    store = molecules(chains(50), np.arange(50)[:, None] % 2)
    split = split_dataset(store, "random", 0, FRACTIONS)
    assert split.scorable.all()


@pytest.mark.parametrize(
    ("split_method", "fractions", "said"),
    [
        ("temporal", FRACTIONS, "'temporal' is not known; there are random, scaffold"),
        ("random", [0.8, 0.1, 0.2], r"sum to 1.1, not to 1"),
        ("random", [0.8, 0.2], "three positive numbers"),
        ("random", [1.0, 0.0, 0.0], "three positive numbers"),
        ("random", [0.8, 0.2, float("nan")], "three positive numbers"),
    ],
)
def test_requests_that_make_no_sense(split_method, fractions, said):
    with pytest.raises(ValueError, match=said):
        split_dataset(labelled(100), split_method, 0, fractions)


def test_too_few_molecules_and_too_large_a_scaffold():
    with pytest.raises(ValueError, match="9 molecules are too few"):
        split_dataset(labelled(9), "random", 0, FRACTIONS)
    alike = molecules(["C" * (n + 1) for n in range(40)], np.arange(40)[:, None] % 2)
    with pytest.raises(ValueError, match="scaffold split of 40 molecules: train has 0"):
        split_dataset(alike, "scaffold", 0, FRACTIONS)


def test_parts_that_overlap_or_leave_out_are_found():
    with pytest.raises(ValueError, match="molecule 1 is in 2 splits"):
        name_splits([np.array([0, 1]), np.array([1]), np.array([2])], 3)
    with pytest.raises(ValueError, match="molecule 2 is in 0 splits"):
        name_splits([np.array([0]), np.array([1]), np.array([3])], 4)
