"""Rows of stored estimates: what a single fold borrows from others."""

import numpy as np
import pytest

from triptych.toxicity.bootstrap import Estimate, mean_over_folds
from triptych.toxicity.stored import Row, with_spread

RESAMPLES = 4000


def row(folds: int, value: float, samples) -> Row:
    return Row("sider", "bert", True, folds, Estimate(value, np.asarray(samples)))


def test_one_fold_has_the_spread_of_the_row_whose_folds_differ_most():
    exact = [Estimate(value, np.full(RESAMPLES, value)) for value in (-0.1, 0.0, 0.1)]
    apart = mean_over_folds(exact, 0, RESAMPLES)
    alike = Estimate(0.5, np.full(RESAMPLES, 0.5))
    single = row(1, 0.2, np.full(RESAMPLES, 0.2))
    widened = with_spread(single, [row(3, 0.0, apart.samples), row(3, 0.5, alike.samples), single])
    assert widened.lent
    assert widened.estimate.value == 0.2
    # Student's t of two degrees, 4.303, times the standard deviation of single folds.
    low, high = np.quantile(widened.estimate.samples, [0.025, 0.975])
    assert [low, high] == pytest.approx([0.2 - 0.43, 0.2 + 0.43], abs=0.05)


def test_one_fold_stays_as_it_is_where_there_are_no_others():
    single = row(1, 0.2, np.linspace(0.1, 0.3, RESAMPLES))
    assert with_spread(single, [single]) is single
