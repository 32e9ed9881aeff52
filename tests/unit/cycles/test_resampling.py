"""Differences and rank correlations over models, with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from triptych.claims.measured import Unavailable
from triptych.cycles.resampling import (
    difference_of_kinds,
    mean_over_states,
    rank_correlation,
    resampled_medians,
)


def one_rate(cycling, reversible, neither=0):
    count = cycling + reversible + neither
    kind = np.repeat([0, 1, 2], [cycling, reversible, neither])
    return pd.DataFrame(
        {
            "states": 10,
            "learning_rate": 0.014,
            "iterations": 2000,
            "cycling": kind == 0,
            "nearly_reversible": kind == 1,
            "kl_classes": np.select([kind == 0, kind == 1], [0.1, 0.9], 50.0)
            + 0.01 * np.arange(count) / count,
        }
    )


def test_kinds_are_compared_within_a_rate():
    measured = difference_of_kinds(one_rate(9, 8, neither=3), "kl_classes")
    assert measured.basis == (
        "9 cycling and 8 nearly reversible models, resampled; 2000 iterations a training"
    )
    assert measured.value == pytest.approx(-0.8, abs=0.01)
    assert measured.low < measured.value < measured.high < -0.78


@pytest.mark.parametrize(("cycling", "reversible"), [(7, 9), (9, 7), (0, 20)])
def test_a_difference_of_kinds_needs_eight_of_each(cycling, reversible):
    words = f"K = 10, rate 0.014: {cycling} cycling, {reversible} nearly reversible"
    with pytest.raises(Unavailable, match=words):
        difference_of_kinds(one_rate(cycling, reversible), "kl_classes")


def test_each_number_of_states_counts_alike_whatever_its_models():
    models = pd.DataFrame({"states": np.repeat([10, 20], [30, 3])})
    mean = mean_over_states(models, (models.states == 20).astype(float), "models")
    assert [mean.value, mean.low, mean.high] == pytest.approx([0.5] * 3)


def test_resamples_are_of_the_median():
    values = np.array([0.0] * 5 + [1.0] * 4)
    medians = resampled_medians(values, np.random.default_rng(0))
    assert medians[0] == 0.0
    assert set(medians) == {0.0, 1.0}


def test_ranks_are_taken_within_groups():
    groups = np.repeat([10, 20], 20)
    x = np.random.default_rng(0).normal(size=40)
    falling = rank_correlation(x + 100 * groups, -x + 100 * groups, groups)
    assert falling.value == pytest.approx(-1)
    assert falling.basis == "40 models"
    assert falling.low == pytest.approx(-1)


@pytest.mark.filterwarnings("error")
def test_resamples_of_equal_models_are_left_out():
    x = np.array([0.0, 0.0, 0.0, 1.0])
    correlation = rank_correlation(x, x, np.zeros(4))
    assert (correlation.value, correlation.low, correlation.high) == pytest.approx((1, 1, 1))


def test_too_few_models_are_refused():
    with pytest.raises(Unavailable, match="2 models are too few"):
        rank_correlation(np.zeros(2), np.zeros(2), np.zeros(2))
