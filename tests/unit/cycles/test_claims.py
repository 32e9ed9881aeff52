from __future__ import annotations

from dataclasses import replace

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
    flux = np.where(trapped, np.nan, 0.03)[:, None] * np.array([1.0, 0.5])
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
        },
        coords={"states": ("model", [states] * MODELS)},
        attrs={"tied": tied},
    )


def results(lift: float = -30.0, error: float = 0.0) -> Results:
    rbm = xr.Dataset(
        {"log_likelihood_held_out": -100.0, "log_partition_error": error}, coords={"states": 10}
    )
    mixture = xr.Dataset(
        {"log_likelihood_held_out": ("states", [-130.0, -90.0])}, {"states": [10, 20]}
    )
    cosine = np.stack([np.full((MODELS, 2), value) for value in (0.2, 0.8)], 1)
    truncation = xr.Dataset(
        {
            "cosine": (("model", "steps", "parameters"), cosine),
            "trapped": ("model", [False] * 6 + [True] * 2),
        },
        coords={"steps": [0, 1], "parameters": ["all", "recognition"]},
    )
    return Results([evaluation(10)], [evaluation(10, True, lift)], [rbm], mixture, truncation)


def test_all_that_were_trained_are_counted_exactly():
    measured = share_out_of_equilibrium(results())
    assert (measured.low, measured.value, measured.high) == (0.75, 0.75, 0.75)
    cycling = evaluation(10).isel(model=slice(0, 6))
    assert share_out_of_equilibrium(replace(results(), free=[cycling])).low == 1.0


def test_cycles_count_from_a_hundredth_of_a_step_on():
    measured = share_with_cycles(results())
    assert 0.3 < measured.low < measured.value == 1.0
    weak = results()
    weak.free[0].cycle_flux[:3] = 0.009
    measured = share_with_cycles(weak)
    assert measured.low < measured.value == 0.5 < measured.high


def test_correlations_have_the_sign_of_the_data():
    assert correlation(results(), "kl_classes").high < 0
    assert correlation(results(), "log_likelihood").low > 0
    few = replace(results(), free=[evaluation(10).isel(model=slice(0, 2))])
    with pytest.raises(Unavailable, match="2 models are too few"):
        correlation(few, "kl_classes")


def test_a_falsified_store_turns_the_gain_over_tied_models():
    assert likelihood_gain(results(), "tied").low > 0
    assert likelihood_gain(results(lift=30.0), "tied").high < 0


def test_gains_over_trapped_models_machines_and_mixtures():
    median = np.median(np.linspace(1.0, 2.0, MODELS)[:6])
    assert likelihood_gain(results(), "trapped").value == pytest.approx(10 * median)
    assert likelihood_gain(results(), "rbm").value == pytest.approx(-51 + 10 * median)
    assert likelihood_gain(results(), "mixture").value == pytest.approx(-21 + 10 * median)
    free = results().free[0].isel(model=slice(0, 6))
    with pytest.raises(Unavailable, match="beside trapped ones"):
        likelihood_gain(replace(results(), free=[free]), "trapped")
    with pytest.raises(
        ValueError, match="'em' to compare with; known: mixture, rbm, tied, trapped"
    ):
        likelihood_gain(results(), "em")


def test_errors_of_two_numbers_of_states_and_of_two_sides_are_independent():
    def width(*states):
        free = [evaluation(k).isel(model=slice(0, 6)) for k in states]
        tied = [store.assign_attrs(tied=True) for store in free]
        measured = likelihood_gain(replace(results(), free=free, tied=tied), "tied")
        assert measured.low < 0 < measured.high
        return measured.high - measured.low

    assert 0.6 < width(10, 20) / width(10) < 0.85


def test_the_error_of_log_z_is_part_of_the_interval():
    sharp, rough = (likelihood_gain(results(error=error), "rbm") for error in (0.0, 5.0))
    assert rough.value == sharp.value
    assert rough.high - rough.low > 3.5 * 5.0
    assert "error of its log Z" in rough.basis


def test_cosines_leave_trapped_models_out():
    store = results()
    store.truncation.cosine[6:] = np.nan
    assert gradient_cosine(store, "1").value == pytest.approx(0.8)
    gain = gradient_cosine(store, "1", less="0")
    assert [gain.value, gain.low, gain.high] == pytest.approx([0.6] * 3)
