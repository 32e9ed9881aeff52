"""From selected settings to a trained network, and back from its history to the same network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_training
from ssno_trajectories import simulate

from triptych.runtime.monitor import NullMonitor
from triptych.ssno.evaluate import predict, trained_run
from triptych.ssno.names import DEFAULT
from triptych.ssno.recipe import (
    OVERHEAD,
    Recipe,
    TrainingData,
    equal_cost,
    fit,
    mean_substeps,
    train_until_good,
)
from triptych.ssno.regression import fit_symbol
from triptych.ssno.systems import get_system
from triptych.ssno.training import Trained

SIZES = {
    "ssno": {
        "multipliers": 2, "products": 2, "hidden": 8, "local": 8, "forcing": 8, "padding": 2.0,
        "substeps": 3,
    },
    "ffno": {"width": 8, "layers": 1},
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
    data = TrainingData.of(system, stored["train"], stored["val"], 2, "cpu")
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
    data = TrainingData.of(system, stored["train"], stored["val"], 2, "cpu")
    spec = ssno_training(iterations=2, validations=1)
    trained = fit(recipe("ssno"), system, data, spec, seed=0, device="cpu", monitor=NullMonitor())
    run = {"model": "ssno", "variant": DEFAULT, "trajectories": 2, "seed": 0}
    history = trained.history.attrs
    changed = trained_run(run, history, trained.weights, SIZES, system, substeps=7)
    assert changed.network.spec.substeps == 7
    for name, value in changed.network.state_dict().items():
        assert torch.equal(value, trained.weights[name])


SETTINGS = {
    "pushforward_steps": 1, "unroll_lengths": [1, 3], "coarse_share": 0.5, "mask_penalty": 0.1,
    "validations": 5, "restarts": 4,
}  # fmt: skip


def test_iterations_follow_the_cost_of_a_step():
    assert equal_cost(900, 1) == 900
    for substeps in (1.5, 6):
        spent = equal_cost(900, substeps) * (OVERHEAD + substeps)
        assert spent == pytest.approx(900 * (OVERHEAD + 1), rel=2e-3)
    assert equal_cost(1, 6) == 1


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize(
    ("coarse_share", "lengths"),
    [(0.75, [1, 1, 2, 2]), (0.6, [1, 3]), (0.0, [1, 2]), (0.5, [4])],
)
def test_mean_substeps_weigh_an_iteration_by_the_steps_of_its_window(coarse_share, lengths, mixed):
    iterations = 12_000
    steps = np.repeat(lengths, iterations // len(lengths))
    spec = ssno_training(iterations=iterations, coarse_share=coarse_share, mixed=mixed)
    substeps = [1 if spec.is_coarse(i) else 3 for i in range(iterations)]
    expected = (steps * substeps).sum() / steps.sum()
    mean = mean_substeps(3, coarse_share, lengths, mixed=mixed)
    assert mean == pytest.approx(expected, rel=1e-3)


def test_iterations_follow_what_is_built_and_baselines_have_their_own():
    assert recipe("ffno").training(SETTINGS, 900, share=1).iterations == 900
    expected = equal_cost(900, 1 + 2 * 0.75)
    assert recipe("ssno").training(SETTINGS, 900, share=1).iterations == expected


def test_a_baseline_has_no_ablation():
    with pytest.raises(ValueError, match="ffno has no variant 'explicit'"):
        Recipe("ffno", "explicit", {"width": 4, "layers": 1}, 0.01).options()


def test_an_explicit_step_is_never_coarse_and_its_linear_part_is_not_fitted(system, stored):
    made = recipe("ssno", variant="explicit")
    spec = made.training(SETTINGS, 900, share=1)
    assert (spec.coarse_share, spec.iterations) == (0.0, equal_cost(900, 3))
    data = TrainingData.of(system, stored["train"], stored["val"], 2, "cpu")
    spec = replace(spec, iterations=1, validations=1, learning_rate=0.0)
    trained = fit(made, system, data, spec, seed=4, device="cpu", monitor=NullMonitor())
    fresh = made.build(system, 4, data.increment_scale)
    for name, value in fresh.state_dict().items():
        assert torch.equal(value, trained.weights[name])


def test_the_linear_part_is_fitted_before_the_first_iteration(system, stored):
    made = recipe("ssno")
    data = TrainingData.of(system, stored["train"], stored["val"], 2, "cpu")
    spec = made.training(SETTINGS, 900, share=1)
    spec = replace(spec, iterations=1, validations=1, learning_rate=0.0)
    trained = fit(made, system, data, spec, seed=4, device="cpu", monitor=NullMonitor())
    fresh = made.build(system, 4, data.increment_scale)
    drawn = {name: value.clone() for name, value in fresh.state_dict().items()}
    fit_symbol(fresh, data.training)
    fitted = fresh.state_dict()
    assert any(not torch.equal(fitted[name], value) for name, value in drawn.items())
    for name, value in fitted.items():
        assert torch.equal(value, trained.weights[name])


def test_a_candidate_takes_a_share_of_iterations_and_validations():
    spec = recipe("ffno").training(SETTINGS, 900, share=0.3)
    assert (spec.iterations, spec.validations, spec.restarts) == (270, 2, 4)
    assert recipe("ffno").training(SETTINGS, 3, share=0.1).iterations == 1


def test_settings_of_the_training_are_those_of_the_configuration():
    made = recipe("ssno")
    settings = {**SETTINGS, "unroll_lengths": [1, 2], "coarse_share": 0.25}
    spec = replace(made.training(settings, 900, share=1), iterations=8)
    assert (spec.learning_rate, spec.longest_window) == (made.learning_rate, 4)
    assert [spec.unroll_length(i) for i in range(8)] == [1] * 4 + [2] * 4
    assert [spec.is_coarse(i) for i in range(8)] == [True] * 2 + [False] * 6
    short = replace(made.training({**settings, "coarse_share": 0.9}, 900, share=1), iterations=1)
    assert not short.is_coarse(0)


def test_a_mixed_training_takes_substeps_early_too_at_the_same_cost():
    made = recipe("ssno")
    spec = made.training(SETTINGS, 900, share=1, mixed=True)
    # The second half has windows of three; in the first one in four takes its three substeps.
    assert spec.iterations == equal_cost(900, 1 + 2 * (0.75 + 0.25 / 4))
    few = replace(spec, iterations=10, coarse_share=0.75)
    assert [i for i in range(10) if not few.is_coarse(i)] == [3, 7, 8, 9]


def test_only_an_ssno_with_substeps_begins_without_them():
    once = Recipe("ssno", DEFAULT, {**SIZES["ssno"], "substeps": 1}, 0.02)
    others = recipe("ffno"), recipe("ssno", variant="explicit"), once
    assert recipe("ssno").coarse_share(0.5) == 0.5
    assert once.training(SETTINGS, 900, share=1).iterations == 900
    for made in others:
        assert made.coarse_share(0.5) == 0
        assert made.training({**SETTINGS, "coarse_share": 0.5}, 900, share=1).coarse_share == 0


@pytest.mark.parametrize(
    ("begins_coarse", "outcomes", "expected"),
    [
        (True, {"train": (0.1, False)}, "train"),
        (True, {"train": (0.3, False), "short": (0.2, False)}, "short"),
        (True, {"train": (0.3, False), "short": (0.4, False)}, "train"),
        (True, {"train": (0.3, False), "short": (0.3, False)}, "train"),
        (True, {"train": (np.inf, True), "mixed": (0.1, False)}, "mixed"),
        (True, {"train": (0.1, True), "mixed": (0.2, False)}, "train"),
        (
            True,
            {"train": (np.inf, True), "mixed": (np.inf, True), "short": (0.3, False)},
            "short",
        ),
        (False, {"train": (np.inf, True), "short": (0.3, False)}, "short"),
    ],
)
def test_what_is_tried_where_a_training_fails(begins_coarse, outcomes, expected):
    """Two of three trainings broke down where substeps began, and the short ones were scored."""
    tried = []

    def train_as(name, share, mixed):
        tried.append((name, share, mixed))
        best, ended_early = outcomes[name]
        return Trained({}, xr.Dataset({"name": ((), name)}), best, 1, ended_early, 1.0)

    kept = train_until_good(train_as, begins_coarse, candidate_error=0.2, share=0.1)
    assert str(kept.history.name.item()) == expected
    shares = {"train": (1.0, False), "mixed": (1.0, True), "short": (0.1, False)}
    assert tried == [(name, *shares[name]) for name in outcomes]
    assert kept.cpu_seconds == kept.history.attrs["cpu_seconds"] == len(outcomes)
    assert kept.divergences == 1
    assert kept.history.attrs["restarts"] == len(outcomes)
    assert kept.history.attrs["trainings"] == ", ".join(outcomes)
    assert kept.history.attrs["kept"] == expected
