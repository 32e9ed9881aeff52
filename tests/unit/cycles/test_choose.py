"""Learning rates that a search chooses, those at which models stand, and the model shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.optimize import minimize

from triptych.cycles.choose import best_model, choose_rates, even_rate
from triptych.cycles.tables import at_best_rate


def test_the_best_rate_is_that_of_the_mean_training_likelihood_of_each_k():
    models = pd.DataFrame(
        {
            "states": [10] * 4 + [20] * 2,
            "learning_rate": [0.1, 0.1, 0.2, 0.2, 0.1, 0.2],
            "log_likelihood": [-5.0, -1.0, -2.9, -3.0, -4.0, -3.0],
            "log_likelihood_held_out": [0.0, 0.0, -9.0, -9.0, 0.0, -9.0],
        }
    )
    assert at_best_rate(models).index.tolist() == [2, 3, 5]


def search(shares, likelihoods):
    rates = np.repeat(0.01 * np.arange(1, len(shares) + 1), 4)
    reversible = np.concatenate([np.arange(4) < 4 * share for share in shares])
    return xr.Dataset(
        {
            "log_likelihood": ("model", np.repeat(likelihoods, 4)),
            "nearly_reversible": ("model", reversible),
            "cycling": ("model", ~reversible),
            "collapsed": ("model", reversible),
        },
        {"learning_rate": ("model", rates), "seed": ("model", np.tile(np.arange(4), len(shares)))},
    )


def test_a_search_selects_by_training_likelihood_and_contrasts_where_both_kinds_occur():
    rates = choose_rates(search([0, 0, 0.25, 0.75, 1.0], [-5.0, -3.0, -4.0, -6.0, -9.0]))
    assert float(rates.selected) == pytest.approx(0.02)
    assert 0.03 < float(rates.contrast) < 0.04  # they have a quarter and three quarters
    assert rates.share_nearly_reversible.values.tolist() == [0, 0, 0.25, 0.75, 1.0]
    assert rates.share_cycling.values.tolist() == [1, 1, 0.75, 0.25, 0]
    jump = choose_rates(search([0, 0, 1.0, 1.0], [-1.0, -2.0, -3.0, -4.0]))
    assert 0.02 < float(jump.contrast) < 0.03
    for share, expected in ((0.0, 0.03), (1.0, 0.01)):
        one_kind = choose_rates(search([share] * 3, [-1.0, -2.0, -3.0]))
        assert float(one_kind.contrast) == pytest.approx(expected)
    one_rate = choose_rates(search([0.75], [-1.0]))
    assert float(one_rate.contrast) == pytest.approx(0.01)


def test_the_model_shown_is_the_likeliest_that_is_not_collapsed():
    models = xr.Dataset(
        {
            "log_likelihood": ("model", [-3.0, -1.0, -2.0]),
            "collapsed": ("model", [False, True, False]),
        }
    )
    assert best_model(models) == 2
    assert best_model(models.assign(collapsed=models.collapsed | True)) == 1


def test_the_even_rate_is_where_a_drawn_law_is_one_half():
    generator = np.random.default_rng(3)
    rates = np.repeat(np.geomspace(0.004, 0.016, 10), 300)
    share = 1 / (1 + np.exp(-6.0 * np.log(rates / 0.0095)))
    assert even_rate(rates, generator.random(len(rates)) < share) == pytest.approx(0.0095, rel=0.03)


def test_the_even_rate_is_that_of_a_penalised_regression():
    """Kinds that separate would put it halfway without the penalty, half the squared slope."""
    rates = np.geomspace(0.004, 0.04, 11)
    reversible = rates > 0.025
    x = np.log(rates)
    x = (x - x.mean()) / x.std()
    signs = np.where(reversible, 1.0, -1.0)

    def loss(slope_and_offset):
        slope, offset = slope_and_offset
        return np.logaddexp(0, -signs * (slope * x + offset)).sum() + 0.5 * slope**2

    slope, offset = minimize(loss, [1.0, 0.0]).x
    expected = np.exp(np.log(rates).mean() - offset / slope * np.log(rates).std())
    assert even_rate(rates, reversible) == pytest.approx(expected, rel=0.03)
    assert abs(np.log(expected / np.sqrt(rates[7] * rates[8]))) > 0.06


def test_the_even_rate_does_not_leave_the_rates_tried_by_rounding():
    assert even_rate(np.full(4, 0.0125), np.array([True, False, True, False])) == 0.0125
