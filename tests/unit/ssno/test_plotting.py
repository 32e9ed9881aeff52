from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from triptych.ssno.labels import MODEL_LABELS, at_time, short_title, time_units
from triptych.ssno.plotting import (
    CEILING,
    COLOURS,
    MARKERS,
    draw_in_time,
    draw_mean,
    limit_errors,
    side_by_side,
    system_panels,
)


@pytest.mark.parametrize("values", [[0.011, 0.018], [0.5, 0.6], [1e-3, 2.0], [0.1, np.inf]])
def test_error_axes_hold_the_values_and_two_powers_of_ten(values):
    axes = plt.figure().subplots()
    limit_errors(axes, np.array(values))
    low, high = axes.get_ylim()
    finite = [v for v in values if np.isfinite(v)]
    assert low < min(finite)
    assert max(finite) < high
    assert np.floor(np.log10(high)) - np.ceil(np.log10(low)) >= 1


@pytest.mark.parametrize("lost", [np.inf, 2 * CEILING])
def test_a_line_ends_where_it_first_leaves_the_axes(lost):
    axes = plt.figure().subplots()
    values = np.array([0.0, 0.1, 0.2, lost, 0.3])
    errors = xr.DataArray(values, {"time": np.arange(5.0)}, "time").expand_dims(run=2, trajectory=3)
    assert draw_in_time(axes, errors, "black")
    (line,), (mark,), (seeds,) = axes.lines, axes.texts, axes.collections
    assert line.get_xdata().tolist() == [1, 2]
    assert mark.xy[0] == 3
    assert seeds.get_paths()[0].vertices[:, 0].max() == 2


@pytest.mark.parametrize(("largest", "text"), [(0.03, "0.020"), (np.inf, "∞\n1/3")])
def test_a_mean_has_its_number_or_says_how_many_errors_are_off_the_axes(largest, text):
    axes = plt.figure().subplots()
    draw_mean(axes, 2, np.array([0.01, 0.02, largest]), "black")
    (points,), (label,) = axes.lines, axes.texts
    assert points.get_ydata().tolist() == [e for e in (0.01, 0.02, largest) if np.isfinite(e)]
    assert points.get_xdata().mean() == pytest.approx(2)
    assert label.get_text() == text
    assert len(axes.collections) == np.isfinite(largest)


def test_seeds_of_a_model_stand_about_its_place_and_one_alone_on_it():
    runs = pd.DataFrame({"model": ["ffno", "ssno", "ssno"], "error": [0.3, 0.1, 0.2]})
    (first, left, seeds, _), (second, right, alone, style) = side_by_side(runs, 4, 0.3)
    assert (first, second) == ("ssno", "ffno")
    assert (left, right) == pytest.approx((3.7, 4.3))
    assert seeds.x.tolist() == pytest.approx([3.67, 3.73])
    assert alone.x.tolist() == [right]
    assert style["marker"] == MARKERS["ffno"]


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Kuramoto–Sivashinsky, 2D", "KS 2D"),
        ("Shallow water, sphere", "SW sphere"),
        ("Burgers", "Burgers"),
    ],
)
def test_short_titles_are_initials_and_domain(title, short):
    assert short_title(title) == short


def test_time_has_units_where_a_system_has_a_day():
    assert [time_units(system) for system in ("ks2d", "swe_sphere")] == ["", "d"]
    assert [at_time(system, 2.5) for system in ("ks2d", "swe_sphere")] == ["t = 2.5", "t = 2.5 d"]


@pytest.mark.parametrize("count", [1, 4, 5, 13])
def test_every_system_has_its_panels_and_its_letter(count):
    systems = [xr.Dataset(attrs={"title": f"system {place}"}) for place in range(count)]
    figure, panels = system_panels(systems, {"error": 2, "cost": 1}, row_in=3, rest_in=0.5)
    assert panels.shape == (count, 2)
    assert {ax for ax in figure.axes if ax.axison} == set(panels.flat)
    for place, (upper, lower) in enumerate(panels):
        assert upper.get_title() == f"system {place}"
        assert [text.get_text() for text in upper.texts] == ["abcdefghijklm"[place]]
        assert upper.get_subplotspec().colspan == lower.get_subplotspec().colspan
        assert upper.get_subplotspec().rowspan.stop == lower.get_subplotspec().rowspan.start
        labels = (upper.get_ylabel(), lower.get_ylabel())
        assert labels == (("", "") if place % 4 else ("error", "cost"))


def test_every_model_has_a_colour_and_a_mark_of_its_own():
    for looks in (COLOURS, MARKERS):
        assert set(looks) == set(MODEL_LABELS)
        assert len(set(looks.values())) == len(MODEL_LABELS)
