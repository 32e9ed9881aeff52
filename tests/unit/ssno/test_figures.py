"""What the figures of paper 1 draw."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from figure_scripts import plot_script

from triptych.figures.style import DIVERGING, PAGE_IN, new_figure
from triptych.ssno.metrics import THRESHOLDS
from triptych.ssno.pictures import ERROR_MAP, show_last_frame
from triptych.ssno.plotting import foot, last_shell, mark_off_axes, wrapped
from triptych.ssno.resampling import Spread

script = partial(plot_script, "ssno")


@pytest.fixture
def axes():
    return plt.figure().subplots()


SEARCH = [
    # model, rate, error, seconds, restarts, selected, at_edge
    ("ssno", 0.002, 0.04, 20, 0, False, False),
    ("ssno", 0.006, 0.01, 20, 1, True, False),
    ("ssno", 0.02, np.inf, 22, 3, False, False),
    ("ffno", 0.002, 0.3, 19, 0, False, False),
    ("ffno", 0.006, 0.2, 30, 0, True, True),
]


def search():
    names = "model learning_rate validation_error cpu_seconds restarts selected at_edge"
    columns = zip(*SEARCH, strict=True)
    values = {n: ("candidate", np.array(c)) for n, c in zip(names.split(), columns, strict=True)}
    return xr.Dataset(values, attrs={"system": "ks2d", "title": "Kuramoto–Sivashinsky, 2D"})


def drawn(axes, **look):
    """Return the places of all marks with these properties."""
    lines = [
        line
        for line in axes.lines
        if all(getattr(line, f"get_{key}")() == value for key, value in look.items())
    ]
    return sorted(tuple(map(float, place)) for line in lines for place in line.get_xydata())


def test_the_search_shows_every_candidate_rings_those_selected_and_marks_edges(axes):
    figure = script("figS1")
    figure.draw_errors(axes, figure.candidates_of(search()))
    assert drawn(axes, markersize=3.5) == [
        (0.002, 0.04), (0.002, 0.3), (0.003, 0.01), (0.006, 0.2)
    ]  # fmt: skip
    assert drawn(axes, markeredgecolor="black", marker="o") == [(0.003, 0.01)]
    assert drawn(axes, markeredgecolor=figure.EDGE_COLOUR) == [(0.006, 0.2)]
    assert drawn(axes, marker="x") == [(0.003, 0.01)]
    (led,) = [
        path for lines in axes.collections for path in lines.get_paths() if len(path.vertices)
    ]
    assert led.vertices.tolist() == [[0.003, 0.01], [0.006, 0.01]]
    assert [text.get_text() for text in axes.texts] == ["∞"]


def test_the_band_of_equal_costs_is_a_quarter_about_the_median(axes):
    figure = script("figS1")
    figure.draw_costs(axes, figure.candidates_of(search()))
    (band,) = axes.patches
    assert band.get_y() == pytest.approx(0.75 * 20)
    assert band.get_height() == pytest.approx(0.5 * 20)
    assert len(drawn(axes, markersize=3.5)) == len(SEARCH)


def test_without_a_sweep_its_figure_says_so(monkeypatch):
    figure, saved = script("fig4"), []
    runs = {"variant": ["default"], "model": ["ssno"], "train_trajectories": [5]}
    scores = xr.Dataset({name: ("run", values) for name, values in runs.items()})
    monkeypatch.setattr(figure, "read_store", lambda path: scores)
    monkeypatch.setattr(figure, "save_figure", lambda drawn, *_: saved.append(drawn))
    figure.main(
        SimpleNamespace(scores=["any"]),
        SimpleNamespace(pdf="", png=""),
        SimpleNamespace(stamp=""),
        None,
    )
    assert saved[0].texts[0].get_text().startswith("nothing was trained on several numbers")


def test_the_sweep_joins_the_means_over_seeds_and_shows_each_where_there_are_several(axes):
    runs = pd.DataFrame(
        {"train_trajectories": [5, 5, 2], "seed": [3, 1, 3], "error": [0.25, 0.75, 1.0]}
    )
    script("fig4").draw_model(axes, runs, "ssno", 0.0, 0)
    assert drawn(axes, linestyle="-") == [(2, 1.0), (5, 0.5)]
    assert drawn(axes, linestyle="None", markerfacecolor="white") == [(5, 0.25), (5, 0.75)]


@pytest.mark.parametrize(
    ("ours", "longest", "said"),
    [
        (0, 0, "×2.0"),
        (4, 0, "≥×2.0"),
        (0, 1, "≤×2.0"),
        (4, 1, "some outlast"),
        (10, 10, "both outlast"),
    ],
)
def test_a_lead_in_time_that_the_data_cut_off_is_a_bound_or_none(ours, longest, said):
    ours, longest = (
        pd.Series({"outlasting": count, "rollouts": 10, "hct_ratio": 2.0})
        for count in (ours, longest)
    )
    assert script("fig3").lead_in_time(ours, longest) == said


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ([1, 1], [0.5, 0.5], "×1.0 [1.0, 1.0]"),
        ([1, 1], [1, 0], "×∞ [1.0, ∞]"),
        ([1, 0], [1, 1], "×0 [0, 1.0]"),
        ([1, 0], [1, 0], "–"),
    ],
)
def test_a_lead_in_error_has_its_interval(ours, theirs, said):
    """Errors are 0.1, infinite where a zero is; a quarter of resamples lack that trajectory."""
    lasts = [[[1, 1, last] for last in of_model] for of_model in (ours, theirs)]
    systems = scores(lasts).assign_attrs(system="toy")
    assert script("fig3").lead_in_error(systems, Spread()) == said


def scores(correlation):
    """Scores on the longer set of an SSNO and a baseline, of shape (2, trajectories, times)."""
    correlation = np.array(correlation)
    runs, trajectories, times = correlation.shape
    finite = (correlation != 0).all(2)
    names = {"model": ("run", ["ssno", "percnn"]), "variant": ("run", ["default"] * runs)}
    counts = {name: ("run", [value] * runs) for name, value in
              {"train_trajectories": 5, "seed": 0}.items()}  # fmt: skip
    time_below = (correlation >= 0.99).argmin(2)
    values = {
        "error": (("run", "trajectory", "time"), np.where(correlation == 0, np.inf, 0.1)),
        "correlation": (("run", "trajectory", "time"), correlation),
        "mean_error": (("run", "trajectory"), np.where(finite, 0.1, np.inf)),
        "high_correlation_time": (("run", "trajectory"), np.where(finite, time_below, 0.0)),
    }
    axes = {"time": np.arange(float(times)), "trajectory": range(trajectories)}
    result = xr.Dataset(values, {**names, **counts, **axes}).expand_dims(split=["test", "long"])
    times_of = result.high_correlation_time.expand_dims(threshold=list(THRESHOLDS))
    return result.assign(high_correlation_time=times_of)


def test_a_model_that_blew_up_later_has_an_open_point_where_accuracy_was_lost(axes):
    ours, theirs = [1, 1, 1, 1, 0.5], [[1, 1, 0.9, 0.9, 0], [1, 1, 1, 1, 0]]
    assert script("fig3").draw_times(axes, 0, scores([[ours, ours], theirs]))
    assert [y for _, y in drawn(axes, markerfacecolor="white")] == [3 / 4]
    counted = drawn(axes, marker="^")
    assert [y for _, y in counted] == [0, 3 / 4]
    assert counted[0][0] == counted[1][0]
    assert "vs PeRCNN" in [text.get_text() for text in axes.texts]


def test_the_note_of_the_sweep_says_where_there_are_more_seeds():
    runs = [("ssno", 5, 0), ("ssno", 5, 1), ("ssno", 5, 2), ("ssno", 2, 0), ("ffno", 5, 0)]
    one = scores(np.ones((2, 3, 4)))
    columns = zip(("model", "train_trajectories", "seed"), zip(*runs, strict=True), strict=True)
    swept = one.isel(run=[0] * len(runs)).assign_coords({n: ("run", list(v)) for n, v in columns})
    swept = swept.assign_attrs(title="KS").assign(kept=("run", ["train"] * 3 + ["short", "train"]))
    note = script("fig4").marks_note([swept])
    assert "seeds: 1 to 3 at 5 training trajectories, 1 at fewer" in note
    all_at_most = swept.isel(run=np.flatnonzero(swept.train_trajectories == 5))
    assert "training trajectories; faint" in script("fig4").marks_note([all_at_most])
    assert "each of 3 test trajectories; short trainings: SSNO from 2 (KS)" in note


@pytest.mark.parametrize("marks", ["", "∞", "↑", "2/10 ∞↑"])
def test_the_legend_explains_the_marks_that_are_drawn_and_no_others(axes, marks):
    mark_off_axes(axes, 0.5, "black", marks)
    foot(axes.figure, "a note")
    (legend,) = axes.figure.legends
    words = {"∞": "blow-up", "↑": "error above 30"}
    said = [word for mark, word in words.items() if mark in marks]
    assert [text.get_text() for text in legend.get_texts()] == said


@pytest.mark.parametrize(("further", "marks"), [([0.03, 0.05], 0), ([0.03, np.inf], 1)])
def test_further_seeds_stand_beside_the_variants_and_their_blow_ups_are_marked(
    axes, further, marks
):
    errors = np.full((1, 4), 0.02)
    scores = xr.Dataset(
        {"mean_error": (("run", "trajectory"), errors)}, {"variant": ("run", ["default"])}
    )
    script("fig7").draw_means(axes, scores, ["default"], np.array(further), [True])
    assert [label.get_text() for label in axes.get_xticklabels()] == ["SSNO*"]
    seeds = [y for _, y in drawn(axes, marker="D")]
    assert seeds == [error for error in further if np.isfinite(error)]
    assert axes.get_ylim()[1] > max(seeds)
    assert sum(text.get_text() == "∞" for text in axes.texts) == marks


def test_a_short_part_of_a_note_stays_on_one_line():
    note = "three seeds of the first model, one of all others; ten test trajectories; T: last time"
    lines = wrapped(note, 60).split("\n")
    assert lines == [
        "three seeds of the first model, one of all others;",
        "ten test trajectories; T: last time",
    ]
    assert " ".join(lines) == note


@pytest.mark.parametrize("last", [2.25, np.inf])
def test_fields_share_one_scale_and_errors_another(last):
    """The baseline's is as large as the field where it blew up."""
    values = {"truth": 2.0, "ssno": 2.5, "fno": last}
    wave = np.tile([1.0, -1.0], (1, 4, 2))
    frames = [np.stack([np.zeros_like(wave), value * wave]) for value in values.values()]
    dims = ("frame", "channel", "x", "y")
    snapshots = xr.Dataset(
        {"truth": (dims, frames[0]), "predicted": (("run", *dims), np.stack(frames[1:]))},
        coords={"model": ("run", ["ssno", "fno"])},
    )
    shown = {}

    def show(ax, field, scale, colours):
        shown[ax] = (float(field[0, 0]), scale, colours)

    axes = new_figure(PAGE_IN, 1).subplots(1, 7)
    errors = show_last_frame(axes, snapshots, "fno", show)
    spread = 0.5 if np.isfinite(last) else 2.0
    assert list(shown) == [*axes[:3], *axes[4:6]]
    assert [shown[ax] for ax in axes[:3]] == [(v, 2.0, DIVERGING) for v in values.values()]
    assert [shown[ax] for ax in axes[4:6]] == [(e, spread, ERROR_MAP) for e in (0.5, last - 2)]
    assert errors == pytest.approx([0.25, (last - 2) / 2])


@pytest.mark.parametrize(("scale", "mean"), [(1.0, 0.0), (40.0, 0.0), (1.0, 7.0)])
def test_spectra_end_where_float32_rounds(rng, scale, mean):
    """Waves that fall by a power of ten a shell, stored in float32, are told from rounding."""
    points, shells = 128, 60
    phases = rng.uniform(0, 2 * np.pi, shells)
    x = 2 * np.pi / points * np.arange(points)
    field = mean + scale * sum(
        10.0**-k * np.cos(k * x + phase) for k, phase in enumerate(phases) if k
    )

    def energy(values):
        return abs(np.fft.rfft(values)[:shells] / points) ** 2

    exact, stored = energy(field), energy(field.astype(np.float32).astype(np.float64))
    last = last_shell(stored)
    assert 5 <= last <= 8
    np.testing.assert_allclose(stored[1 : last + 1], exact[1 : last + 1], rtol=0.3)
    assert abs(stored - exact)[last + 3 :].max() > exact[last + 3 :].max()


def test_a_field_of_its_mean_alone_has_no_other_shell():
    assert last_shell(np.array([1.0, 0.0, 1e-20])) == 0


def test_a_note_is_written_below_the_axes_and_above_the_legend(axes):
    (line,) = axes.plot([0, 1], label="truth")
    foot(axes.figure, "two seeds", [line])
    (legend,) = axes.figure.legends
    assert legend.get_title().get_text() == "two seeds"
    assert [text.get_text() for text in legend.get_texts()] == ["truth"]


@pytest.mark.parametrize("count", [3, 6, 7, 9])
def test_a_legend_is_no_wider_than_its_figure(count):
    figure = new_figure(PAGE_IN, 3)
    axes = figure.subplots()
    lines = [axes.plot([0, 1], label="FactFormer")[0] for _ in range(count)]
    foot(figure, "a note", lines)
    figure.canvas.draw()
    (legend,) = figure.legends
    assert len(legend.get_texts()) == count
    assert legend.get_window_extent().width < figure.bbox.width
