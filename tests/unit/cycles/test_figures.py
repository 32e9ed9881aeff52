"""Figures leave nothing out, and draw what the numbers say."""

from __future__ import annotations

from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_scripts import plot_script
from matplotlib.colors import to_hex
from matplotlib.path import Path

from triptych.cycles.plotting import (
    KINDS,
    SMALLEST_SIGMA,
    kind_legend,
    panels_by_design,
    scatter_against_entropy_production,
    tile,
)
from triptych.cycles.tables import kinds

script = partial(plot_script, "cycles")


def models(**columns):
    """Return a table of models; what is not given is that of a cycling one at the selected rate."""
    defaults = {
        "design": "selected",
        "states": 10,
        "learning_rate": 0.01,
        "seed": 0,
        "iterations": 2000,
        "tied": False,
        "cycling": True,
        "nearly_reversible": False,
        "collapsed": False,
        "entropy_production": 1.0,
        "self_transition": 0.1,
        "log_likelihood": -150.0,
        "log_likelihood_held_out": -150.0,
        "kl_classes": 0.5,
    }
    return pd.DataFrame(columns).assign(
        **{name: value for name, value in defaults.items() if name not in columns}
    )


def history(rates, level):
    curves = np.full((len(rates), 20), level)
    names = ("log_likelihood", "entropy_production", "self_transition")
    return xr.Dataset(
        dict.fromkeys(names, (("model", "iteration"), curves)),
        {"learning_rate": ("model", rates), "iteration": np.arange(20)},
        {"constant_until": 9},
    )


def walk(states):
    """Return a walk along states whose mean images and samples can be told apart."""
    count = len(states)
    return xr.Dataset(
        {
            "mean_image": (("state", "y", "x"), np.arange(4).reshape(4, 1, 1) / 10.0),
            "walk_state": ("step", states),
            "walk_image": (("step", "y", "x"), np.arange(count).reshape(-1, 1, 1) / 100.0),
        }
    )


def shown(ax):
    return float(ax.images[0].get_array()[0, 0])


def test_every_number_of_states_has_its_panels():
    sizes = list(range(2, 11))
    table = pd.concat([models(states=sizes), models(states=sizes, design="contrast")])
    panels = panels_by_design(plt.figure(), table, "kl_classes", "KL")
    assert list(panels) == [(d, k) for d in ("contrast", "selected") for k in sizes]
    assert panels["selected", 7].get_title() == "K = 7, rate 0.01\n1 seed, 2000 iterations"


def test_a_panel_shows_the_models_of_its_design_and_number_of_states_only():
    table = models(
        states=[10, 10, 20, 20, 10],
        design=["selected", "contrast", "selected", "contrast", "tied"],
        kl_classes=[1.0, 2.0, 3.0, 4.0, 5.0],
    )
    panels = panels_by_design(plt.figure(), table, "kl_classes", "KL")
    drawn = {
        place: [y for points in ax.collections for _, y in points.get_offsets()]
        for place, ax in panels.items()
    }
    assert drawn == {
        ("contrast", 10): [2.0],
        ("contrast", 20): [4.0],
        ("selected", 10): [1.0],
        ("selected", 20): [3.0],
    }


def test_a_model_of_high_entropy_production_is_on_the_axis():
    table = models(design=["contrast", "selected", "selected"], entropy_production=[1.0, 2.0, 90.0])
    panels = panels_by_design(plt.figure(), table, "kl_classes", "KL")
    assert all(ax.get_xlim()[1] == pytest.approx(108.0) for ax in panels.values())


def test_two_models_have_no_rank_correlation_and_are_drawn():
    text = script("fig2").correlation_text(models(entropy_production=[1.0, 2.0]))
    assert text == "2 models are too few for a rank correlation; 3 at least"


def test_more_cycles_than_colours_are_drawn():
    ax = plt.figure(figsize=(4, 4)).add_axes((0, 0, 1, 1))
    current, angles = np.ones((10, 10)), np.linspace(0, 6, 10)
    positions = 0.5 + 0.4 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    cycles = [[number, number + 1, (number + 5) % 10] for number in range(9)]
    script("fig4").draw_currents(ax, current, positions, cycles)
    assert len([patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]) == 100


def test_a_contrast_says_how_many_models_of_each_kind_there_are():
    table = models(
        design=[*["contrast"] * 3, "selected"],
        cycling=[True, True, False, True],
        nearly_reversible=[False, False, True, False],
    )
    panels = panels_by_design(plt.figure(), table, "kl_classes", "KL")
    title = panels["contrast", 10].get_title()
    assert "cycling (2) − nearly reversible (1):" in title
    assert title.endswith("too few")


def test_collapsed_models_have_a_white_dot_and_only_kinds_that_there_are_an_entry():
    table = models(collapsed=[True, False], kl_classes=[1.0, 2.0])
    ax = plt.figure().subplots()
    scatter_against_entropy_production(ax, table, "kl_classes")
    assert [y for dots in ax.lines for y in dots.get_ydata()] == [1.0]
    thresholds = {"cycling_from": 0.1, "reversible_below": 0.01}
    labels = [handle.get_label() for handle in kind_legend(table, thresholds)]
    assert labels == ["cycling: net circulation ≥ 0.1 a step", "white dot: collapsed"]
    assert len(kind_legend(table[~table.collapsed], thresholds)) == 1


def test_models_that_hardly_produce_entropy_stand_side_by_side_at_and_left_of_the_smallest():
    table = models(entropy_production=[0.0, 1e-5, 1e-4, 0.3], kl_classes=[1.0, 2.0, 3.0, 4.0])
    ax = plt.figure().subplots()
    scatter_against_entropy_production(ax, table, "kl_classes")
    places = [x for group in ax.collections for x, _ in group.get_offsets()]
    assert len(set(places)) == 4
    assert max(places) == 0.3
    assert sorted(places)[-2] == pytest.approx(SMALLEST_SIGMA)


def test_a_model_may_neither_cycle_nor_be_nearly_reversible():
    table = models(cycling=[True, False, False], nearly_reversible=[False, True, False])
    assert kinds(table).tolist() == list(KINDS)


def test_the_selected_rate_and_the_ends_of_the_search_stand_out():
    fig1 = script("fig1")
    ends = {0.01: fig1.LOWEST, 0.02: fig1.BETWEEN, 0.03: fig1.HIGHEST}
    rates = np.array([0.03, 0.01, 0.02, 0.01])
    assert fig1.rate_colours(rates, 0.02) == {**ends, 0.02: fig1.SELECTED}
    assert fig1.rate_colours(rates, 0.01) == {**ends, 0.01: fig1.SELECTED}


def test_models_have_one_curve_and_collapsed_ones_their_own():
    fig1, collapsed = script("fig1"), np.array([False, True, False, True])
    column = plt.figure().subplots(3)
    fig1.draw_column(column, history([0.02] * 4, 0.5), collapsed)
    assert [len(ax.lines) for ax in column] == [3, 3, 3]
    labels = [handle.get_label() for handle in fig1.legend([0.01, 0.09], collapsed=True)]
    assert labels[1:3] == ["lowest rate of the search, 0.01", "highest rate of the search, 0.09"]
    assert labels[-1] == "collapsed at the end"
    assert len(fig1.legend([0.01, 0.09], collapsed=False)) == len(labels) - 1


def test_a_running_band_holds_the_values_around_their_mean():
    running_band, rng = script("fig1").running_band, np.random.default_rng(0)
    mean, low, high = running_band(5.0 + rng.standard_normal((4, 200)), share=0.2)
    assert mean == pytest.approx(np.full(200, 5.0), abs=0.5)
    assert low.mean() == pytest.approx(5.0 - 1.28, abs=0.1)
    assert high.mean() == pytest.approx(5.0 + 1.28, abs=0.1)
    assert running_band(np.arange(100.0)[None])[0][50] == pytest.approx(50.0)


def test_entropy_production_is_followed_while_the_rate_is_constant():
    ax = plt.figure().subplots()
    script("fig1").draw_constant_rate(ax, history([0.01, 0.02], 0.5), {0.01: "b", 0.02: "g"})
    assert [line.get_xdata().max() for line in ax.lines] == [9, 9]
    np.testing.assert_allclose([line.get_ydata()[-1] for line in ax.lines], 0.5)


def test_a_rate_that_falls_before_the_first_record_has_no_curve():
    ax = plt.figure().subplots()
    falling = history([0.01], 0.5).assign_attrs(constant_until=-1)
    script("fig1").draw_constant_rate(ax, falling, {0.01: "b"})
    assert not ax.lines


def test_the_axis_of_the_likelihood_holds_every_population():
    populations = [history([0.01], level) for level in (-200.0, -150.0)]
    assert script("fig1").lowest(populations) == -200.0


def test_an_arrow_ends_outside_of_the_states_it_joins_and_goes_with_the_current():
    ax = plt.figure(figsize=(4, 4)).add_axes((0, 0, 1, 1))
    fig4 = script("fig4")
    current = np.array([[0, 1.0, 0.01], [0, 0, 0], [0, 0, 0]])
    positions = np.array([[0.2, 0.2], [0.8, 0.7], [0.2, 0.8]])
    fig4.draw_currents(ax, current, positions, [])
    (arrow,) = (p for p in ax.patches if hasattr(p, "get_arrowstyle"))
    path = arrow.get_path()  # in the coordinates of the positions
    ends = path.vertices[path.codes != Path.CLOSEPOLY]  # whose vertex stands for no place
    for position in positions:
        assert (np.abs(ends - position).max(axis=1) > fig4.SIDE / 2).all()
    for place, here, there in ((ends[0], 0, 1), (ends[-1], 1, 0)):  # tail and head
        away = np.linalg.norm(place - positions, axis=1)
        assert away[here] < away[there]


def test_each_sample_of_the_free_walk_stands_below_the_mean_of_its_state():
    fig5, states = script("fig5"), [2, 2, 0, 3, 1] * 3
    axes = fig5.paired_rows(plt.figure(), 2)
    fig5.draw_free_walk(axes, walk(states))
    steps = [(band, column) for band in range(2) for column in range(fig5.COLUMNS)][:15]
    assert [shown(axes[band, 0, column]) for band, column in steps] == [s / 10 for s in states]
    assert [shown(axes[band, 1, column]) for band, column in steps] == [t / 100 for t in range(15)]
    assert not axes[1, 0, 3].images


def test_every_training_length_has_its_curves():
    cosine = np.broadcast_to([[[0.6], [0.7], [0.8], [0.9]]], (9, 2, 4, 1))
    exact = xr.Dataset(
        {"cosine": (("iterations", "model", "steps", "parameters"), cosine)},
        {"iterations": np.arange(9), "parameters": ["recognition"]},
    )
    ax = plt.figure().subplots()
    script("fig6").draw_exact(ax, exact)
    assert len(ax.lines) == 9 * 2


def test_the_legend_says_how_many_gradients_stand_out_of_their_noise():
    cosine = np.full((6, 3, 1), 0.5)
    cosine[0] = cosine[1, 2] = cosine[3:5] = np.nan
    collapsed = [False, False, False, False, True, True]
    sampled = xr.Dataset(
        {"cosine": (("model", "steps", "parameters"), cosine), "collapsed": ("model", collapsed)},
        {"parameters": ["all"], "states": ("model", [10, 10, 10, 20, 20, 20])},
    )
    ax = plt.figure().subplots()
    script("fig6").draw_sampled(ax, sampled, "all")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["K = 10, 1–2 of 3 seeds", "K = 20, 0 of 1 seed", "collapsed, 1 of 2"]
    drawn = [line for line in ax.lines if len(line.get_xdata())]
    assert len(drawn) == 2 + 1, (
        "both of K = 10 that have a gradient singly, and one of the collapsed"
    )
    assert not ax.collections


def test_eight_models_have_a_band_and_fewer_none():
    fig6 = script("fig6")
    cosine = np.linspace(0, 1, 8)[:, None, None] * np.ones((8, 3, 1))
    sampled = xr.Dataset(
        {"cosine": (("model", "steps", "parameters"), cosine), "collapsed": ("model", [False] * 8)},
        {"parameters": ["all"], "states": ("model", [10] * 8)},
    )
    for count, bands in ((8, 1), (7, 0)):
        ax = plt.figure().subplots()
        fig6.draw_sampled(ax, sampled.isel(model=slice(count)), "all")
        assert len(ax.collections) == bands


def test_a_time_that_cannot_be_told_is_not_called_long():
    fig7 = script("fig7")
    noisy = models(states=[10, 10]).assign(
        autocorrelation_time=[5.0, 5.0], autocorrelation_time_error=[1.0, 9.0]
    )
    ax = plt.figure().subplots()
    groups = {name: fig7.with_resolved_times(noisy) for name in ("selected", "tied")}
    fig7.mark_unknown_times(ax, groups)
    assert [len(marks.get_offsets()) for marks in ax.collections] == [1, 1, 0]
    assert ax.get_legend_handles_labels()[1] == ["cannot be told"]
    resolved_ax = plt.figure().subplots()
    fig7.mark_unknown_times(resolved_ax, {"tied": groups["tied"].iloc[:1]})
    assert not resolved_ax.get_legend_handles_labels()[1]


def test_gains_of_longer_gradients_are_taken_seed_by_seed():
    designs = ["one_step", "two_steps", "four_steps", "all_steps"]
    table = models(
        design=designs * 2,
        seed=[0] * 4 + [1] * 4,
        log_likelihood_held_out=[-160.0, -159, -158, -157, -150, -148, -146, -144],
    )
    ax = plt.figure().subplots()
    script("fig6").draw_likelihood_gains(ax, table)
    (median,) = (line for line in ax.lines if line.get_label().startswith("K = 10"))
    assert median.get_ydata().tolist() == [0, 1.5, 3, 4.5]
    assert median.get_label() == "K = 10, 2 seeds: −155.0"


def test_collapsed_models_of_a_family_are_hollow():
    fig7 = script("fig7")
    pair = models(states=[10, 20], collapsed=[True, False], zx_entropy_production=1.0)
    groups = {"tied": pair}
    ax = plt.figure().subplots()
    fig7.draw_families(ax, groups, "zx_entropy_production", SMALLEST_SIGMA)
    faces = [to_hex(points.get_facecolor()[0]) for points in ax.collections]
    assert faces == ["#ffffff", to_hex(fig7.FAMILIES["tied"].colour)]


def test_chains_in_detailed_balance_are_drawn_at_the_floor():
    fig7 = script("fig7")
    groups = {
        "tied": models(states=[10, 20]).assign(zx_entropy_production=1e-15),
        "memoryless": models(states=[10, 20]).assign(zx_entropy_production=[-1e-13, 1e-13]),
        "rbm": pd.DataFrame({"states": [10, 20]}),  # 0 by construction, and not measured
    }
    ax = plt.figure().subplots()
    fig7.draw_families(ax, groups, "zx_entropy_production", SMALLEST_SIGMA)
    heights = [y for points in ax.collections for _, y in points.get_offsets()]
    assert heights == [SMALLEST_SIGMA] * 4
    fig7.draw_families(ax, groups, "entropy_production", SMALLEST_SIGMA)
    assert len(ax.collections) == 8


def test_medians_of_a_rate_are_over_its_seeds():
    fig7 = script("fig7")
    table = models(
        learning_rate=[0.01, 0.01, 0.01, 0.02], log_likelihood_held_out=[-3.0, -1.0, -1.0, -9.0]
    )
    ax = plt.figure().subplots()
    fig7.draw_rates(ax, table, fig7.FAMILIES["selected"])
    assert ax.lines[0].get_xydata().tolist() == [[0.01, -1.0], [0.02, -9.0]]


def test_a_time_that_is_a_lower_bound_is_marked_above_it():
    rbms = [
        xr.Dataset({"mixing_time": 300.0, "mixing_resolved": states == 10}, {"states": states})
        for states in (10, 20)
    ]
    ax = plt.figure().subplots()
    script("fig7").mark_lower_bounds(ax, rbms)
    ((place, time),) = ax.collections[0].get_offsets()
    assert round(place) == 3
    assert time > 300.0


def test_tiles_lie_in_rows_a_pixel_apart():
    sheet = tile(np.arange(1.0, 4)[:, None, None] * np.ones((3, 2, 1)), columns=2)
    assert sheet.tolist() == [[1, 0, 2], [1, 0, 2], [0, 0, 0], [3, 0, 0], [3, 0, 0]]
