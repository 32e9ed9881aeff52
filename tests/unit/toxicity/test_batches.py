from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr

from triptych.toxicity.batches import atoms_of_tokens, buckets, encoded, sorted_batches


def store(lengths, positions=40, seed=0):
    """Tokens of random molecules: at every second inner position a token with one atom."""
    rng = np.random.default_rng(seed)
    token = np.zeros((len(lengths), positions), np.int32)
    at = [list(range(1, n - 1, 2)) for n in lengths]
    most = max(map(len, at))
    where = np.full((len(lengths), most), -1, np.int16)
    for i, n in enumerate(lengths):
        token[i, :n] = rng.integers(5, 20, n)
        where[i, : len(at[i])] = at[i]
    return xr.Dataset(
        {
            "token": (("molecule", "spelling", "position"), token[:, None]),
            "length": (("molecule", "spelling"), np.asarray(lengths)[:, None]),
            "token_of_atom": (("molecule", "spelling", "atom"), where[:, None]),
        }
    )


def labels(count, tasks=2):
    return np.random.default_rng(1).integers(0, 2, (count, tasks)).astype(np.float32)


def test_a_batch_is_as_long_as_its_longest_molecule_to_a_multiple_of_8():
    lengths = [5, 9, 17, 40]
    molecules = encoded(store(lengths), labels(4))
    assert molecules.batch(np.array([0])).token.shape == (1, 8)
    assert molecules.batch(np.array([0, 1])).token.shape == (2, 16)
    assert molecules.batch(np.array([3, 2])).token.shape == (2, 40)
    batch = molecules.batch(np.array([2, 0]))
    assert batch.real.sum(1).tolist() == [17, 5]
    assert torch.equal(batch.label, molecules.label[[2, 0]])


def test_every_molecule_of_a_batch_comes_in_the_spelling_asked_for():
    short, long = store([5, 31]), store([31, 7], seed=1)
    both = xr.concat([short, long], "spelling").transpose("molecule", ...)
    molecules = encoded(both, labels(2))
    assert molecules.batch(np.array([0])).token.dtype == torch.int64
    assert molecules.spellings == 2
    batch = molecules.batch(np.array([1, 0]), np.array([1, 0]))
    assert batch.real.sum(1).tolist() == [7, 5]
    assert batch.token[0, :7].tolist() == long.token.values[1, 0, :7].tolist()
    assert batch.token[1, :5].tolist() == short.token.values[0, 0, :5].tolist()
    assert torch.nonzero(batch.gated[0]).flatten().tolist() == [1, 3, 5]
    assert molecules.canonical.length.tolist() == [[5], [31]]
    order = [i.tolist() for i, _ in sorted_batches(molecules, 1, spelling=1)]
    assert order == [[1], [0]]


def test_gated_tokens_are_those_with_atoms():
    molecules = encoded(store([5, 9]), labels(2))
    gated = molecules.batch(np.array([0, 1])).gated
    assert torch.nonzero(gated[0]).flatten().tolist() == [1, 3]
    assert torch.nonzero(gated[1]).flatten().tolist() == [1, 3, 5, 7]


def test_atoms_are_counted_by_token():
    where = np.array([[1, 1, 2, -1], [3, -1, -1, -1]])
    assert atoms_of_tokens(where, 5).tolist() == [[0, 2, 1, 0, 0], [0, 0, 0, 1, 0]]


def test_buckets_hold_every_molecule_once_and_pad_little():
    length = np.random.default_rng(0).geometric(1 / 30, 997) + 2
    batches = buckets(length, 32, np.random.default_rng(1))
    assert sorted(np.concatenate(batches)) == list(range(997))
    assert len(batches) == 32  # 31 full ones would leave 5 molecules
    padded = sum(length[b].max() * len(b) for b in batches)
    shuffled = np.random.default_rng(2).permutation(997)
    shuffled_padded = sum(length[shuffled[i : i + 32]].max() * len(shuffled[i : i + 32])
                for i in range(0, 997, 32))  # fmt: skip
    assert padded < 1.4 * length.sum() < shuffled_padded


@pytest.mark.parametrize("number", [1, 16, 97, 1137])
def test_no_molecule_weighs_more_for_what_its_batch_lacks(number):
    """The loss is a mean over the batch: one with a molecule alone would be all that one's."""
    length = np.arange(10, 10 + number)
    sizes = [len(batch) for batch in buckets(length, 16, np.random.default_rng(0))]
    assert sum(sizes) == number
    assert max(sizes) <= 16
    assert max(sizes) - min(sizes) <= 1


def test_buckets_differ_by_epoch_and_follow_from_the_seed():
    length = np.arange(10, 110)
    first, again, other = (buckets(length, 8, np.random.default_rng(s)) for s in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert {frozenset(b.tolist()) for b in first} != {frozenset(b.tolist()) for b in other}


def test_one_task_keeps_its_labelled_molecules():
    label = labels(6)
    label[[1, 4], 1] = np.nan
    molecules = encoded(store([5, 6, 7, 8, 9, 10]), label)
    one = molecules.labelled_for(1)
    assert one.length.flatten().tolist() == [5, 7, 8, 10]
    assert one.label.tolist() == label[[0, 2, 3, 5], 1:].tolist()
    assert len(molecules.with_task(1)) == 6


def test_sorted_batches_cover_all():
    molecules = encoded(store([9, 5, 30, 7, 12]), labels(5))
    batches = list(sorted_batches(molecules, 2))
    assert [i.tolist() for i, _ in batches] == [[1, 3], [0, 4], [2]]
    assert [b.token.shape[1] for _, b in batches] == [8, 16, 32]


@pytest.mark.parametrize("bad", [2.0, -1.0, 0.5, np.inf])
def test_strange_labels_are_refused(bad):
    label = labels(2)
    label[1, 0] = bad
    with pytest.raises(ValueError, match=rf"label {bad} of molecule 1, task 0"):
        encoded(store([5, 6]), label)


def test_labels_of_other_molecules_are_refused():
    with pytest.raises(ValueError, match="3 rows of labels, 2 molecules"):
        encoded(store([5, 6]), labels(3))
