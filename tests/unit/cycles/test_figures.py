"""Figures leave nothing out, however many models, rates or numbers of states there are."""

from __future__ import annotations

import importlib.util

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from triptych.cycles.plotting import panels_by_states


@pytest.fixture
def script(project):
    def load(name):
        path = project / "scripts" / "cycles" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def history(rates, level):
    curves = np.full((len(rates), 20), level)
    names = ("log_likelihood", "entropy_production", "self_transition")
    return xr.Dataset(
        dict.fromkeys(names, (("model", "iteration"), curves)),
        {"learning_rate": ("model", rates), "iteration": np.arange(20)},
    )


def test_every_number_of_states_has_its_panel():
    sizes = list(range(2, 11))
    models = pd.DataFrame({"states": sizes}).assign(
        tied=False, trapped=False, entropy_production=1.0, self_transition=0.1, kl_classes=0.5
    )
    panels = panels_by_states(plt.figure(), models, "kl_classes")
    assert [ax.get_title() for ax in panels.values()] == [f"K = {states}" for states in sizes]


def test_every_learning_rate_has_its_curve_and_its_entry(script):
    fig1, rates = script("plot_fig1"), np.linspace(0.01, 0.09, 9)
    column = plt.figure().subplots(3)
    fig1.draw_column(column, history(rates, 0.5), np.zeros(9, dtype=bool))
    assert [len(ax.lines) for ax in column] == [9, 9, 9]
    labels = [handle.get_label() for handle in fig1.legend(history(rates, 0.5))]
    assert sum(label.startswith("learning rate") for label in labels) == 9


def test_the_axis_of_the_likelihood_holds_every_population(script):
    populations = [history([0.01], level) for level in (-200.0, -150.0)]
    assert script("plot_fig1").lowest(populations) == -200.0


def test_every_training_length_has_its_curves(script):
    cosine = np.broadcast_to([[[0.6], [0.7], [0.8], [0.9]]], (9, 2, 4, 1))
    exact = xr.Dataset(
        {"cosine": (("iterations", "model", "steps", "parameters"), cosine)},
        {"iterations": np.arange(9), "parameters": ["recognition"]},
    )
    ax = plt.figure().subplots()
    script("plot_fig6").draw_exact(ax, exact)
    assert len(ax.lines) == 9 * 2


def test_a_time_that_is_a_lower_bound_is_marked_above_it(script):
    rbm = xr.Dataset({"mixing_time": 300.0}, {"states": 20})
    ax = plt.figure().subplots()
    script("plot_fig7").mark_bounds(ax, pd.DataFrame({"states": [10, 20, 20]}), [rbm])
    ((place, time),) = ax.collections[0].get_offsets()
    assert round(place) == 1
    assert time > 300.0
