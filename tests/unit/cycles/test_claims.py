from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from triptych.claims.measured import Measured, Unavailable
from triptych.claims.registry import load_registry
from triptych.cycles.claims import (
    Results,
    contrast,
    excess_entropy_production,
    gradient_cosine,
    likelihood_gain,
    relative_self_transition,
    share_out_of_equilibrium,
    share_with_cycles,
    steps_gain,
    typical,
)
from triptych.cycles.evaluate import CYCLING

MODELS = 8
SIGMA = np.linspace(1.0, 2.0, MODELS)


def evaluation(states: int, tied: bool = False, lift: float = 0.0, **columns) -> xr.Dataset:
    """Return models that cycle, likelihood rising with σ."""
    given = {
        "log_likelihood": -150 + 10 * SIGMA + lift,
        "log_likelihood_held_out": -151 + 10 * SIGMA + lift,
        "entropy_production": SIGMA,
        "entropy_production_error": 0.01 * SIGMA,
        "entropy_production_bias": 0.001 * SIGMA,
        "entropy_production_half_draws": 1.002 * SIGMA,
        "zx_entropy_production": 40 * SIGMA,
        "zx_entropy_production_error": 0.1 * SIGMA,
        "self_transition": 0.05 / SIGMA,
        "effective_states": np.full(MODELS, 5.0),
        "circulation": np.full(MODELS, 0.6),
        "kl_classes": 1 - 0.3 * SIGMA,
        "autocorrelation_time": np.ones(MODELS),
        "autocorrelation_time_error": np.full(MODELS, 0.1),
        "collapsed": np.zeros(MODELS, bool),
        "nearly_reversible": np.zeros(MODELS, bool),
        "cycling": np.ones(MODELS, bool),
    } | columns
    count = len(given["log_likelihood"])
    described = {"learning_rate": 0.006, "design": "selected", "states": states, "steps": 1}
    labels = {name: given.pop(name, value) for name, value in described.items()}
    seeds = given.pop("seed", np.arange(count))
    return xr.Dataset(
        {name: ("model", np.resize(values, count)) for name, values in given.items()},
        {
            **{name: ("model", np.resize(value, count)) for name, value in labels.items()},
            "seed": ("model", seeds),
        },
        {"tied": tied, "blocks": 10, "iterations": 2000},
    )


def variants(states: int) -> xr.Dataset:
    """Return a contrast of 10 cycling and 9 reversible models, four lengths and the control."""
    reversible = np.arange(19) >= 10
    designs = ["contrast"] * 19 + ["one_step", "two_steps"] * 3 + ["memoryless"] * 4
    likelihood = np.concatenate(
        [
            np.where(reversible, -180.0, -150.0),
            [-150, -149, -152, -151, -154, -153],
            [-148.0] * 2,
            [-170.0] * 2,
        ]
    )
    return evaluation(
        states,
        design=designs,
        seed=[*range(19), 0, 0, 1, 1, 2, 2, 0, 1, 0, 1],
        learning_rate=[0.014] * 19 + [0.006] * 8 + [0.01] * 2,
        log_likelihood=likelihood,
        log_likelihood_held_out=likelihood - 1.0,
        kl_classes=np.concatenate([np.where(reversible, 0.9, 0.1), np.full(10, 0.2)]),
        nearly_reversible=np.concatenate([reversible, np.zeros(10, bool)]),
        cycling=np.concatenate([~reversible, np.ones(10, bool)]),
        entropy_production=np.where(np.array(designs) == "memoryless", 0.0, 1.0),
    )  # fmt: skip


def results(lift: float = -30.0, error: float = 0.0, **free) -> Results:
    rbm = xr.Dataset(
        {
            "log_likelihood_held_out": -100.0,
            "log_partition_error": error,
            "annealed_effective": 4.4,
        },
        coords={"states": 10},
    )
    mixture = xr.Dataset(
        {"log_likelihood_held_out": ("states", [-130.0, -90.0])}, {"states": [10, 20]}
    )
    cosine = np.stack([np.full((MODELS, 2), value) for value in (0.2, 0.8)], 1)
    truncation = xr.Dataset(
        {"cosine": (("model", "steps", "parameters"), cosine)},
        {
            "steps": [0, 1],
            "parameters": ["all", "recognition"],
            "states": ("model", [10] * 5 + [20] * 3),
        },
    )
    tied = evaluation(10, True, lift, zx_entropy_production=np.full(MODELS, 1e-13))
    return Results([evaluation(10, **free)], [variants(10)], [tied], [rbm], mixture, truncation)


def test_out_of_equilibrium_is_above_zero_with_the_whole_interval():
    measured = share_out_of_equilibrium(results())
    assert (measured.value, measured.high) == (1.0, 1.0)
    assert measured.low == pytest.approx(MODELS / (MODELS + 1.96**2), abs=1e-3), "Wilson"
    # Student's quantile for ten blocks is 2.26 (for eleven 2.23), and the bias comes off first.
    errors = np.repeat([0.44, 0.445], 4) * 0.999 * SIGMA
    assert share_out_of_equilibrium(results(entropy_production_error=errors)).value == 0.5
    # The control has σ̂ of rounding and, by its construction, no error.
    control = results(entropy_production=2e-32, entropy_production_error=0.0,
                      entropy_production_bias=0.0)  # fmt: skip
    assert share_out_of_equilibrium(control).value == 0.0
    biased = results(entropy_production_bias=np.where(SIGMA < 1.5, SIGMA, 0.0))
    assert share_out_of_equilibrium(biased).value == 0.5
    with pytest.raises(Unavailable, match="entropy production of some models is not a number"):
        share_out_of_equilibrium(results(entropy_production_bias=np.nan))


def test_self_transition_is_taken_relative_to_independent_states():
    measured = relative_self_transition(results())
    assert measured.value == pytest.approx((0.5 / SIGMA).mean())
    assert measured.low < measured.value < measured.high < 1
    two = replace(results(), free=[evaluation(10), evaluation(20)])
    assert relative_self_transition(two).value == pytest.approx(1.5 * (0.5 / SIGMA).mean())


def test_the_share_with_cycles_counts_all_models_at_the_selected_rate():
    measured = share_with_cycles(results(cycling=np.arange(MODELS) < 6))
    assert measured.low < measured.value == 0.75 < measured.high
    assert "8 models" in measured.basis


def test_the_contrast_is_within_one_rate_and_the_least_favourable_k_decides():
    store = results()
    measured = contrast(store, "log_likelihood_held_out", "least")
    assert (measured.low, measured.value, measured.high) == (30.0, 30.0, 30.0)
    assert "10 cycling and 9 nearly reversible" in measured.basis
    assert contrast(store, "kl_classes", "greatest").value == pytest.approx(-0.8)
    worse = variants(20)
    worse.log_likelihood_held_out[:10] = -185.0
    worse.kl_classes[:10] = 2.0
    two = replace(store, variants=[variants(10), worse])
    assert contrast(two, "log_likelihood_held_out", "least").high < 0
    assert contrast(two, "kl_classes", "greatest").low > 0
    basis = contrast(two, "kl_classes", "greatest").basis
    assert basis.startswith("value of K = 20, each end the greatest of 2; 10 cycling and 9 nearly")
    with pytest.raises(ValueError, match="'largest': least or greatest"):
        contrast(store, "kl_classes", "largest")


def test_each_end_of_a_contrast_is_the_least_favourable_of_all_k(monkeypatch):
    """One K is wide and open, the other fails as a whole: so does the claim."""
    ends = {10: (-10.0, -30.0, 5.0), 20: (-2.0, -4.0, -1.0)}

    def made(own, quantity):
        return Measured(*ends[int(own.states.values[0])], "9 of each")

    monkeypatch.setattr("triptych.cycles.claims.difference_of_kinds", made)
    two = replace(results(), variants=[variants(10), variants(20)])
    measured = contrast(two, "log_likelihood_held_out", "least")
    assert (measured.value, measured.low, measured.high) == (-10.0, -30.0, -1.0)
    assert measured.basis == "value of K = 10, each end the least of 2; 9 of each"


def test_a_contrast_without_enough_models_at_one_k_is_not_made():
    few = variants(20).isel(model=slice(3, None))
    with pytest.raises(Unavailable, match=r"K = 20.*7 cycling, 9 nearly reversible; 8 of"):
        contrast(replace(results(), variants=[variants(10), few]), "kl_classes", "greatest")


def test_cosines_are_of_all_models_or_of_one_k():
    store = results()
    store.truncation.cosine[:, :, 1] = -1.0  # of the recognition kernel alone: not asked for
    store.truncation.cosine[5:, 1, 0] = 0.6
    assert gradient_cosine(store, "1").value == pytest.approx(0.8)
    assert gradient_cosine(store, "1", at="20").value == pytest.approx(0.6)
    gain = gradient_cosine(store, "1", less="0", at="10")
    assert [gain.value, gain.low, gain.high] == pytest.approx([0.6] * 3)
    with pytest.raises(Unavailable, match="keep 3 latent steps; there are 0, 1"):
        gradient_cosine(store, "1", less="3")
    with pytest.raises(Unavailable, match="no models with 30 states"):
        gradient_cosine(store, "1", at="30")


def test_a_gradient_within_its_noise_has_no_cosine_and_is_counted():
    store = results()
    most = store.truncation.sizes["model"] // 2 + 1  # counted as no cosine they would be the median
    store.truncation.cosine[:most, 1, 0] = np.nan
    cosine = gradient_cosine(store, "1")
    assert cosine.value == pytest.approx(0.8)
    assert f"; {most} more have gradients within their noise, or no exact one" in cosine.basis
    store.truncation.cosine[:, 1, 0] = np.nan
    with pytest.raises(Unavailable, match="within their noise"):
        gradient_cosine(store, "1")


def test_the_whole_chain_is_compared_with_the_largest_of_the_tied_models():
    measured = excess_entropy_production(results())
    assert measured.value == pytest.approx(60.0)
    assert 0 < measured.low < measured.value
    assert "less 1e-13 of tied models; an RBM has 0 by construction" in measured.basis
    irreversible = results()
    irreversible.tied[0].zx_entropy_production[1] = -100.0
    assert excess_entropy_production(irreversible).high < 0
    unknown = results()
    unknown.tied[0].zx_entropy_production[1] = np.nan
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        assert np.isnan(excess_entropy_production(unknown).value)


def test_a_falsified_store_turns_the_gain_over_tied_models():
    measured = likelihood_gain(results(), "tied")
    assert measured.value == pytest.approx(-153 + 166)
    assert measured.low > 0
    assert "K = 10 (3 and 8)" in measured.basis
    turned = likelihood_gain(results(lift=30.0), "tied")
    assert turned.value == pytest.approx(-153 + 106)
    assert turned.high < 0


def test_gains_over_the_control_machines_and_mixtures():
    median = np.median(SIGMA)
    assert likelihood_gain(results(), "memoryless").value == pytest.approx(-152 + 148)
    assert likelihood_gain(results(), "rbm").value == pytest.approx(-51 + 10 * median)
    assert likelihood_gain(results(), "mixture").value == pytest.approx(-21 + 10 * median)
    assert "K = 10 (3 and 2)" in likelihood_gain(results(), "memoryless").basis
    with pytest.raises(ValueError, match=r"'em'.*; known: memoryless, mixture, rbm, tied"):
        likelihood_gain(results(), "em")
    none = replace(results(), variants=[variants(10).isel(model=slice(0, 25))])
    with pytest.raises(Unavailable, match="no models of the design memoryless"):
        likelihood_gain(none, "memoryless")
    other = xr.Dataset({"log_likelihood_held_out": ("states", [-130.0])}, {"states": [30]})
    with pytest.raises(Unavailable, match="no mixture models with as many states"):
        likelihood_gain(replace(results(), mixture=other), "mixture")


def test_errors_of_two_numbers_of_states_and_of_two_sides_are_independent():
    def width(*states):
        mixture = xr.Dataset(
            {"log_likelihood_held_out": ("states", [-130.0] * len(states))}, {"states": [*states]}
        )
        free = [evaluation(k) for k in states]
        measured = likelihood_gain(replace(results(), free=free, mixture=mixture), "mixture")
        return measured.high - measured.low

    assert 0.6 < width(10, 20) / width(10) < 0.85


def test_the_error_of_log_z_is_part_of_the_interval():
    sharp, rough = (likelihood_gain(results(error=error), "rbm") for error in (0.0, 5.0))
    assert rough.value == sharp.value
    assert rough.high - rough.low > 3.5 * 5.0
    assert "error of its log Z drawn; held-out images as given" in rough.basis
    assert rough.basis.endswith("; effective chains ≥ 4.4")


def test_more_steps_are_compared_seed_by_seed():
    measured = steps_gain(results(), "two_steps")
    assert [measured.low, measured.value, measured.high] == pytest.approx([1.0] * 3)
    with pytest.raises(Unavailable, match="design all_steps"):
        steps_gain(results(), "all_steps")


def test_a_variant_is_shown_at_its_best_rate():
    store = results()
    store.variants[0].entropy_production[-2:] = 9.0
    assert typical(store, "memoryless", "entropy_production").value == 0.0


def test_models_count_as_cycling_from_where_the_claim_says():
    """The line of C3, and of the kinds that C4 and C5 compare."""
    claims = load_registry(Path(__file__).parents[3] / "config/claims.yaml").claims
    assert f"a net circulation of {CYCLING:g} a step" in claims["C3"].measures
