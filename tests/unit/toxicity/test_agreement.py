"""Agreement of masks: its cosines, the order of tasks by them, and what its interval covers."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.spatial.distance import squareform

from triptych.toxicity.agreement import agreements, between_tasks, cluster_order, mean_cosines
from triptych.toxicity.bootstrap import interval

MOLECULES, TASKS, ATOMS, CLASSES = 60, 12, 8, 20


def test_same_masks_agree_whatever_their_scale_and_disjoint_ones_do_not():
    one = np.array([0.5, 0.5, 0.0, 0.0, np.nan])
    other = np.array([0.0, 0.0, 0.3, 0.7, np.nan])
    mask = np.stack([one, 3 * one, other])[None]
    expected = [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    cosine, _ = mean_cosines(mask, mask, [[1, 1, 1]])
    assert cosine == pytest.approx(np.array(expected), abs=1e-12)


def test_mean_is_over_molecules_with_both_masks():
    mask = np.array([[[1.0, 0], [1, 0]], [[1, 0], [0, 1]], [[1, 0], [0, 0]]])
    positive = np.ones((3, 2))
    assert mean_cosines(mask, mask, positive)[0][0, 1] == pytest.approx(0.5)


def test_two_tasks_are_compared_on_molecules_positive_for_both():
    mask = np.array([[[1.0, 0], [1, 0], [0, 1]], [[1, 0], [0, 1], [0, 1]]])
    cosine, _ = mean_cosines(mask, mask, [[1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(cosine, [[1, 1, np.nan], [1, 1, np.nan], [np.nan] * 3])
    other = mask[:, :, ::-1]
    assert mean_cosines(mask, other, [[1, 1, 0], [1, 0, 0]])[0][0, 0] == 0


def test_chance_is_the_mean_over_random_orders(rng):
    size = rng.integers(4, 9, size=6)
    mask = np.where(np.arange(8) < size[:, None, None], rng.random((6, 2, 8)), np.nan)
    drawn, positive = [], np.arange(12).reshape(6, 2) != 3  # one molecule does not count
    for _ in range(3000):
        shuffled = mask.copy()
        for m, n in enumerate(size):
            shuffled[m, 1, :n] = rng.permutation(mask[m, 1, :n])
        drawn.append(mean_cosines(shuffled, shuffled, positive)[0][0, 1])
    error = np.std(drawn) / np.sqrt(len(drawn))
    _, chance = mean_cosines(mask, mask, positive)
    assert chance[0, 1] == pytest.approx(np.mean(drawn), abs=4 * error)


def test_clusters_come_together():
    cosine = np.full((6, 6), 0.1)
    for members in ([0, 3, 5], [1, 2, 4]):
        cosine[np.ix_(members, members)] = 0.9
    np.fill_diagonal(cosine, 1.0)
    order = cluster_order(cosine).tolist()
    assert sorted(order) == list(range(6))
    assert {frozenset(order[:3]), frozenset(order[3:])} == {
        frozenset({0, 3, 5}),
        frozenset({1, 2, 4}),
    }
    assert cluster_order(np.eye(2)).tolist() == [0, 1]


def test_neighbours_are_as_close_as_the_tree_allows(rng):
    cosine = rng.uniform(0, 1, (6, 6))
    cosine = (cosine + cosine.T) / 2
    np.fill_diagonal(cosine, 1)

    def length(order):
        return sum(1 - cosine[a, b] for a, b in pairwise(order))

    def orders(tree):
        """Return the leaves in every order that turning branches gives."""
        if tree.is_leaf():
            return [[tree.id]]
        sides = orders(tree.left), orders(tree.right)
        ordered = [(one, other) for one in sides[0] for other in sides[1]]
        return [a + b for a, b in ordered] + [b + a for a, b in ordered]

    distance = squareform(1 - cosine, checks=False)
    lengths = [length(order) for order in orders(to_tree(linkage(distance, "average")))]
    assert length(cluster_order(cosine)) == pytest.approx(min(lengths))
    assert min(lengths) < 0.9 * max(lengths)


def test_mean_between_tasks_leaves_the_diagonal_out():
    assert between_tasks([[1, 0.2, 0.4], [0.2, 1, np.nan], [0.4, np.nan, 1]]) == pytest.approx(0.3)
    assert np.isnan(between_tasks([[1.0]]))


def replicates(seed: int) -> list[xr.Dataset]:
    """Return two trainings each of whose tasks prefers some classes of atoms, whatever its task."""
    rng = np.random.default_rng(seed)
    of_class = rng.integers(CLASSES, size=(MOLECULES, ATOMS))
    label = (rng.random((MOLECULES, TASKS)) < 0.5).astype(float)
    runs = []
    for _ in range(2):
        preference = rng.normal(size=(TASKS, CLASSES))
        mask = np.exp(3 * preference[:, of_class]).transpose(1, 0, 2)
        runs.append(
            xr.Dataset(
                {
                    "mask": (("molecule", "task", "atom"), mask / mask.sum(-1, keepdims=True)),
                    "label": (("molecule", "task"), label),
                    "split": ("molecule", np.full(MOLECULES, "test")),
                },
                coords={"molecule": np.arange(MOLECULES)},
            )
        )
    return runs


def test_preferences_of_trainings_that_know_no_task_are_rarely_taken_for_a_difference():
    """Such masks are the same for all molecules: of these alone eight of 20 would be decided."""
    ends = [interval(agreements(replicates(seed), 400, 0).difference.samples) for seed in range(20)]
    assert sum(low > 0 or high < 0 for low, high in ends) <= 3


def test_tasks_across_trainings_agree_without_what_a_training_shares():
    """One training's tasks have one mask, the other's another: only within do tasks agree."""
    first, second = replicates(0)
    for run in (first, second):
        run["mask"] = run["mask"].copy(data=np.repeat(run["mask"].values[:, :1], TASKS, axis=1))
    agreement = agreements([first, second], 100, 0)
    assert agreement.tasks.value == pytest.approx(1)
    assert agreement.across.value == pytest.approx(agreement.trainings.value)
    assert agreement.across.value < 0.5


def test_a_resample_without_two_different_tasks_has_no_value():
    """With two tasks half of the resamples draw one of them twice."""
    two = [run.isel(task=[0, 1]) for run in replicates(0)]
    samples = agreements(two, 400, 0).tasks.samples
    assert 0.4 < np.isnan(samples).mean() < 0.6


def test_a_mask_without_mass_is_compared_with_none():
    whole, spoilt = replicates(0), replicates(0)
    for run in spoilt:
        run["label"] = run["label"].copy()
        run["label"][0, 3] = 1
    spoilt[1]["mask"][0, 3] = 0
    for run in whole:
        run["label"] = run["label"].copy()
        run["label"][0, 3] = 0
    left_out, expected = (agreements(runs, 50, 0) for runs in (spoilt, whole))
    assert left_out.pairs == expected.pairs
    for name in ("tasks", "trainings", "across"):
        np.testing.assert_array_equal(
            getattr(left_out, name).samples, getattr(expected, name).samples
        )


def three_molecules(masks: list[list[float]]) -> xr.Dataset:
    """Return three molecules of two tasks, of which the first alone is positive for both."""
    label = [[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]
    return xr.Dataset(
        {
            "mask": (("molecule", "task", "atom"), np.array([masks] * 3)),
            "label": (("molecule", "task"), np.array(label)),
            "split": ("molecule", ["test"] * 3),
        },
        {"molecule": range(3)},
    )


def test_tasks_are_compared_across_trainings_both_ways() -> None:
    """Cosines are 1 and 0; by chance each of the four atoms counts 1/4: (1/2 − 1/4) / (3/4)."""
    one, other, third = np.eye(4)[:3].tolist()
    agreement = agreements([three_molecules([one, other]), three_molecules([other, third])], 10, 0)
    assert agreement.across.value == pytest.approx(1 / 3)
    assert agreement.tasks.value == agreement.trainings.value == pytest.approx(-1 / 3)


def test_models_tested_on_different_molecules_are_not_compared():
    first, second = replicates(0)
    second["split"] = second["split"].copy(data=["val", *["test"] * (MOLECULES - 1)])
    with pytest.raises(ValueError, match="different molecules"):
        agreements([first, second], 10, 0)
