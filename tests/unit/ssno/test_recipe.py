"""From selected settings to a trained network, and back from its history to the same network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_training
from ssno_trajectories import simulate

from triptych.runtime.monitor import NullMonitor
from triptych.ssno.candidates import equal_cost
from triptych.ssno.evaluate import predict, trained_run
from triptych.ssno.names import DEFAULT
from triptych.ssno.recipe import Data, Recipe, fit, training_spec
from triptych.ssno.specs import ModelSpec
from triptych.ssno.systems import get_system

SIZES = {
    "ssno": {
        "multipliers": 2, "products": 2, "hidden": 8, "local": 8, "forcing": 8, "padding": 2.0,
        "substeps": 3,
    },
    "ffno": {"width": 8, "layers": 1, "modes": 4},
}  # fmt: skip


def recipe(model, variant=DEFAULT):
    return Recipe(model, variant, SIZES[model], 0.01)


@pytest.fixture(scope="module")
def system():
    registered = get_system("ks2d")
    splits = {n: replace(s, horizon=3.0) for n, s in registered.splits.items()}
    return replace(registered, source_points=32, points=16, splits=splits)


@pytest.fixture(scope="module")
def stored(system):
    return {split: simulate(system, split, seed=0) for split in ("train", "val")}


@pytest.mark.parametrize("model", list(SIZES))
def test_a_network_is_rebuilt_from_its_history(system, stored, model):
    data = Data.of(system, stored["train"], stored["val"], 2, "cpu")
    assert data.training.trajectories == 2
    made = recipe(model)
    trained = fit(
        made, system, data, ssno_training(iterations=3, validations=1),
        seed=4, device="cpu", monitor=NullMonitor(),
    )  # fmt: skip
    history = trained.history.attrs
    named = {"model": model, "learning_rate": 0.01, "restarts": 0}
    assert named.items() <= history.items()
    assert history["substeps"] == (3 if model == "ssno" else 0)
    assert history["cpu_seconds"] > 0
    network = made.build(system, 4, data.increment_scale)
    assert history["parameters"] == sum(p.numel() for p in network.parameters())

    run = {"model": "leading", "variant": DEFAULT, "trajectories": 2, "seed": 4}
    again = trained_run(run, history, trained.weights, SIZES, system)
    # What was trained in the name of the leading baseline has its own name.
    assert again.model == model
    network.load_state_dict(trained.weights)
    expected, rebuilt = (
        xr.concat(predict(one, stored["val"]), "time")
        for one in (replace(again, network=network), again)
    )
    xr.testing.assert_identical(rebuilt, expected)
    assert rebuilt.shape == stored["val"].state.shape
    np.testing.assert_allclose(rebuilt[:, 0], stored["val"].state[:, 0], rtol=1e-6)
    assert again.scale.tolist() == data.scale.tolist()


def test_a_run_is_stepped_otherwise_where_it_is_asked_for(system, stored):
    data = Data.of(system, stored["train"], stored["val"], 2, "cpu")
    spec = ssno_training(iterations=2, validations=1)
    trained = fit(recipe("ssno"), system, data, spec, seed=0, device="cpu", monitor=NullMonitor())
    run = {"model": "ssno", "variant": DEFAULT, "trajectories": 2, "seed": 0}
    history = trained.history.attrs
    changed = trained_run(run, history, trained.weights, SIZES, system, substeps=7)
    assert changed.network.spec.substeps == 7
    for name, value in changed.network.state_dict().items():
        assert torch.equal(value, trained.weights[name])


def test_iterations_follow_what_is_built_and_baselines_have_their_own():
    training = {"coarse_share": 0.5, "unroll_lengths": [1, 3]}
    assert recipe("ffno").iterations(900, training) == 900
    assert recipe("ssno").iterations(900, training) == equal_cost(900, 1 + 2 * 0.75)
    single = replace(recipe("ssno"), sizes={**SIZES["ssno"], "substeps": 1})
    assert single.iterations(900, training) == 900


def test_a_variant_takes_over_what_was_selected_for_the_whole():
    explicit = recipe("ssno", variant="explicit").options()
    assert isinstance(explicit, ModelSpec)
    assert (explicit.padding, explicit.substeps, explicit.integrating_factor) == (2.0, 3, False)


def test_settings_of_the_training_are_those_of_the_configuration():
    settings = {
        "pushforward_steps": 1, "unroll_lengths": [1, 2], "coarse_share": 0.25,
        "mask_penalty": 0.1, "validations": 3, "restarts": 4,
    }  # fmt: skip
    spec = training_spec(settings, 8, 0.02)
    assert (spec.iterations, spec.learning_rate, spec.longest_window) == (8, 0.02, 4)
    assert [spec.unroll_length(i) for i in range(8)] == [1] * 4 + [2] * 4
    assert [spec.is_coarse(i) for i in range(8)] == [True] * 2 + [False] * 6
    assert not training_spec({**settings, "coarse_share": 0.9}, 1, 0.02).is_coarse(0)
