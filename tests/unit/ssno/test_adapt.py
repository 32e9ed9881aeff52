"""From a scale's settings to a system, and the choice of a learning rate."""

import math

import pytest
import torch
import xarray as xr

from triptych.device import choose_device
from triptych.monitor import Silent
from triptych.ssno import search
from triptych.ssno.adapt import VARIANTS, adapt, variant_of
from triptych.ssno.specs import ModelSpec, TrainingSpec
from triptych.ssno.training import Trained
from triptych.workflow.config.load import load_config


def settings(name="ks2d", **grid):
    values = load_config({}).ssno.systems[name].model_dump()
    values["grid"] |= grid
    return values


def test_a_scale_changes_numbers_and_nothing_else():
    system = adapt("ks2d", settings(horizon=3.0, test_horizon=4.0, trajectories=3))
    assert system.points == 32
    assert system.equation == adapt("ks2d", settings()).equation
    horizons = {name: split.horizon for name, split in system.splits.items()}
    assert horizons == {
        "train": 3.0, "val": 3.0, "test": 4.0, "long": 8.0, "rougher": 4.0, "larger": 4.0,
    }  # fmt: skip
    assert system.splits["train"].trajectories == 3
    assert system.splits["test"].trajectories == 5


@pytest.mark.parametrize("name", list(load_config({}).ssno.systems))
def test_every_system_of_the_laptop_scale_is_sound(name):
    system = adapt(name, settings(name))
    assert isinstance(system.model, ModelSpec)
    assert isinstance(system.training, TrainingSpec)


def test_unknown_names_list_the_known_ones():
    with pytest.raises(KeyError, match="ks2d"):
        adapt("burgers", settings())
    with pytest.raises(KeyError, match="no_products"):
        variant_of(ModelSpec(), "without")


def test_every_variant_changes_something():
    spec = ModelSpec(substeps=2, gradient_products=1)
    assert variant_of(spec, "default") == spec
    changed = [variant_of(spec, name) for name in VARIANTS if name != "default"]
    assert all(other != spec for other in changed)


@pytest.fixture
def fake_training(monkeypatch):
    """Return the (rate, iterations) trained; errors and losses are looked up, NaN fails."""
    done = []

    def replace_with(errors, losses):
        def fake(model, frames, validation, spec, **rest):
            done.append((spec.learning_rate, spec.iterations))
            error = errors[spec.learning_rate]
            if math.isnan(error):
                raise FloatingPointError("the loss is not finite at iteration 3")
            history = xr.Dataset({"loss": ("iteration", [losses[spec.learning_rate]])})
            return Trained({}, history, error)

        monkeypatch.setattr(search, "train", fake)
        return done

    return replace_with


def best(rates):
    arguments = (torch.nn.Identity, None, None, TrainingSpec(iterations=10))
    return search.train_best(*arguments, rates, 0, lambda label: Silent())


@pytest.mark.parametrize(
    ("errors", "chosen"),
    [
        ({0.1: 0.5, 0.2: 0.3, 0.4: math.nan}, 0.2),
        ({0.1: math.inf, 0.2: math.inf, 0.4: 0.9}, 0.4),
        ({0.1: math.inf, 0.2: math.inf}, 0.1),  # by the loss
    ],
)
def test_short_trials_pick_the_rate_that_is_trained_in_full(fake_training, errors, chosen):
    done = fake_training(errors, {0.1: 1.0, 0.2: 2.0, 0.4: 3.0})
    trained, rate = best(list(errors))
    assert (trained.best, rate) == (errors[chosen], chosen)
    assert done == [*((rate, 3) for rate in errors), (chosen, 10)]


def test_one_rate_needs_no_trial(fake_training):
    done = fake_training({0.1: 0.5}, {0.1: 1.0})
    assert best([0.1])[1] == 0.1
    assert done == [(0.1, 10)]


def test_where_no_rate_works_the_failure_is_told(fake_training):
    done = fake_training({0.1: math.nan, 0.2: math.nan}, {})
    with pytest.raises(FloatingPointError, match=r"\[0\.1, 0\.2\] works: .* iteration 3"):
        best([0.1, 0.2])
    assert done == [(0.1, 3), (0.2, 3), (0.1, 10), (0.2, 10)]


def test_device_is_there_or_refused():
    assert choose_device("cpu").type == "cpu"
    if not torch.cuda.is_available():
        assert choose_device("auto").type == "cpu"
        with pytest.raises(RuntimeError, match="no GPU"):
            choose_device("cuda")
