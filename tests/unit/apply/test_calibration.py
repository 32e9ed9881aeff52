from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from triptych.apply.calibration import calibrate, platt


def simulated(count, slope, offset, seed=0):
    """Return labels that were drawn with probability ``σ(slope · z + offset)``, and the z."""
    rng = np.random.default_rng(seed)
    z = rng.normal(scale=2, size=count)
    return (rng.random(count) < expit(slope * z + offset)).astype(float), z


def test_it_is_the_logistic_regression_on_the_smoothed_classes():
    label, z = simulated(60, 1.3, 0.4)
    slope, offset = platt(label, z)
    n1, n0 = label.sum(), (1 - label).sum()
    target = np.where(label == 1, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
    both = np.concatenate([np.ones_like(z), np.zeros_like(z)])
    weight = np.concatenate([target, 1 - target])
    plain = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    plain.fit(np.concatenate([z, z])[:, None], both, sample_weight=weight)
    assert slope == pytest.approx(plain.coef_[0, 0], abs=1e-4)
    assert offset == pytest.approx(plain.intercept_[0], abs=1e-4)
    assert expit(slope * z + offset).mean() == pytest.approx(target.mean(), abs=1e-6)


def test_classes_that_a_threshold_parts_stay_finite():
    slope, offset = platt(np.array([0.0, 0, 0, 1, 1]), np.array([-2.0, -1, -1, 1, 2]))
    assert np.isfinite([slope, offset]).all()
    assert 0 < slope < 10
    p = expit(slope * np.array([-2.0, 2.0]) + offset)
    assert 0 < p[0] < 0.5 < p[1] < 1


def test_a_model_is_not_read_against_its_own_order():
    label, z = simulated(500, -1.0, 0.0)
    slope, offset = platt(label, z)
    assert slope == 0
    n1, n0 = label.sum(), (1 - label).sum()
    rate = (n1 * (n1 + 1) / (n1 + 2) + n0 / (n0 + 2)) / (n1 + n0)
    assert offset == pytest.approx(logit(rate), abs=1e-5)


def test_all_tasks_have_one_scaling_of_the_labels_that_exist():
    first, z = simulated(400, 0.5, 1.0, seed=1)
    second, w = simulated(400, 2.0, -1.0, seed=2)
    second[::3] = np.nan
    negative, blank = np.zeros(400), np.full(400, np.nan)
    labels, logits = np.stack([first, second, negative, blank], 1), np.stack([z, w, z, z], 1)
    calibration = calibrate(labels, logits)
    kept = ~np.isnan(labels)
    assert calibration.labels == kept.sum()
    assert (calibration.slope, calibration.offset) == platt(labels[kept], logits[kept])
    p = calibration.probability(logits)
    np.testing.assert_allclose(p, expit(calibration.slope * logits + calibration.offset))
    assert (np.argsort(p, 0) == np.argsort(logits, 0)).all()


def test_few_positives_in_many_tasks_are_predicted_better_than_by_two_numbers_a_task():
    """Fresh labels of a model that is too sure alike in all tasks: the case that it is for."""
    rng = np.random.default_rng(3)
    logits = rng.normal(-2, 1.5, size=(2, 150, 20))
    labels = (rng.random(logits.shape) < expit(0.6 * logits)).astype(float)
    together = calibrate(labels[0], logits[0]).probability(logits[1])
    by_task = np.empty_like(together)
    for task in range(20):
        slope, offset = platt(labels[0, :, task], logits[0, :, task])
        by_task[:, task] = expit(slope * logits[1, :, task] + offset)

    def log_loss(p):
        return -np.log(np.where(labels[1] == 1, p, 1 - p)).mean()

    assert log_loss(together) < log_loss(expit(logits[1])) - 0.01
    assert log_loss(together) < log_loss(by_task) - 0.003


@pytest.mark.parametrize(("positive", "fitted"), [(4, False), (5, True), (396, False)])
def test_a_few_molecules_of_a_class_calibrate_nothing(positive, fitted):
    _, z = simulated(400, 0.5, 1.0)
    label = (np.argsort(np.argsort(-z)) < positive).astype(float)
    calibration = calibrate(label[:, None], z[:, None])
    assert calibration.labels == (400 if fitted else 0)
    assert (calibration.slope == 1) == (not fitted)


def test_labels_of_other_molecules_are_refused():
    with pytest.raises(ValueError, match="differ in shape"):
        calibrate(np.zeros((3, 2)), np.zeros((4, 2)))


def test_the_scaling_that_labels_were_drawn_with_is_found():
    label, z = simulated(40_000, 0.5, -1.5)
    slope, offset = platt(label, z)
    assert slope == pytest.approx(0.5, abs=0.03)
    assert offset == pytest.approx(-1.5, abs=0.04)


def test_too_sure_a_model_is_brought_to_the_rates_that_it_has():
    label, z = simulated(200_000, 1.0, 0.0)
    sure = 4 * z
    calibration = calibrate(label[:100_000, None], sure[:100_000, None])
    fresh, p = label[100_000:], calibration.probability(sure[100_000:, None])[:, 0]
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (p >= low) & (p < low + 0.2)
        assert fresh[inside].mean() == pytest.approx(p[inside].mean(), abs=0.02)
    raw = expit(sure[100_000:])
    assert abs(fresh[raw > 0.95].mean() - raw[raw > 0.95].mean()) > 0.1, "it was not needed"
