from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from triptych.ssno.claims import Results, lead
from triptych.ssno.coordinates import periodic_coordinates
from triptych.ssno.domains import Sphere
from triptych.ssno.labels import in_order, sample_note
from triptych.ssno.pictures import error_scale, middle_slice, orthographic
from triptych.ssno.plotting import CEILING, drawable, top_mark
from triptych.ssno.resampling import Spread
from triptych.ssno.tables import (
    ablation_runs,
    best_baseline,
    compared_spread,
    errors_without_mean,
    intervals,
    main_runs,
    run_table,
    search_costs,
    summary,
    sweep_runs,
    training_costs,
)

RUNS = [
    # model, variant, trajectories, seed, error of every test trajectory
    ("ssno", "default", 5, 0, [0.01, 0.03]),
    ("ssno", "default", 5, 1, [0.03, 0.05]),
    ("ffno", "default", 5, 0, [0.2, 0.4]),
    ("ffno", "default", 5, 1, [0.4, 0.6]),
    ("percnn", "default", 5, 0, [0.05, np.inf]),
    ("percnn", "default", 5, 1, [0.05, 0.05]),
    ("ssno", "default", 2, 0, [0.1, 0.1]),
    ("ssno", "explicit", 5, 0, [np.inf, np.inf]),
]


def scores(runs=RUNS):
    errors = np.array([run[4] for run in runs])
    mean = np.full((len(runs), 2, 2), np.nan)
    mean[:, 0] = errors
    mean[: len(runs) - 2, 1] = 2 * errors[: len(runs) - 2]
    lasting = np.where(np.isfinite(mean), 4.0, 0.0)
    lasting[[run[0] != "ssno" for run in runs]] /= 2
    return xr.Dataset(
        {
            "mean_error": (("run", "split", "trajectory"), mean),
            "error": (("run", "split", "trajectory", "time"), np.stack([mean, mean], -1)),
            "correlation": (
                ("run", "split", "trajectory", "time"),
                np.stack([np.ones_like(mean), np.where(lasting == 4.0, 0.85, 0.0)], -1),
            ),
            "high_correlation_time": (
                ("threshold", "run", "split", "trajectory"),
                np.stack([lasting, lasting / 2]),
            ),
            "learning_rate": ("run", [0.01] * 3 + [0.002] + [0.006] * (len(runs) - 4)),
            "parameters": ("run", np.full(len(runs), 1000)),
            "validation_error": ("run", np.linspace(0.1, 0.2, len(runs))),
        },
        coords={
            "split": ["test", "long"],
            "threshold": [0.8, 0.9],
            "time": [2.0, 4.0],
            **{
                name: ("run", [run[place] for run in runs])
                for place, name in enumerate(("model", "variant", "train_trajectories", "seed"))
            },
        },
    )


def test_runs_are_told_apart():
    assert main_runs(scores()).sizes["run"] == 6
    assert set(sweep_runs(scores()).model.values) == {"ssno"}
    assert list(sweep_runs(scores()).train_trajectories.values) == [5, 5, 2]
    ablated = ablation_runs(scores())
    assert list(zip(ablated.variant.values, ablated.seed.values, strict=True)) == [
        ("default", 0),
        ("explicit", 0),
    ]
    # Without a variant too it is one seed, as the figure says.
    assert ablation_runs(scores(RUNS[:-1])).seed.values.tolist() == [0]


def test_one_blow_up_makes_a_mean_infinite_and_is_counted():
    table = run_table(scores())
    lost = table[(table.model == "percnn") & (table.seed == 0)].iloc[0]
    assert np.isinf(lost.error)
    assert (lost.blown_up, lost.rollouts) == (1, 2)


def test_rollouts_that_outlast_the_set_are_counted():
    assert run_table(scores()).outlasting.tolist() == [2, 2, 0, 0, 0, 0, 2, 0]
    assert run_table(scores(), threshold=0.9).outlasting.sum() == 0
    assert summary(scores()).outlasting["ssno"] == 4
    # One whose correlation falls below the threshold at the last frame has the same time.
    falling = scores()
    falling.correlation[0, 0, 0, -1] = 0.79
    assert run_table(falling).outlasting.tolist() == [1, 2, 0, 0, 0, 0, 2, 0]


def test_runs_without_a_set_are_left_out():
    assert len(run_table(scores(), "long")) == len(RUNS) - 2
    assert run_table(scores().isel(run=[-2, -1]), "long").empty


def test_summary_is_against_the_best_baseline():
    table = summary(scores())
    assert table.index[0] == "ssno"
    assert best_baseline(scores()) == "ffno"  # percnn's mean is infinite
    assert table.error["ssno"] == pytest.approx(0.03)
    assert table.ratio["ssno"] == pytest.approx(0.4 / 0.03)
    assert table.ratio["ffno"] == pytest.approx(1)
    assert table.ratio["percnn"] == 0
    assert table.hct_ratio["ssno"] == pytest.approx(2)
    assert table.blown_up["percnn"] == 1


def test_intervals_are_those_of_the_claims():
    store = scores().assign_attrs(system="ks2d")
    table = intervals(store, compared_spread([store]))
    claimed = lead(Results([store], [], xr.Dataset()))
    of_ssno = table.loc["ssno"]
    assert (of_ssno.lead_low, of_ssno.lead_high) == (claimed.low, claimed.high)
    assert of_ssno.low < summary(store).error["ssno"] < of_ssno.high
    assert np.isinf(table.high["percnn"])
    assert np.isnan(table.lead_low["ffno"])


def test_an_interval_is_not_of_the_trajectories_that_happen_to_be_scored():
    store = scores().assign_attrs(system="ks2d")
    store.mean_error[0, 0, 1] = np.nan
    with pytest.raises(ValueError, match="ks2d: a run has no error on a trajectory of test"):
        intervals(store, Spread())


def test_errors_without_the_mean_leave_the_given_frame_out():
    store = scores()
    errors = np.stack([np.zeros_like(store.mean_error), store.mean_error], -1)
    dims = (*store.mean_error.dims, "time")
    errors_by_model = errors_without_mean(store.assign(error_mean_removed=(dims, errors)))
    assert errors_by_model.to_dict() == pytest.approx({"ffno": 0.4, "percnn": np.inf, "ssno": 0.03})


def test_when_all_baselines_blow_up_the_ratio_is_infinite():
    runs = [RUNS[0], ("ffno", "default", 5, 0, [np.inf] * 2), RUNS[4], RUNS[4]]
    assert best_baseline(scores(runs)) == "percnn"  # it blows up less
    assert np.isinf(summary(scores(runs)).ratio["ssno"])


def test_no_baseline_is_said():
    with pytest.raises(ValueError, match="no baseline"):
        best_baseline(scores([RUNS[0]] * 4))


def test_models_have_one_order():
    assert in_order(["percnn", "ssno", "ffno", "ssno"]) == ["ssno", "ffno", "percnn"]


def test_error_scale_is_never_that_of_a_blow_up():
    error = np.full((4, 4), 0.1)
    assert error_scale([error, 1e9 * error], 2.0) == 2.0
    assert error_scale([error, 2 * error], 2.0) == pytest.approx(0.2)
    assert error_scale([error, np.full((4, 4), np.inf)], 2.0) == 2.0
    assert error_scale([np.full(3, np.nan)], 2.0) == 2.0


def test_errors_off_the_axes_are_marked():
    errors = np.array([0.1, CEILING, 2 * CEILING, np.inf, np.nan])
    assert list(drawable(errors)) == [True, True, False, False, False]
    assert top_mark(errors[:3]) == "↑"
    assert top_mark(errors[:4]) == "∞"


def test_middle_takes_a_slice_of_three_dimensions_only():
    cube = xr.DataArray(np.arange(27.0).reshape(3, 3, 3), dims=("x", "y", "z"))
    assert (middle_slice(cube).values == cube.values[:, :, 1]).all()
    assert middle_slice(cube[0]).equals(cube[0])


@pytest.mark.parametrize("view", [(0.0, 0.0), (25.0, 0.0), (-40.0, 110.0), (90.0, 0.0)])
def test_globe_shows_every_place_where_it_is(view):
    """The three Cartesian coordinates as fields, against those of the picture's own points."""
    pixels = 101
    side = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    x, y = np.meshgrid(side, side)
    outside = x**2 + y**2 >= 1
    out = np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    tilt, turn = np.deg2rad(view)
    towards = out * np.cos(tilt) - y * np.sin(tilt)
    expected = [
        y * np.cos(tilt) + out * np.sin(tilt),
        towards * np.cos(turn) - x * np.sin(turn),
        x * np.cos(turn) + towards * np.sin(turn),
    ]
    axes = Sphere().transform(48).coordinates()
    for field, values in zip(periodic_coordinates(Sphere(), 48).numpy(), expected, strict=True):
        picture = orthographic(xr.DataArray(field, dims=list(axes), coords=axes), view, pixels)
        assert (np.isnan(picture) == outside).all()
        np.testing.assert_allclose(picture[~outside], values[~outside], atol=4e-3)


def test_figures_say_whose_seeds_and_how_many_trajectories_are_behind_them():
    one = scores().assign_attrs(title="Kuramoto–Sivashinsky, 2D")
    assert sample_note([one]) == "2 seeds of every model; 2 test trajectories"
    kept = [run for run in RUNS if (run[0], run[3]) != ("percnn", 1)]
    fewer = scores(kept).assign_attrs(title="Shallow water, sphere")
    words = "2 seeds of SSNO, FFNO, 1 of all others; 2 trajectories a set"
    assert sample_note([fewer], ("test", "long")) == words
    both = "2 seeds of SSNO, FFNO, PeRCNN (KS 2D), 1 of all others; 2 test trajectories"
    assert sample_note([one, fewer]) == both


def test_costs_are_means_over_seeds_and_those_off_by_more_than_a_quarter_are_flagged():
    seconds = [60.0, 80.0, 85.0, 87.0, 90.0, 90.0, 1.0, 1.0]  # the last two are no comparison
    costs = training_costs(scores().assign(cpu_seconds=("run", seconds)))
    assert list(costs.index) == ["ssno", "ffno", "percnn"]
    assert costs.seconds.tolist() == [70.0, 86.0, 90.0]
    assert costs.ratio.tolist() == pytest.approx([1.0, 86 / 70, 90 / 70])
    assert costs.unequal.tolist() == [False, False, True]


def test_the_search_costs_what_all_its_candidates_do():
    search = xr.Dataset(
        {
            "model": ("candidate", ["ssno", "ffno", "ssno"]),
            "cpu_seconds": ("candidate", [2.0, 3.0, 4.5]),
        }
    )
    costs = search_costs(search)
    assert costs.loc["ssno"].tolist() == [2, 6.5]
    assert costs.loc["ffno"].tolist() == [1, 3.0]
