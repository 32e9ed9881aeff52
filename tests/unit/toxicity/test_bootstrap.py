"""Intervals that resample molecules and folds, against known widths and their stated coverage."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pytest
from scipy.stats import norm, sem, t
from sklearn.metrics import roc_auc_score

from triptych.toxicity import bootstrap
from triptych.toxicity.bootstrap import Estimate, mean_over_folds
from triptych.toxicity.metrics import weighted_auc


def test_weighted_auc_is_that_of_the_molecules_drawn(rng):
    """Against scikit-learn on every resample written out, with ties and missing labels."""
    label = np.where(rng.random(60) < 0.1, np.nan, (rng.random(60) < 0.3).astype(float))
    score = np.round(rng.normal(size=60) + np.nan_to_num(label), 1)
    counts = bootstrap.resample_counts(60, 40, seed=1)
    assert (counts.sum(axis=1) == 60).all()
    for row, value in zip(counts, weighted_auc(label, score, counts), strict=True):
        drawn = np.repeat(np.arange(60), row)
        drawn = drawn[~np.isnan(label[drawn])]
        assert value == pytest.approx(roc_auc_score(label[drawn], score[drawn]), abs=1e-12)


def test_resampled_means_have_the_tasks_that_can_be_scored_at_all():
    label = np.array([[1, 1], [0, 0], [0, 0]], dtype=float)
    score = np.array([[1, 0], [0, 1], [0, 1]], dtype=float)
    label[0, 1] = np.nan  # the second task has one class
    once = np.ones((1, 3))
    assert bootstrap.resampled_mean_auc(label, score, once).tolist() == [1.0]
    without = np.array([[0, 1, 1]])  # nor has the first, in this resample: it counts as a whole
    assert bootstrap.resampled_mean_auc(label, score, without).tolist() == [1.0]
    label[0, 0] = np.nan
    assert np.isnan(bootstrap.resampled_mean_auc(label, score, once)).all()


def test_a_task_that_few_resamples_lack_does_not_shift_their_mean(rng):
    """As SIDER's task of nine positives: two in a fold, in which it is far below the others."""
    label = np.zeros((300, 10))
    label[:100, 1:], label[:2, 0] = 1, 1
    score = label * np.array([-1.5, *[2.0] * 9]) + rng.normal(size=label.shape)
    counts = bootstrap.resample_counts(300, 4000, seed=3)
    assert not counts[:, :2].any(axis=1).all()
    samples = bootstrap.resampled_mean_auc(label, score, counts)
    (whole,) = bootstrap.resampled_mean_auc(label, score, np.ones((1, 300)))
    assert samples.mean() == pytest.approx(whole, abs=4 * samples.std() / np.sqrt(4000))


def test_bootstrap_width_is_that_of_the_binomial():
    """The mean of n coins has a standard error of 0.5/√n."""
    values = (np.arange(400) % 2).astype(float)
    counts = bootstrap.resample_counts(400, 4000, seed=0)
    low, high = bootstrap.interval(bootstrap.resampled_mean(values, counts))
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_clusters_are_drawn_whole(rng):
    """Copies of a value bring no information: ten copies leave the interval as it was."""
    values = rng.normal(size=50)
    counts = bootstrap.resample_counts(50, 500, seed=0)
    once = bootstrap.resampled_mean(values, counts)
    copied = bootstrap.resampled_mean(np.tile(values, 10), np.tile(counts, 10))
    np.testing.assert_allclose(copied, once, atol=1e-12)
    assert np.isnan(bootstrap.resampled_mean(values[:1], np.zeros((1, 1)))).all()


def test_pairing_cancels_what_models_share(rng):
    label = (rng.random((300, 1)) < 0.3).astype(float)
    hard = rng.normal(size=label.shape)
    one, two = (label + hard + 0.05 * rng.normal(size=label.shape) for _ in range(2))
    counts = bootstrap.resample_counts(300, 500, seed=2)
    a, b = (bootstrap.resampled_mean_auc(label, s, counts) for s in (one, two))
    low, high = bootstrap.interval(a - b)
    alone = bootstrap.interval(a)
    assert high - low < 0.25 * (alone[1] - alone[0])
    assert bootstrap.interval(a - a) == (0.0, 0.0)


def test_resamples_depend_on_the_seed_alone():
    same = [bootstrap.resample_counts(20, 5, [1, 2]) for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], bootstrap.resample_counts(20, 5, [1, 3]))
    assert np.isnan(bootstrap.interval([np.nan])).all()


def test_the_mean_over_folds_is_that_of_the_folds_with_a_value(rng):
    samples = rng.normal(size=(3, 100))
    samples[0, 7] = np.nan
    folds = [Estimate(value, of) for value, of in zip((1.0, 3.0, np.nan), samples, strict=True)]
    mean = mean_over_folds(folds, 100)
    assert (mean.value, mean.error, mean.folds) == (2.0, 1.0, 2)
    samples[0, 7] = 1.0  # a resample without any value is not left to the other fold
    np.testing.assert_allclose(mean.samples, samples[:2].mean(axis=0))
    samples[0, 7] = np.nan
    alone = mean_over_folds(folds[:1], 100).draw(0)
    assert set(alone.samples) == {*samples[0, :7], *samples[0, 8:], 1.0}
    nothing = mean_over_folds(folds[2:], 100)
    assert np.isnan([nothing.value, nothing.error]).all()
    assert np.isnan(nothing.draw(0).samples).all()


@pytest.mark.parametrize("folds", [2, 3, 10])
def test_folds_that_differ_give_the_interval_of_students_t(rng, folds):
    """SciPy's interval of the mean of normal numbers; of molecules there is no variance here."""
    values = rng.normal(size=folds)
    mean = mean_over_folds([Estimate(v, np.full(40, v)) for v in values], 40).draw(0)
    expected = t.interval(0.95, folds - 1, values.mean(), sem(values))
    width = expected[1] - expected[0]
    np.testing.assert_allclose(bootstrap.interval(mean.samples), expected, atol=0.02 * width)


@pytest.mark.parametrize(("folds", "most"), [(2, 0.015), (3, 0.008), (10, 0.005)])
def test_the_ends_of_an_interval_hardly_depend_on_the_seed_of_the_draws(rng, folds, most):
    """Over seeds their standard deviation is such a share of the width. Molecules are the same."""
    drawn = [Estimate(v, v + 0.5 * rng.normal(size=2000)) for v in rng.normal(size=folds)]
    mean = mean_over_folds(drawn, 2000)
    ends = np.array([bootstrap.interval(mean.draw(seed).samples) for seed in range(30)])
    width = np.ptp(ends.mean(axis=0))
    assert (ends.std(axis=0) < most * width).all()


RESAMPLES = 200


class Fold(NamedTuple):
    """Molecules, positives among them, and by how much the scores of two models shift these."""

    molecules: int
    positives: int
    shifts: tuple[float, float]


FOLD = Fold(90, 30, (1.5, 1.0))
CLINTOX = Fold(140, 9, (2.33, 1.99))
"""Few positives and AUCs of 0.95 and 0.92, where percentiles are least exact."""


def fold_difference(rng, fold, spread, counts):
    """Return the paired difference of AUC of two models on one fold.

    Scores are normal, of positives shifted, and by a training's own luck; both models share most of
    a molecule's noise.
    """
    positive = np.arange(fold.molecules) < fold.positives
    shared = rng.normal(size=fold.molecules) * np.sqrt(0.7)
    every = np.vstack([np.ones(fold.molecules), counts])
    values = []
    for shift in fold.shifts:
        own = shift + spread * rng.normal()
        score = positive * own + shared + rng.normal(size=fold.molecules) * np.sqrt(0.3)
        value, *samples = weighted_auc(positive, score, every)
        values.append(Estimate(value, np.array(samples)))
    return values[0] - values[1]


def true_difference(fold, spread):
    """AUC of normal scores is Φ(shift/√2); over normal luck its mean is Φ(shift/√(2 + spread²))."""
    high, low = (norm.cdf(shift / np.sqrt(2 + spread**2)) for shift in fold.shifts)
    return high - low


def drawn(folds, seed):
    return mean_over_folds(folds, RESAMPLES).draw(seed)


@cache  # two tests ask for the same of trainings that spread most
def covered(folds, spread, trials, of=drawn, fold=FOLD):
    """Return how often the 95 % interval of the mean difference has the true one in it."""
    rng = np.random.default_rng(folds)
    counts = [
        bootstrap.resample_counts(fold.molecules, RESAMPLES, [folds, n]) for n in range(folds)
    ]
    hits = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "DRAWS", 20_000)  # of many trials none needs its last digit
        for trial in range(trials):
            mean = of([fold_difference(rng, fold, spread, c) for c in counts], trial)
            low, high = bootstrap.interval(mean.samples)
            hits += low <= true_difference(fold, spread) <= high
    return hits / trials


@pytest.mark.parametrize("spread", [0.0, 0.15, 1.0])
@pytest.mark.parametrize(("folds", "trials"), [(2, 300), (3, 300), (10, 100)])
def test_intervals_cover_the_truth_at_their_stated_rate_or_more(folds, trials, spread):
    """With trainings all alike, spread as the molecules of a fold, or several times as much."""
    assert covered(folds, spread, trials) >= 0.93


@pytest.mark.parametrize(("folds", "trials"), [(3, 150), (10, 60)])
def test_intervals_cover_the_truth_where_a_fold_has_nine_positives(folds, trials):
    assert covered(folds, 0.3, trials, fold=CLINTOX) >= 0.93


@pytest.mark.parametrize(("folds", "trials"), [(2, 300), (3, 300), (10, 100)])
def test_intervals_are_no_wider_than_stated_where_trainings_spread_most(folds, trials):
    """There the molecules, which count twice, hardly matter."""
    assert covered(folds, 1.0, trials) <= 0.98


def test_molecules_alone_would_cover_too_seldom_where_trainings_differ():
    def molecules_alone(folds, seed):
        return Estimate(0.0, np.mean([fold.samples for fold in folds], axis=0))

    assert covered(3, 0.3, 200, molecules_alone) < 0.88


def test_a_mean_over_sets_of_different_folds_is_covered():
    """As the cost of sparsity is: sets of ten, five and three folds count alike."""
    rng, spread, trials, hits = np.random.default_rng(5), 0.3, 60, 0
    counts = bootstrap.resample_counts(FOLD.molecules, RESAMPLES, 1)
    for trial in range(trials):
        sets = [
            drawn(
                [fold_difference(rng, FOLD, spread, counts) for _ in range(folds)],
                [trial, folds],
            )
            for folds in (10, 5, 3)
        ]
        low, high = bootstrap.interval(np.mean([of_set.samples for of_set in sets], axis=0))
        hits += low <= true_difference(FOLD, spread) <= high
    assert hits / trials >= 0.93


def test_a_ratio_of_means_over_folds_is_covered():
    """As a share of atoms over that without penalty is: trainings shift both, each by its own."""
    rng, trials, hits = np.random.default_rng(6), 300, 0
    counts = bootstrap.resample_counts(60, RESAMPLES, 1)
    for trial in range(trials):
        means = [
            drawn(
                [
                    Estimate(values.mean(), bootstrap.resampled_mean(values, counts))
                    for values in rng.lognormal(sigma=0.15, size=(3, 1))
                    * rng.gamma(4, level / 4, size=(3, 60))
                ],
                [trial, seed],
            )
            for seed, level in enumerate((0.25, 0.6))
        ]
        low, high = bootstrap.interval(means[0].over(means[1]).samples)
        hits += low <= 0.25 / 0.6 <= high
    assert hits / trials >= 0.93


def test_an_interval_of_one_task_is_that_of_the_molecules_drawn(rng):
    label = np.repeat([0.0, 1.0, np.nan], [40, 20, 5])
    score = rng.normal(size=65) + np.nan_to_num(label)
    counts = bootstrap.resample_counts(65, 500, 0)
    auc, low, high = bootstrap.auc_interval(label, score, counts)
    assert auc == pytest.approx(roc_auc_score(label[:60], score[:60]))
    drawn = [
        roc_auc_score(label[:60], score[:60], sample_weight=count[:60])
        for count in counts
        if count[:40].any() and count[40:60].any()
    ]
    np.testing.assert_allclose((low, high), np.quantile(drawn, [0.025, 0.975]), rtol=1e-12)
    assert np.isnan(bootstrap.auc_interval(np.zeros(65), score, counts)).all()
