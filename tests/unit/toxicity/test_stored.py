"""Rows of stored estimates: what one or two folds borrow from others."""

import numpy as np
import pytest
import xarray as xr

from triptych.toxicity.bootstrap import Estimate, interval, mean_over_folds
from triptych.toxicity.stored import StoredRow, stored_rows, with_spread

RESAMPLES = 4000


def row(folds: int, value: float, samples) -> StoredRow:
    return StoredRow("sider", "bert", True, folds, Estimate(value, np.asarray(samples)))


def exact(values) -> StoredRow:
    """Return a row of folds without luck of molecules."""
    mean = drawn(values, 0)
    return row(len(values), mean.value, mean.samples)


def drawn(values, seed) -> Estimate:
    folds = [Estimate(value, np.full(RESAMPLES, value)) for value in values]
    return mean_over_folds(folds, RESAMPLES).draw(seed)


@pytest.mark.parametrize("folds", [1, 2])
def test_few_folds_have_the_spread_of_the_lenders_folds(folds):
    few = row(folds, 0.2, np.full(RESAMPLES, 0.2))
    lent = with_spread(few, exact([-0.1, 0.0, 0.1]), 0)
    assert lent.lent
    assert lent.estimate.value == 0.2
    # Student's t of two degrees, 4.303, times the standard error of the mean of so many folds.
    half = 4.303 * 0.1 / np.sqrt(folds)
    low, high = np.quantile(lent.estimate.samples, [0.025, 0.975])
    assert [low, high] == pytest.approx([0.2 - half, 0.2 + half], abs=0.05)


def test_rows_lent_to_do_not_fall_alike():
    few, lender = row(1, 0.2, np.full(RESAMPLES, 0.2)), exact(np.linspace(-0.1, 0.1, 10))
    one, other = (with_spread(few, lender, seed).estimate.samples for seed in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    assert np.array_equal(np.sort(one), np.sort(other))


def test_rows_stay_as_they_are_without_a_lender_or_need():
    single = row(1, 0.2, np.linspace(0.1, 0.3, RESAMPLES))
    several = exact([-0.1, 0.0, 0.1])
    assert with_spread(single, None, 0) is single
    assert with_spread(single, single, 0) is single
    assert with_spread(several, several, 0) is several


def stored(folds: int) -> xr.Dataset:
    """Return scores of two encoders whose folds differ, without luck of molecules."""
    return xr.Dataset(
        {
            "difference": ("comparison", [0.0, 1.0]),
            "difference_error": ("comparison", [0.1, 0.1]),
            "difference_folds": ("comparison", [folds, folds]),
            "difference_samples": (("comparison", "resample"), np.repeat([[0.0], [1.0]], 50, 1)),
        },
        {
            "compared_split_method": ("comparison", ["random"] * 2),
            "compared_backbone": ("comparison", ["bert", "albert"]),
            "first": ("comparison", ["sparse"] * 2),
            "second": ("comparison", ["mtl"] * 2),
            "compared_folds": ("comparison", [5, 5]),
        },
        {"dataset": "sider", "backbone": "bert"},
    )


def test_trainings_of_two_encoders_do_not_fall_alike():
    kinds = {"first": "sparse", "second": "mtl"}
    one, other = stored_rows([stored(5)], "comparison", "difference", kinds, kinds)
    assert (one.backbone, other.backbone, one.folds) == ("bert", "albert", 5)
    assert abs(np.corrcoef(one.estimate.samples, other.estimate.samples)[0, 1]) < 0.02


def test_folds_without_the_measure_do_not_count():
    """Of five compared folds three have it: then t is of two degrees."""
    kinds = {"first": "sparse", "second": "mtl"}
    row, _ = stored_rows([stored(3)], "comparison", "difference", kinds, kinds)
    assert row.folds == 3
    assert interval(row.estimate.samples) == pytest.approx((-0.430, 0.430), abs=0.01)


@pytest.mark.parametrize(("folds", "lenders"), [(1, 3), (1, 5), (2, 10)])
def test_lent_intervals_cover_the_truth_at_their_stated_rate(folds, lenders):
    """Folds of both differ alike, by trainings and by their molecules together."""
    rng, trials, hits = np.random.default_rng(folds + lenders), 1000, 0
    for _ in range(trials):
        few = row(folds, rng.normal(size=folds).mean(), np.zeros(400))
        mean = drawn(rng.normal(size=lenders), rng.integers(2**31))
        low, high = interval(
            with_spread(few, row(lenders, mean.value, mean.samples), 0).estimate.samples
        )
        hits += low <= 0 <= high
    assert hits / trials == pytest.approx(0.95, abs=0.025)
