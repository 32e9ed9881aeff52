from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from triptych.claims.measure import Unavailable
from triptych.cycles.claims import (
    Results,
    correlation,
    gradient_cosine,
    likelihood_gain,
    share_out_of_equilibrium,
    share_with_cycles,
)

MODELS = 8


def evaluation(states: int, tied: bool = False, lift: float = 0.0) -> xr.Dataset:
    """Return models of which the last two are trapped, likelihood rising with σ."""
    sigma = np.linspace(1.0, 2.0, MODELS)
    trapped = np.arange(MODELS) >= MODELS - 2
    sigma[trapped] = 0.0
    likelihood = -150 + 10 * sigma + lift
    flux = np.where(trapped, 0.0, 0.03)[:, None] * np.array([1.0, 0.5])
    places = np.array([[0, 1, -1], [0, 1, 2]])  # the strongest cycle is back and forth
    columns = {
        "log_likelihood": likelihood,
        "log_likelihood_held_out": likelihood - 1,
        "entropy_production": sigma,
        "entropy_production_error": 0.01 * sigma,
        "self_transition": 0.5 - 0.2 * sigma,
        "kl_classes": 1 - 0.3 * sigma,
        "autocorrelation_time": np.ones(MODELS),
        "trapped": trapped,
    }
    return xr.Dataset(
        {
            **{name: ("model", values) for name, values in columns.items()},
            "cycle_flux": (("model", "cycle"), flux),
            "cycle_states": (("model", "cycle", "position"), np.tile(places, (MODELS, 1, 1))),
        },
        coords={"states": ("model", [states] * MODELS)},
        attrs={"tied": tied},
    )


def results(lift: float = -30.0) -> Results:
    rbm = xr.Dataset({"log_likelihood_held_out": -100.0}, coords={"states": 10})
    cosine = np.stack([np.full((MODELS, 2), value) for value in (0.2, 0.8)], 1)
    truncation = xr.Dataset(
        {
            "cosine": (("model", "steps", "part"), cosine),
            "trapped": ("model", [False] * 6 + [True] * 2),
        },
        coords={"steps": [0, 1], "part": ["all", "recognition"]},
    )
    return Results([evaluation(10)], [evaluation(10, True, lift)], [rbm], truncation)


def test_shares_count_models_with_a_binomial_interval():
    found = share_out_of_equilibrium(results())
    assert found.value == 0.75
    assert 0.3 < found.low < 0.75 < found.high < 1
    assert share_with_cycles(results()).value == 1.0


def test_a_back_and_forth_is_no_cycle():
    weak = results()
    weak.free[0].cycle_flux[:, 1] = 0.001  # the cycle over three states
    assert share_with_cycles(weak).value == 0.0


def test_correlations_have_the_sign_of_the_data():
    assert correlation(results(), "kl_classes").high < 0
    assert correlation(results(), "log_likelihood").low > 0
    few = Results([evaluation(10).isel(model=slice(0, 2))], [], [], results().truncation)
    with pytest.raises(Unavailable, match="2 models are too few"):
        correlation(few, "kl_classes")


def test_a_falsified_store_turns_the_gain_over_tied_models():
    assert likelihood_gain(results(), "tied").low > 0
    assert likelihood_gain(results(lift=30.0), "tied").high < 0


def test_gains_over_trapped_models_and_machines():
    median = np.median(np.linspace(1.0, 2.0, MODELS)[:6])
    assert likelihood_gain(results(), "trapped").value == pytest.approx(10 * median)
    assert likelihood_gain(results(), "rbm").value == pytest.approx(-51 + 10 * median)
    free = results().free[0].isel(model=slice(0, 6))
    with pytest.raises(Unavailable, match="beside trapped ones"):
        likelihood_gain(Results([free], [], [], results().truncation), "trapped")


def test_cosines_leave_trapped_models_out():
    store = results()
    store.truncation.cosine[6:] = np.nan
    assert gradient_cosine(store).value == pytest.approx(0.8)
    gain = gradient_cosine(store, less="0")
    assert [gain.value, gain.low, gain.high] == pytest.approx([0.6] * 3)
