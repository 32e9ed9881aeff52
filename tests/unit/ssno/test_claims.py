from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from triptych.claims.measured import Unavailable
from triptych.ssno.claims import (
    Results,
    degradation,
    explicit_steps,
    few_trajectories,
    lead,
    symbol_error,
)


def scored(runs: list[tuple[str, int, int]], errors: np.ndarray) -> xr.Dataset:
    """Return scores of models, trajectories and seeds, with what ranks baselines that are alike."""
    models, counts, seeds = zip(*runs, strict=True)
    coordinates = {"model": models, "train_trajectories": counts, "seed": seeds}
    stores = xr.Dataset(
        {"mean_error": (("run", "split", "trajectory"), np.array(errors)[:, None])},
        coords={"split": ["test"], "variant": ("run", ["default"] * len(runs))}
        | {name: ("run", list(values)) for name, values in coordinates.items()},
        attrs={"system": "ks2d"},
    )
    return stores.assign(
        error=stores.mean_error.expand_dims(time=[1.0]),
        correlation=xr.ones_like(stores.mean_error).expand_dims(time=[1.0]),
        high_correlation_time=xr.ones_like(stores.mean_error).expand_dims(threshold=[0.8]),
    )


def scores(factor: float) -> xr.Dataset:
    """Return scores in which the best baseline is ``factor`` times the SSNO on every trajectory."""
    base = np.array([0.01, 0.02, 0.03])
    runs = [("ssno", 5, 0), ("ffno", 5, 0), ("cnext", 5, 0), ("ssno", 2, 0), ("ffno", 2, 0)]
    return scored(runs, [base, 3 * factor * base, factor * base, 2 * base, 4 * factor * base])


def of(*systems: xr.Dataset) -> Results:
    """Return results of which only the scores count."""
    return Results(systems, [], steps([1.0] * 3))


def steps(
    explicit: list[float], counts: tuple[int, ...] = (1, 2, 4), trained: int = 1
) -> xr.Dataset:
    errors = np.array([[0.01] * len(counts), explicit])[..., None]
    return xr.Dataset(
        {"mean_error": (("stepper", "substeps", "trajectory"), errors)},
        coords={"stepper": ["integrating_factor", "explicit"], "substeps": list(counts)},
        attrs={"trained": trained},
    )


def symbol(error: float) -> xr.Dataset:
    true = np.array([[1.0, -2.0, 0.0, -4.0]])
    growth = true * (1 + error)
    dims = ("channel", "wavenumber")
    return xr.Dataset({"growth": (dims, growth), "true": (dims, true)})


def results(*factors: float) -> Results:
    systems = [scores(factor) for factor in factors]
    return Results(systems, [symbol(0.05)] * len(systems), steps([np.inf, 0.5, 0.015]))


def test_lead_over_the_best_baseline_is_found_exactly_where_trajectories_agree():
    median, least = lead(results(5, 20, 30)), lead(results(5, 20, 30), of="least")
    for measured, expected in ((median, 20), (least, 5)):
        assert [measured.value, measured.low, measured.high] == pytest.approx([expected] * 3)


def test_a_falsified_store_turns_the_lead():
    honest = results(20)
    spoilt = scores(20)
    spoilt.mean_error[0] *= 10
    assert lead(honest).low > 10
    assert lead(of(spoilt)).high < 10


def test_trajectories_are_resampled_for_each_system_apart():
    """The mean of two alike systems is known better than one of them."""
    one, other = scores(20), scores(20)
    for system in (one, other):
        system.mean_error[1:3] *= [1, 2, 4]
    other.attrs["system"] = "sh2d"
    alone, both = (lead(of(*s)) for s in ([one], [one, other]))
    assert alone.value == pytest.approx(both.value)
    assert both.high - both.low < 0.85 * (alone.high - alone.low)


def test_a_set_that_was_not_scored_is_said():
    with pytest.raises(Unavailable, match="no system was scored on 'long'"):
        lead(results(20), split="long")


def test_a_few_trajectories_are_the_worst_of_two_to_five_on_all_systems_of_the_sweep():
    measured = few_trajectories(results(20), "2", "5")
    assert measured.value == pytest.approx(0.04)
    assert 0.02 <= measured.low < 0.04 < measured.high <= 0.06
    harder = scores(20)
    harder.mean_error[0] *= 10
    harder.attrs["system"] = "ns2d"
    both = few_trajectories(of(scores(20), harder), "2", "5")
    assert both.value == pytest.approx(0.2)
    assert "largest of 4 on ks2d, ns2d" in both.basis
    assert both.basis.endswith("; one seed of 4 of them")
    with pytest.raises(Unavailable, match="on 3 to 4 trajectories"):
        few_trajectories(results(20), fewest="3", most="4")


def test_two_seeds_that_differ_widen_the_interval_of_trajectories_that_agree():
    runs = scored([("ssno", 5, 0), ("ssno", 5, 1), ("ffno", 5, 0)],
                  [[0.01] * 3, [0.03] * 3, [0.4] * 3])  # fmt: skip
    measured = lead(of(runs))
    assert measured.value == pytest.approx(20)
    assert measured.low < 0.4 / 0.03 < 40 < measured.high
    assert "trainings spread by 78 % (1 degrees of freedom)" in measured.basis
    assert measured.basis.endswith("; one seed of the best baseline on all")
    other = runs.isel(run=[0, 2]).assign_attrs(system="sh2d")
    two = "; one seed of the SSNO on sh2d; one seed of the best baseline on all"
    assert lead(of(runs, other)).basis.endswith(two)
    both = lead(of(runs.isel(run=[0, 1, 2, 2])))
    assert "one seed" not in both.basis


def on_sets(test: list[float], larger: list[float], system: str = "ks2d") -> xr.Dataset:
    """Return scores of an SSNO on its test set and from larger fields."""
    sets = {"test": test, "larger": larger}
    stores = [
        scored([("ssno", 5, 0)], [errors]).assign_coords(split=[name])
        for name, errors in sets.items()
    ]
    return xr.concat(stores, "split").assign_attrs(system=system)


def test_degradation_is_the_error_on_a_set_over_that_on_the_test_set():
    systems = [on_sets([0.01] * 3, [0.02] * 3), on_sets([0.1] * 3, [0.5] * 3, "ns2d")]
    measured = degradation(of(*systems), "larger")
    assert [measured.value, measured.low, measured.high] == pytest.approx([3.5] * 3)
    assert "2 systems, 2 to 5" in measured.basis
    blown_up = on_sets([0.1] * 3, [np.inf] * 3, "ns2d")
    assert degradation(of(systems[0], blown_up), "larger").value == np.inf


def test_other_trainings_may_degrade_more_and_the_interval_says_so():
    """Errors that halve on both sets say nothing of it; a ratio that differs by seed does."""
    runs = [("ssno", 5, 0), ("ssno", 5, 1)]

    def interval(larger: list[float]) -> tuple[float, float, str]:
        sets = {"test": [0.02, 0.01], "larger": larger}
        stores = [
            scored(runs, [[error] * 3 for error in errors]).assign_coords(split=[name])
            for name, errors in sets.items()
        ]
        measured = degradation(of(xr.concat(stores, "split").assign_attrs(system="ks2d")), "larger")
        return measured.low, measured.high, measured.basis

    assert interval([0.04, 0.02])[:2] == pytest.approx((2, 2))
    low, high, basis = interval([0.04, 0.04])
    assert low < 2
    assert high > 4
    assert "ratios of trainings spread by 49 % (1 degrees of freedom)" in basis


def test_trajectories_of_two_sets_are_resampled_apart() -> None:
    errors = [0.1, 0.2, 0.6]
    measured = degradation(of(on_sets(errors, errors)), "larger")
    assert measured.low < measured.value == 1 < measured.high


def test_degradation_is_not_of_a_test_set_on_which_a_rollout_blows_up():
    with pytest.raises(Unavailable, match="ks2d: a rollout of the SSNO blows up on its test set"):
        degradation(of(on_sets([0.1, 0.1, np.inf], [0.5] * 3)), "larger")
    with pytest.raises(Unavailable, match="no system was scored on 'long'"):
        degradation(of(on_sets([0.1] * 3, [0.5] * 3)), "long")


def test_explicit_steps_are_counted_to_twice_the_error():
    assert explicit_steps(results(20)).value == 4
    never = Results([], [], steps([np.inf, np.inf, 0.021]))
    assert explicit_steps(never).value == np.inf


@pytest.mark.parametrize(
    ("explicit", "expected"),
    [
        ([0.01] * 5, [1, 1]),
        ([np.inf, 0.02, 0.01, 0.01, 0.01], [1, 1]),
        ([np.inf, 0.3, 0.02, 0.01, 0.01], [2, 2]),
        ([np.inf, 0.3, 0.3, 0.02, 0.01], [3, 4]),
        ([np.inf] * 5, [9, np.inf]),
    ],
)
def test_explicit_steps_are_whole_ones_in_place_of_each_step_trained_with(explicit, expected):
    stepped = steps(explicit, (1, 3, 6, 12, 24), trained=3)
    measured = explicit_steps(Results([], [], stepped))
    assert [measured.low, measured.value] == expected


def test_the_interval_of_explicit_steps_is_over_trajectories_and_begins_at_the_number_before():
    """One trajectory needs two explicit steps, the other four; both together need four."""
    both = xr.concat([steps([np.inf, 0.015, 0.01]), steps([np.inf, 0.035, 0.01])], "trajectory")
    measured = explicit_steps(Results([], [], both))
    assert [measured.value, measured.low, measured.high] == [4, 2, 4]
    same = explicit_steps(Results([], [], steps([np.inf, 0.5, 0.015])))
    assert [same.low, same.high] == [3, 4]
    at_once = explicit_steps(Results([], [], steps([0.01] * 3)))
    assert [at_once.low, at_once.high] == [1, 1]


def test_explicit_steps_are_not_counted_against_a_step_that_blows_up():
    blown_up = steps([np.inf] * 3)
    blown_up["mean_error"] = blown_up.mean_error * np.inf
    with pytest.raises(Unavailable, match="blow up"):
        explicit_steps(Results([], [], blown_up))
    one = xr.concat([steps([np.inf, 0.5, 0.015]), blown_up], "trajectory")
    with pytest.raises(Unavailable, match="blow up"):
        explicit_steps(Results([], [], one))


def test_a_blown_up_ssno_is_ahead_of_no_baseline_and_blown_up_baselines_do_not_hide_a_lead():
    systems = [scores(factor) for factor in (5, 20, 30)]
    systems[0].mean_error[:3] = np.inf
    systems[2].mean_error[1:3] = np.inf
    measured = lead(of(*systems))
    assert [measured.value, measured.low, measured.high] == pytest.approx([20, 20, 20])
    least = lead(of(*systems), of="least")
    assert [least.value, least.low, least.high] == [0, 0, 0]


def test_infinite_errors_of_a_few_trajectories_leave_an_interval():
    """One of three trajectories blows up: it is in most resamples, and not in all."""
    blown_up = scores(20)
    blown_up.mean_error[3, 0, 0] = np.inf
    measured = few_trajectories(of(blown_up), "2", "5")
    assert measured.value == measured.high == np.inf
    assert 0.04 <= measured.low <= 0.06


def test_a_run_without_an_error_is_no_reason_to_leave_its_system_out():
    lacking = scores(20)
    lacking.mean_error[1, 0, 0] = np.nan
    with pytest.raises(ValueError, match="ks2d: a run has no error on a trajectory of test"):
        lead(of(lacking))
    lacking = scores(20)
    lacking.mean_error[3, 0, 0] = np.nan
    with pytest.raises(ValueError, match="ks2d: a run has no error on a trajectory of test"):
        few_trajectories(of(lacking), "2", "5")


def test_a_growth_rate_that_is_not_finite_is_no_error_of_the_others():
    broken = symbol(0.0)
    broken.growth[0, 1] = np.inf
    with pytest.raises(ValueError, match="a learned growth rate is not finite"):
        symbol_error(Results([], [broken], steps([1.0] * 3)))


def test_symbol_error_is_the_median_over_waves_that_move_and_over_systems():
    uneven = symbol(0.0)  # errors 0.01, 0.05, at rest, 0.3
    uneven["growth"] = uneven.growth.copy(data=np.array([[1.01, -2.1, 3.0, -5.2]]))
    only = Results([], [uneven], steps([1.0] * 3))
    assert symbol_error(only).value == pytest.approx(0.05)
    several = Results([], [symbol(e) for e in (0.01, 0.05, 0.9)], steps([1.0] * 3))
    measured = symbol_error(several)
    assert [measured.value, measured.low, measured.high] == pytest.approx([0.05, 0.01, 0.9])
    assert "the first seed of each" in measured.basis


def test_symbol_error_is_the_mean_over_seeds_of_a_system():
    trained = [symbol(error) for error in (0.01, 0.02, 0.09)]
    growth = xr.concat([one.growth for one in trained], "seed")
    three = xr.Dataset({"growth": growth, "true": trained[0].true})
    measured = symbol_error(
        Results([], [three, symbol(0.07).expand_dims(seed=[0])], steps([1.0] * 3))
    )
    assert measured.value == pytest.approx((0.04 + 0.07) / 2)
    assert "1 to 3 each" in measured.basis
