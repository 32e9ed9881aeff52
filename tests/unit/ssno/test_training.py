from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_model, ssno_training

from triptych.runtime.monitor import NullMonitor
from triptych.ssno.domains import Box
from triptych.ssno.frames import Frames
from triptych.ssno.models import build_model, count_parameters
from triptych.ssno.rollout import rollout
from triptych.ssno.specs import MODELS
from triptych.ssno.systems import get_system
from triptych.ssno.training import train

ONE = np.ones(1, np.float32)
SPEC = ssno_training(mask_penalty=1e-4, windows=2)


class Interrupt(Exception):
    pass


class Stopping(NullMonitor):
    """Save the state at one iteration, stop at a later one, then load it."""

    def __init__(self, save: int, stop: int) -> None:
        self.save, self.stop = save, stop
        self.iteration, self.checkpoint = 0, None

    def load_checkpoint(self):
        return self.checkpoint

    def report(self, iteration, total, **metrics):
        self.iteration = iteration
        if iteration == self.stop:
            self.stop = -1
            raise Interrupt

    def save_checkpoint(self, state):
        if self.iteration == self.save:
            self.checkpoint = {name: value.clone() for name, value in state().items()}


def system():
    return replace(get_system("ks2d"), source_points=32, points=16)


def model(seed=0):
    return build_model("ssno", system(), seed=seed, options=ssno_model(), increment_scale=ONE)


def fields(count=3, seed=0, times=6):
    generator = torch.Generator().manual_seed(seed)
    field = torch.randn((count, times, 1, 16, 16), generator=generator)
    transform = Box(1.0, 2).transform(16, 3, dtype=torch.float32)
    return transform.inverse(transform.forward(field))


def frames(count=3, seed=0, times=6):
    state = (("trajectory", "time", "channel", "x", "y"), fields(count, seed, times).numpy())
    return Frames(xr.Dataset({"state": state}), np.ones(1, np.float32))


def same(a, b):
    assert a.keys() == b.keys()
    for name in a:
        assert torch.equal(a[name], b[name]), name


def test_training_lowers_the_loss_and_keeps_the_best():
    net = model()
    trained = train(net, frames(), frames(2, 1), replace(SPEC, iterations=60), seed=0)
    loss = trained.history.loss.values
    assert loss[-10:].mean() < loss[:10].mean()
    errors = trained.history.validation.values
    assert trained.best == np.nanmin(errors)
    assert np.isfinite(errors).sum() == 3
    same(net.state_dict(), trained.weights)


def test_the_same_seed_gives_the_same_bits():
    first = train(model(), frames(), frames(2, 1), SPEC, seed=3)
    second = train(model(), frames(), frames(2, 1), SPEC, seed=3)
    same(first.weights, second.weights)
    other = train(model(), frames(), frames(2, 1), SPEC, seed=4)
    assert not np.array_equal(first.history.loss, other.history.loss)


@pytest.mark.parametrize(("save", "stop"), [(3, 5), (9, 11)])
def test_a_resumed_training_ends_with_the_same_bits(save, stop):
    whole = train(model(), frames(), frames(2, 1), SPEC, seed=3)
    monitor = Stopping(save, stop)
    with pytest.raises(Interrupt):
        train(model(), frames(), frames(2, 1), SPEC, seed=3, monitor=monitor)
    # The restored state overrides whatever the model starts from.
    resumed = train(model(seed=9), frames(), frames(2, 1), SPEC, seed=3, monitor=monitor)
    same(whole.weights, resumed.weights)
    np.testing.assert_array_equal(whole.history.loss, resumed.history.loss)
    np.testing.assert_array_equal(whole.history.validation, resumed.history.validation)
    assert whole.best == resumed.best


def test_a_loss_that_is_not_finite_stops_with_the_iteration():
    class Breaking(Stopping):
        def report(self, iteration, total, **metrics):
            super().report(iteration, total, **metrics)
            if iteration == 4:
                with torch.no_grad():
                    net.readout.fill_(torch.nan)

    net, monitor = model(), Breaking(3, -1)
    with pytest.raises(FloatingPointError, match="iteration 4"):
        train(net, frames(), frames(2, 1), SPEC, seed=0, monitor=monitor)
    assert all(bool(torch.isfinite(v).all()) for k, v in monitor.checkpoint.items() if "model" in k)


def test_trajectories_shorter_than_a_window_are_refused():
    with pytest.raises(ValueError, match="a window takes 4 frames"):
        train(model(), frames(times=3), frames(2, 1), SPEC, seed=0)


def test_rollout_starts_at_the_given_state_and_does_not_depend_on_calls():
    net = model()
    initial = fields()[:, 0]
    path = rollout(net, initial, 13)
    assert path.shape == (3, 14, 1, 16, 16)
    assert torch.equal(path[:, 0], initial)
    with torch.no_grad():
        torch.testing.assert_close(path[:, 1:], net(initial, 13), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_trains(name):
    options = {
        "ffno": {"width": 8, "layers": 1, "modes": 4},
        "cnext": {"width": 4, "levels": 1, "kernel": 3},
        "percnn": {"width": 4, "kernel": 3},
        "dpot": {"width": 8, "layers": 1},
        "factformer": {"width": 8, "layers": 1},
        "fno": {"width": 4, "layers": 1, "modes": 3},
        "ssno": ssno_model(),
    }
    net = build_model(name, system(), seed=0, options=options[name], increment_scale=ONE)
    assert count_parameters(net) > 0
    trained = train(net, frames(), frames(2, 1), replace(SPEC, iterations=3, validations=1), seed=0)
    assert math.isfinite(trained.best)


def test_no_model_is_built_without_the_scale_of_its_increments():
    with pytest.raises(TypeError, match="increment_scale"):
        build_model("ffno", system(), seed=0, options={})


def test_unknown_model_lists_the_known_ones():
    with pytest.raises(KeyError, match=r"transformer.*known: ssno, ffno"):
        build_model("transformer", system(), seed=0, options={}, increment_scale=ONE)


@pytest.mark.parametrize(("name", "options"), [("ssno", {"width": 8}), ("fno", ssno_model())])
def test_options_of_the_other_kind_are_refused(name, options):
    with pytest.raises(TypeError, match=f"{name} is not built from"):
        build_model(name, system(), seed=0, options=options, increment_scale=ONE)
