"""Rank correlations over models."""

from __future__ import annotations

import numpy as np
import pytest

from triptych.cycles.compare import rank_correlation


def test_ranks_are_taken_within_groups():
    groups = np.repeat([10, 20], 20)
    x = np.random.default_rng(0).normal(size=40)
    falling = rank_correlation(x + 100 * groups, -x + 100 * groups, groups)
    assert falling.value == pytest.approx(-1)
    assert falling.models == 40
    assert falling.low == pytest.approx(-1)


@pytest.mark.filterwarnings("error")
def test_resamples_of_equal_models_are_left_out():
    x = np.array([0.0, 0.0, 0.0, 1.0])
    correlation = rank_correlation(x, x, np.zeros(4))
    assert (correlation.value, correlation.low, correlation.high) == pytest.approx((1, 1, 1))


def test_too_few_models_are_refused():
    with pytest.raises(ValueError, match="2 models are too few"):
        rank_correlation(np.zeros(2), np.zeros(2), np.zeros(2))
