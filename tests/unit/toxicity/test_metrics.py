"""Scores against scikit-learn, and in cases that are known on paper."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import average_precision_score, roc_auc_score

from triptych.toxicity import metrics


def test_areas_are_those_of_scikit_learn_with_ties_and_without_and_missing_labels_left_out(rng):
    label = (rng.random((400, 6)) < [0.01, 0.1, 0.3, 0.5, 0.9, 0.99]).astype(float)
    label[:2] = [[0], [1]]
    label[2:][rng.random((398, 6)) < 0.1] = np.nan
    for digits in (0, 1, 12):
        score = np.round(rng.normal(size=label.shape) + np.nan_to_num(label), digits)
        for ours, theirs in (
            (metrics.roc_auc, roc_auc_score),
            (metrics.average_precision, average_precision_score),
        ):
            known = [~np.isnan(y) for y in label.T]
            expected = [theirs(y[k], s[k]) for y, s, k in zip(label.T, score.T, known, strict=True)]
            np.testing.assert_allclose(ours(label, score), expected, rtol=0, atol=1e-12)


def test_the_mean_is_over_tasks_and_not_pooled():
    """Two tasks ranked perfectly, one of them far up the scale: pooled they would be mixed up."""
    label = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=float)
    score = label + np.array([0.0, 10.0])
    assert metrics.mean_of_present(metrics.roc_auc(label, score)) == 1.0
    assert roc_auc_score(label.ravel(), score.ravel()) == pytest.approx(0.75)


def test_a_task_of_one_class_has_no_score():
    label = np.array([[1, 0, np.nan], [1, 1, np.nan]], dtype=float)
    score = np.zeros_like(label)
    assert np.isnan(metrics.roc_auc(label, score)).tolist() == [True, False, True]
    assert metrics.scorable(label).tolist() == [False, True, False]
    assert metrics.mean_of_present(metrics.roc_auc(label, score)) == 0.5
    assert np.isnan(metrics.mean_of_present(np.full(2, np.nan)))
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


def test_bins_that_are_off_to_either_side_do_not_cancel():
    """Of ten at 0.2 seven are positive, of ten at 0.8 three: each bin is 0.5 off, both none."""
    label = np.repeat([1.0, 0.0, 1.0, 0.0], [7, 3, 3, 7])[:, None]
    score = logit(np.repeat([0.2, 0.8], 10))[:, None]
    assert metrics.calibration_error(label, score, bins=2)[0] == pytest.approx(0.5)
    assert metrics.calibration_error(label, score, bins=1)[0] == pytest.approx(0.0, abs=1e-12)


def test_calibrated_predictions_have_small_error_and_a_diagonal_curve(rng):
    probability = rng.uniform(0.02, 0.98, size=200_000)
    label = (rng.random(probability.shape) < probability).astype(float)
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


def test_precision_steps_integrate_to_the_average_precision(rng):
    label = (rng.random(300) < 0.2).astype(float)
    score = np.round(rng.normal(size=300) + label, 1)  # with ties
    precision, recall = metrics.precision_steps(label, score)
    area = metrics.area(precision, recall)
    assert area == pytest.approx(average_precision_score(label, score), abs=1e-12)
    levels = (np.arange(5000) + 0.5) / 5000
    curve = metrics.precision_at_recall(precision, recall, levels)
    assert curve.mean() == pytest.approx(area, abs=1e-3)


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
