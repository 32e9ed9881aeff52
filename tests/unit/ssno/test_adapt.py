"""From a scale's settings to a system, and the choice of a learning rate."""

import math
from dataclasses import replace

import pytest
import torch
from ssno_specs import ssno_model, ssno_training

from triptych.config.load import load_config
from triptych.config.render import scale_values
from triptych.runtime.monitor import NullMonitor
from triptych.ssno import search
from triptych.ssno.adapt import adapt, model_spec
from triptych.ssno.specs import VARIANTS, TrainingSpec, variant_of
from triptych.ssno.systems import get_system
from triptych.ssno.training import Trained
from triptych.training.device import choose_device


def settings(name="ks2d", section="grid", **changes):
    return load_config({}).ssno.systems[name].model_dump()[section] | changes


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
    assert adapt(name, settings(name)).name == name
    assert model_spec(settings(name, "model")).padding >= 1
    TrainingSpec(**settings(name, "training"))


@pytest.mark.parametrize("name", list(load_config({}).ssno.systems))
def test_the_paper_scale_has_the_grids_that_are_registered(name, project):
    section = load_config(scale_values(project / "config", "paper")).ssno
    scaled, registered = adapt(name, section.systems[name].grid.model_dump()), get_system(name)
    # How often frames are stored changes none of them.
    assert replace(scaled, storage_step=registered.storage_step) == registered


def test_unknown_names_list_the_known_ones():
    with pytest.raises(KeyError, match="ks2d"):
        adapt("burgers", settings())
    with pytest.raises(KeyError, match="no_products"):
        variant_of(ssno_model(), "without")


def test_every_variant_changes_something():
    spec = ssno_model(substeps=2)
    assert variant_of(spec, "default") == spec
    changed = [variant_of(spec, name) for name in VARIANTS if name != "default"]
    assert all(other != spec for other in changed)


def test_the_best_rate_on_validation_is_taken(monkeypatch):
    errors = {0.1: 0.5, 0.2: 0.3, 0.4: math.nan}

    def fake(model, frames, validation, spec, **rest):
        if math.isnan(errors[spec.learning_rate]):
            raise FloatingPointError("the loss is not finite at iteration 3")
        return Trained({}, None, errors[spec.learning_rate])

    monkeypatch.setattr(search, "train", fake)
    arguments = (torch.nn.Identity, None, None, ssno_training())
    trained, rate = search.train_best(*arguments, list(errors), 0, lambda label: NullMonitor())
    assert (trained.best, rate) == (0.3, 0.2)
    with pytest.raises(FloatingPointError, match="iteration 3"):
        search.train_best(*arguments, [0.4], 0, lambda label: NullMonitor())


def test_device_is_there_or_refused():
    assert choose_device("cpu").type == "cpu"
    if not torch.cuda.is_available():
        assert choose_device("auto").type == "cpu"
        with pytest.raises(RuntimeError, match="no GPU"):
            choose_device("cuda")
