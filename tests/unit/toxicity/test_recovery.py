"""Masks against known atoms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from triptych.toxicity.recovery import (
    atom_types,
    expected_average_precision,
    rarity,
    recover,
    top_hits,
)


def random_case(rng, molecules=30, tasks=3, atoms=12):
    size = rng.integers(3, atoms + 1, size=molecules)
    inside = np.arange(atoms) < size[:, None, None]
    mask = np.where(inside, rng.random((molecules, tasks, atoms)), np.nan)
    alert = (rng.random(mask.shape) < 0.25) & inside
    label = alert.any(axis=-1).astype(float)
    return mask, alert, label


def test_average_precision_is_scikit_learns_pair_by_pair(rng):
    mask, alert, label = random_case(rng)
    recovery = recover(mask, alert, label)
    assert len(recovery.molecule) > 20
    pooled = []
    for pair, (m, t) in enumerate(zip(recovery.molecule, recovery.task, strict=True)):
        real = ~np.isnan(mask[m, t])
        y, s = alert[m, t, real], mask[m, t, real]
        assert recovery.average_precision[pair] == pytest.approx(average_precision_score(y, s))
        assert recovery.base_rate[pair] == pytest.approx(y.mean())
        pooled.append((y, s))
    y, s = (np.concatenate(pairs) for pairs in zip(*pooled, strict=True))
    assert recovery.pooled == pytest.approx(average_precision_score(y, s))


def test_a_mask_on_the_alert_finds_all_of_it(rng):
    _, alert, label = random_case(rng)
    recovery = recover(alert.astype(float), alert, label, recall=[0.1, 1.0])
    assert (recovery.average_precision == 1).all()
    assert (recovery.hit_rate == 1).all()
    assert (recovery.curve == 1).all()
    assert recovery.pooled == 1


def test_pairs_are_positive_and_have_atoms_on_both_sides():
    mask = np.full((4, 1, 3), 0.5)
    mask[:, :, 2] = np.nan
    alert = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0], [1, 0, 0]], dtype=bool)[:, None]
    label = np.array([[1.0], [1.0], [1.0], [np.nan]])  # all atoms, no atom, not labelled
    recovery = recover(mask, alert, label)
    assert recovery.molecule.tolist() == [0]
    assert recovery.base_rate.tolist() == [0.5]
    assert recovery.hit_rate.tolist() == [0.5]  # tied: the chance that the right one is drawn


def test_hits_among_the_heaviest():
    truth = np.array([True, False, True, False, False])
    assert top_hits(truth, np.array([5.0, 4.0, 3.0, 2.0, 1.0])) == 0.5
    assert top_hits(truth, np.array([5.0, 4.0, 4.0, 2.0, 1.0])) == 0.75


@pytest.mark.parametrize(
    ("truth", "score"),
    [
        ([1, 0, 0, 0], [0, 0, 0, 0]),
        ([1, 0, 1, 0, 0], [7, 7, 7, 7, 7]),
        ([1, 1, 1], [2, 2, 2]),
        ([1, 0, 1, 0, 0, 1], [3, 3, 1, 1, 1, 0]),
        ([0, 1, 1, 0, 1], [2, 1, 1, 1, 2]),
        ([1, 0, 1, 0], [4, 3, 2, 1]),
    ],
)
def test_tied_atoms_count_as_in_the_mean_over_all_their_orders(truth, score):
    truth, score = np.array(truth, dtype=bool), np.array(score, dtype=float)
    orders = [
        average_precision_score(truth, score + 1e-3 * np.array(order))
        for order in permutations(range(len(score)))
    ]
    assert expected_average_precision(truth, score) == pytest.approx(np.mean(orders))


def test_a_ranking_that_knows_nothing_gains_nothing(rng):
    mask, alert, label = random_case(rng)
    recovery = recover(0 * mask, alert, label)
    np.testing.assert_array_equal(recovery.average_precision, recovery.random_precision)


def test_nothing_to_recover(rng):
    mask, alert, label = random_case(rng, molecules=2)
    recovery = recover(mask, alert, 0 * label)
    assert len(recovery.molecule) == 0
    assert np.isnan(recovery.pooled)
    with pytest.raises(ValueError, match="do not fit"):
        recover(mask, alert[:1], label)


def test_random_masks_stand_at_chance(rng):
    mask, alert, label = random_case(rng, molecules=1500)
    recovery = recover(mask, alert, label)
    gap = recovery.average_precision.mean() - recovery.random_precision.mean()
    assert abs(gap) < 4 * recovery.average_precision.std() / np.sqrt(len(recovery.task))
    assert recovery.random_precision.mean() > recovery.base_rate.mean() + 0.05
    assert recovery.hit_rate.mean() == pytest.approx(recovery.base_rate.mean(), abs=0.03)


def test_the_mean_curve_integrates_to_the_mean_precision(rng):
    mask, alert, label = random_case(rng)
    levels = (np.arange(2000) + 0.5) / 2000
    recovery = recover(mask, alert, label, levels)
    assert recovery.curve.mean() == pytest.approx(recovery.average_precision.mean(), abs=1e-3)


def test_rare_atoms_are_those_whose_element_and_aromaticity_are_rare_in_training():
    types = atom_types(["Cc1ccccc1", "[H][H]", "CO", "CCS"], 8)
    assert (types[0] == [12, *[13] * 6, -1]).all()
    assert (types[1] == -1).all(), "no heavy atom"
    rare = rarity(types, np.array([True, True, True, False]))
    nan = np.nan
    np.testing.assert_array_equal(rare[0], [-2, *[-6] * 6, nan])
    np.testing.assert_array_equal(rare[3], [-2, -2, 0, *[nan] * 5])
    assert np.isnan(rarity(types[1:2], np.array([True]))).all()
