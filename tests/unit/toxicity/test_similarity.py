"""Agreement between tasks' masks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.spatial.distance import squareform

from triptych.toxicity.similarity import between_tasks, cluster_order, cosine_similarity


def test_same_masks_agree_whatever_their_scale_and_disjoint_ones_do_not():
    one = np.array([0.5, 0.5, 0.0, 0.0, np.nan])
    other = np.array([0.0, 0.0, 0.3, 0.7, np.nan])
    mask = np.stack([one, 3 * one, other])[None]
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    similarity, _ = cosine_similarity(mask, mask, [[1, 1, 1]])
    assert similarity == pytest.approx(np.array(expected), abs=1e-12)


def test_mean_is_over_molecules_with_both_masks():
    mask = np.array([[[1.0, 0], [1, 0]], [[1, 0], [0, 1]], [[1, 0], [0, 0]]])
    positive = np.ones((3, 2))
    assert cosine_similarity(mask, mask, positive)[0][0, 1] == pytest.approx(0.5)


def test_two_tasks_are_compared_on_molecules_positive_for_both():
    mask = np.array([[[1.0, 0], [1, 0], [0, 1]], [[1, 0], [0, 1], [0, 1]]])
    similarity, _ = cosine_similarity(mask, mask, [[1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(similarity, [[1, 1, np.nan], [1, 1, np.nan], [np.nan] * 3])
    other = mask[:, :, ::-1]
    assert cosine_similarity(mask, other, [[1, 1, 0], [1, 0, 0]])[0][0, 0] == 0


def test_chance_is_the_mean_over_random_orders(rng):
    size = rng.integers(4, 9, size=6)
    mask = np.where(np.arange(8) < size[:, None, None], rng.random((6, 2, 8)), np.nan)
    drawn, positive = [], np.arange(12).reshape(6, 2) != 3  # one molecule does not count
    for _ in range(3000):
        shuffled = mask.copy()
        for m, n in enumerate(size):
            shuffled[m, 1, :n] = rng.permutation(mask[m, 1, :n])
        drawn.append(cosine_similarity(shuffled, shuffled, positive)[0][0, 1])
    error = np.std(drawn) / np.sqrt(len(drawn))
    _, chance = cosine_similarity(mask, mask, positive)
    assert chance[0, 1] == pytest.approx(np.mean(drawn), abs=4 * error)


def test_clusters_come_together():
    similarity = np.full((6, 6), 0.1)
    for members in ([0, 3, 5], [1, 2, 4]):
        similarity[np.ix_(members, members)] = 0.9
    np.fill_diagonal(similarity, 1.0)
    order = cluster_order(similarity).tolist()
    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {
        frozenset({0, 3, 5}),
        frozenset({1, 2, 4}),
    }
    assert cluster_order(np.eye(2)).tolist() == [0, 1]


def test_neighbours_are_as_close_as_the_tree_allows(rng):
    similarity = rng.uniform(0, 1, (6, 6))
    similarity = (similarity + similarity.T) / 2
    np.fill_diagonal(similarity, 1)

    def length(order):
        return sum(1 - similarity[a, b] for a, b in pairwise(order))

    def orders(tree):
        """Return the leaves in every order that turning branches gives."""
        if tree.is_leaf():
            return [[tree.id]]
        sides = orders(tree.left), orders(tree.right)
        ordered = [(one, other) for one in sides[0] for other in sides[1]]
        return [a + b for a, b in ordered] + [b + a for a, b in ordered]

    distance = squareform(1 - similarity, checks=False)
    lengths = [length(order) for order in orders(to_tree(linkage(distance, "average")))]
    assert length(cluster_order(similarity)) == pytest.approx(min(lengths))
    assert min(lengths) < 0.9 * max(lengths)


def test_mean_between_tasks_leaves_the_diagonal_out():
    assert between_tasks([[1, 0.2, 0.4], [0.2, 1, np.nan], [0.4, np.nan, 1]]) == pytest.approx(0.3)
    assert np.isnan(between_tasks([[1.0]]))
