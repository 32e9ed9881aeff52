"""Scores and bootstrap against scikit-learn, and in cases that are known on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, roc_auc_score

from triptych.toxicity import bootstrap, metrics

RNG = np.random.default_rng(3)


@pytest.fixture
def two_tasks():
    label = np.array([[1, 0], [0, 1], [1, np.nan], [0, 0], [np.nan, 1], [1, 0]])
    return label, np.round(RNG.normal(size=label.shape), 1)


def test_missing_labels_are_left_out_task_by_task(two_tasks):
    label, score = two_tasks
    for task in range(2):
        known = ~np.isnan(label[:, task])
        y, s = label[known, task], score[known, task]
        assert metrics.roc_auc(label, score)[task] == pytest.approx(roc_auc_score(y, s))
        expected = average_precision_score(y, s)
        assert metrics.average_precision(label, score)[task] == pytest.approx(expected)


def test_the_mean_is_over_tasks_and_not_pooled():
    """Two tasks ranked perfectly, one of them far up the scale: pooled they would be mixed up."""
    label = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
    score = label + np.array([0.0, 10.0])
    assert metrics.mean_over_tasks(metrics.roc_auc(label, score)) == 1.0
    assert roc_auc_score(label.ravel(), score.ravel()) == pytest.approx(0.75)


def test_a_task_of_one_class_has_no_score():
    label = np.array([[1, 0, np.nan], [1, 1, np.nan]], dtype=float)
    score = np.zeros_like(label)
    assert np.isnan(metrics.roc_auc(label, score)).tolist() == [True, False, True]
    assert metrics.scorable(label).tolist() == [False, True, False]
    assert metrics.mean_over_tasks(metrics.roc_auc(label, score)) == 0.5
    assert np.isnan(metrics.mean_over_tasks([np.nan, np.nan]))
    assert np.isnan(metrics.brier(label, score)).tolist() == [False, False, True]


def test_brier_of_a_coin_is_a_quarter():
    label = np.array([[0.0], [1.0], [1.0]])
    assert metrics.brier(label, np.zeros_like(label))[0] == pytest.approx(0.25)
    assert metrics.brier(label, logit(np.full_like(label, 0.9)))[0] == pytest.approx(
        (0.81 + 2 * 0.01) / 3
    )


def test_calibration_error_of_known_miscalibration():
    """Everything predicted at 0.8 where 3 of 10 are positive: 0.5 off, however binned in one."""
    label = np.array([1.0] * 3 + [0.0] * 7)[:, None]
    score = np.full_like(label, logit(0.8))
    assert metrics.calibration_error(label, score, bins=1)[0] == pytest.approx(0.5)


def test_calibrated_predictions_have_small_error_and_a_diagonal_curve():
    probability = RNG.uniform(0.02, 0.98, size=200_000)
    label = (RNG.random(probability.shape) < probability).astype(float)
    predicted, observed, count = metrics.reliability(label, logit(probability), bins=10)
    assert np.abs(predicted - observed).max() < 0.02
    assert count.tolist() == [20_000] * 10
    assert metrics.calibration_error(label[:, None], logit(probability)[:, None], bins=10)[0] < 0.01


def test_reliability_with_fewer_labels_than_bins():
    predicted, observed, count = metrics.reliability(
        np.array([1.0, np.nan, 0.0]), np.array([2.0, 0.0, -2.0]), bins=4
    )
    assert count.tolist() == [1, 1, 0, 0]
    assert observed[:2].tolist() == [0.0, 1.0]
    assert np.isnan(predicted[2:]).all()


def test_precision_steps_integrate_to_the_average_precision():
    label = (RNG.random(300) < 0.2).astype(float)
    score = np.round(RNG.normal(size=300) + label, 1)  # with ties
    precision, recall = metrics.precision_steps(label, score)
    area = np.sum(np.diff(recall, prepend=0) * precision)
    assert area == pytest.approx(average_precision_score(label, score), abs=1e-12)
    levels = (np.arange(5000) + 0.5) / 5000
    assert metrics.precision_at_recall(label, score, levels).mean() == pytest.approx(area, abs=1e-3)
    with pytest.raises(ValueError, match="no label is 1"):
        metrics.precision_steps([0, 0], [1, 2])


@pytest.mark.parametrize(
    ("label", "score", "message"),
    [
        ([[2.0]], [[0.0]], "a label is 2.0"),
        ([[1.0]], [[np.inf]], r"score at \(0, 0\) is inf"),
        ([[1.0]], [[0.0, 1.0]], "differ in shape"),
    ],
)
def test_values_out_of_bounds_are_named(label, score, message):
    with pytest.raises(ValueError, match=message):
        metrics.roc_auc(np.array(label), np.array(score))


def test_weighted_auc_is_that_of_the_molecules_drawn():
    """Against scikit-learn on every resample written out, with ties and missing labels."""
    label = np.where(RNG.random(60) < 0.1, np.nan, (RNG.random(60) < 0.3).astype(float))
    score = np.round(RNG.normal(size=60) + np.nan_to_num(label), 1)
    counts = bootstrap.resample_counts(60, 40, seed=1)
    assert (counts.sum(axis=1) == 60).all()
    for row, value in zip(counts, bootstrap.weighted_auc(label, score, counts), strict=True):
        drawn = np.repeat(np.arange(60), row)
        drawn = drawn[~np.isnan(label[drawn])]
        assert value == pytest.approx(roc_auc_score(label[drawn], score[drawn]), abs=1e-12)


def test_resampled_means_skip_tasks_without_both_classes():
    label = np.array([[1, 1], [0, 0], [0, 0]], dtype=float)
    score = np.array([[1, 0], [0, 1], [0, 1]], dtype=float)
    label[0, 1] = np.nan  # the second task has one class
    once = np.ones((1, 3))
    assert bootstrap.resampled_mean_auc(label, score, once).tolist() == [1.0]
    without = np.array([[0, 1, 1]])  # nor has the first, in this resample
    assert np.isnan(bootstrap.resampled_mean_auc(label, score, without)).all()


def test_bootstrap_width_is_that_of_the_binomial():
    """The mean of n coins has a standard error of 0.5/√n."""
    values = (np.arange(400) % 2).astype(float)
    low, high = bootstrap.cluster_mean_interval(
        values, np.arange(400), 4000, seed=0, confidence=0.95
    )
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_clusters_are_drawn_whole():
    """Copies of a value bring no information: ten copies leave the interval as it was."""
    values = RNG.normal(size=50)
    once = bootstrap.cluster_mean_interval(values, np.arange(50), 500, seed=0, confidence=0.95)
    copied = bootstrap.cluster_mean_interval(
        np.tile(values, 10), np.tile(np.arange(50), 10), 500, seed=0, confidence=0.95
    )
    assert copied == pytest.approx(once)


def test_pairing_cancels_what_models_share():
    label = (RNG.random((300, 1)) < 0.3).astype(float)
    hard = RNG.normal(size=label.shape)
    one, two = (label + hard + 0.05 * RNG.normal(size=label.shape) for _ in range(2))
    counts = bootstrap.resample_counts(300, 500, seed=2)
    a, b = (bootstrap.resampled_mean_auc(label, s, counts) for s in (one, two))
    low, high = bootstrap.interval(a - b, 0.95)
    alone = bootstrap.interval(a, 0.95)
    assert high - low < 0.25 * (alone[1] - alone[0])
    assert bootstrap.interval(a - a, 0.95) == (0.0, 0.0)


def test_resamples_depend_on_the_seed_alone():
    same = [bootstrap.resample_counts(20, 5, [1, 2]) for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], bootstrap.resample_counts(20, 5, [1, 3]))
    assert np.isnan(bootstrap.interval([np.nan], 0.95)).all()
    with pytest.raises(ValueError, match="confidence"):
        bootstrap.interval([1.0], 95)
