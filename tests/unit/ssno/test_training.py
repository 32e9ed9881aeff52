from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import SMALL_BASELINES, ssno_model, ssno_training
from ssno_trajectories import rollout
from stopping import Interrupt, Stopping

from triptych.runtime.monitor import NullMonitor
from triptych.ssno import metrics, training
from triptych.ssno.domains import Box, Sphere
from triptych.ssno.frames import Frames
from triptych.ssno.labels import MODEL_LABELS
from triptych.ssno.models import build_model
from triptych.ssno.systems import get_system
from triptych.ssno.training import train
from triptych.training.adam import Adam

BOX = Box(1.0, 2)
ONE = np.ones(1, np.float32)
SPEC = ssno_training(mask_penalty=1e-4)
COARSE_FIRST = replace(SPEC, coarse_share=0.75)


@pytest.fixture(autouse=True)
def looks(monkeypatch):
    """Look at the losses every other iteration: the trainings here are short."""
    monkeypatch.setattr(training, "CHECK_EVERY", 2)


def system():
    return replace(get_system("ks2d"), source_points=32, points=16)


def built(name, options, seed=0, domain=None):
    chosen = system() if domain is None else replace(system(), domain=domain)
    return build_model(name, chosen, seed=seed, options=options, increment_scale=ONE)


def model(seed=0, **changes):
    return built("ssno", ssno_model(**changes), seed)


def baseline():
    return built("ffno", SMALL_BASELINES["ffno"])


def fields(count=3, seed=0, domain=BOX):
    generator = torch.Generator().manual_seed(seed)
    field = torch.randn((count, 6, 1, *domain.grid(16)), generator=generator)
    transform = domain.transform(16, 3, dtype=torch.float32)
    return transform.inverse(transform.forward(field))


def frames(count=3, seed=0, domain=BOX, times=None):
    values = fields(count, seed, domain).numpy()[:, :times]
    state = (("trajectory", "time", "channel", "x", "y"), values)
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


def test_the_mask_of_an_ssno_is_penalised_and_no_baselines():
    def weights(net, penalty):
        spec = replace(SPEC, iterations=3, mask_penalty=penalty)
        return train(net, frames(), frames(2, 1), spec, seed=0).weights

    def masked():
        net = baseline()
        net.mask = next(net.parameters())
        return net

    plain, penalised = weights(model(), 0.0), weights(model(), 1.0)
    assert penalised["mask"].abs().sum() < plain["mask"].abs().sum()
    same(weights(masked(), 0.0), weights(masked(), 1.0))
    unmasked = model(products=0)
    assert "mask" not in weights(unmasked, 1.0)


@pytest.mark.parametrize(("save", "stop"), [(4, 6), (10, 12)])
def test_a_resumed_training_ends_with_the_same_bits(save, stop):
    whole = train(model(substeps=2), frames(), frames(2, 1), COARSE_FIRST, seed=3)
    monitor = Stopping(save, stop)
    with pytest.raises(Interrupt):
        train(model(substeps=2), frames(), frames(2, 1), COARSE_FIRST, seed=3, monitor=monitor)
    # The restored state overrides whatever the model starts from.
    other = model(seed=9, substeps=2)
    resumed = train(other, frames(), frames(2, 1), COARSE_FIRST, seed=3, monitor=monitor)
    same(whole.weights, resumed.weights)
    np.testing.assert_array_equal(whole.history.loss, resumed.history.loss)
    np.testing.assert_array_equal(whole.history.validation, resumed.history.validation)
    assert whole.best == resumed.best


def test_substeps_are_taken_in_the_last_part_and_whenever_errors_are_measured(monkeypatch):
    taken: dict[str, list[int]] = {"window_loss": [], "validation_error": []}

    def record(name):
        measure = getattr(training, name)

        def recorded(net, *rest):
            taken[name].append(net.substeps)
            return measure(net, *rest)

        monkeypatch.setattr(training, name, recorded)

    for name in taken:
        record(name)
    net = model(substeps=3)
    trained = train(net, frames(), frames(2, 1), COARSE_FIRST, seed=0)
    assert taken == {"window_loss": [1] * 9 + [3] * 3, "validation_error": [3] * 3}
    # It is left as a fresh one is: both are stepped alike.
    fresh = model(seed=1, substeps=3)
    fresh.load_state_dict(trained.weights)
    field = frames().block(0, 1)[:, 0]
    assert torch.equal(net(field, 2), fresh(field, 2))
    assert not torch.equal(model(seed=1, substeps=1)(field, 2), model(seed=1, substeps=3)(field, 2))


def test_models_are_validated_evenly_while_they_step_as_at_the_end():
    def validated(net, spec):
        history = train(net, frames(), frames(2, 1), spec, seed=0).history
        return history.iteration[np.isfinite(history.validation.values)].values.tolist()

    assert (COARSE_FIRST.iterations, COARSE_FIRST.validations) == (12, 3)
    assert validated(model(substeps=3), COARSE_FIRST) == [10, 11, 12]
    assert validated(baseline(), replace(COARSE_FIRST, coarse_share=0.0)) == [4, 8, 12]


def test_no_best_error_is_reported_before_there_is_one():
    class Reports(NullMonitor):
        def __init__(self):
            self.best = {}

        def report(self, iteration, total, **metrics):
            self.best[iteration] = metrics.get("best")

    reports = Reports()
    train(model(substeps=3), frames(), frames(2, 1), COARSE_FIRST, seed=0, monitor=reports)
    assert [n for n, best in reports.best.items() if best is not None] == [10, 11, 12]


def breaking(calls, spoil=lambda state: state * torch.nan):
    """Return an SSNO whose states are spoilt at some of its training steps, the first being 1."""
    net, count = model(substeps=2), itertools.count(1)

    def changed(net, inputs, state):
        return spoil(state) if torch.is_grad_enabled() and next(count) in calls else state

    net.register_forward_hook(changed)
    return net


def rates_of(monkeypatch):
    """Return the list that every step's learning rate is added to."""
    rates, step = [], Adam.step

    def recorded(self, given):
        rates.extend(given)
        return step(self, given)

    monkeypatch.setattr(Adam, "step", recorded)
    return rates


@pytest.mark.parametrize("spoil", [lambda state: state * torch.nan, lambda state: state + 1e3])
def test_a_loss_that_diverges_sends_a_training_back_at_half_the_rate(monkeypatch, spoil):
    rates = rates_of(monkeypatch)
    trained = train(breaking({6}, spoil), frames(), frames(2, 1), SPEC, seed=0)
    assert trained.divergences == trained.halvings == 1
    assert (trained.history.loss.values < training.DIVERGED).all()
    assert math.isfinite(trained.best)
    # Seen after 6 steps; the state after 4 is not yet known to be good, so it goes back to 2.
    assert len(rates) == 12 + 4
    expected = [training.one_cycle(i, 12, training.WARMUP_SHARE) * 1e-2 for i in range(12)]
    assert rates[:6] == expected[:6]
    assert rates[6:] == [rate / 2 for rate in expected[2:]]


def test_what_a_training_went_back_over_is_not_gone_back_to(monkeypatch) -> None:
    """From 6 steps to 2; of 4 and 6 steps anew the latter diverges, and it is back to 2 again."""
    rates = rates_of(monkeypatch)
    assert train(breaking({6, 9}), frames(), frames(2, 1), SPEC, seed=0).divergences == 2
    assert len(rates) == 6 + 4 + 10


def test_a_loss_below_ten_is_no_divergence():
    trained = train(breaking({6}, lambda state: state + 5), frames(), frames(2, 1), SPEC, seed=0)
    assert 4 < trained.history.loss.values[5] < training.DIVERGED
    assert trained.divergences == 0


def test_a_gradient_that_is_not_finite_does_so_too():
    def steep(state):
        state.register_hook(lambda grad: grad * torch.nan)
        return state

    net = breaking({6}, steep)
    trained = train(net, frames(), frames(2, 1), SPEC, seed=0)
    assert trained.divergences == 1
    assert all(bool(value.isfinite().all()) for value in trained.weights.values())


def test_a_training_ends_when_it_went_back_often_enough():
    net = breaking(set(range(5, 100)))
    trained = train(net, frames(), frames(2, 1), COARSE_FIRST, seed=0)
    assert trained.divergences == SPEC.restarts + 1
    assert trained.halvings == SPEC.restarts
    assert trained.best == math.inf
    assert net.substeps == 2
    assert all(bool(value.isfinite().all()) for value in net.state_dict().values())


@pytest.mark.parametrize(("broken", "save"), [(6, 8), (11, 10)])
def test_a_training_that_went_back_ends_with_the_same_bits_when_resumed(broken, save):
    """It goes back within its coarse part, or from its substeps into that part."""
    spec = COARSE_FIRST
    whole = train(breaking({broken}), frames(), frames(2, 1), spec, seed=3)
    monitor = Stopping(save, save + 2)
    with pytest.raises(Interrupt):
        train(breaking({broken}), frames(), frames(2, 1), spec, seed=3, monitor=monitor)
    resumed = train(breaking({}), frames(), frames(2, 1), spec, seed=3, monitor=monitor)
    same(whole.weights, resumed.weights)
    assert resumed.divergences == 1
    assert resumed.cpu_seconds > 0


@pytest.mark.filterwarnings("ignore:.*is a no-op")
def test_a_training_resumes_on_another_device():
    """The meta device stands in for a GPU: it refuses to mix with tensors of the CPU."""
    before = training._Session(model(), SPEC, seed=3)
    for _ in range(4):
        before.step(frames())
    before.check()
    before.keep()
    after = training._Session(model().to("meta"), SPEC, seed=3)
    after.restore(before.checkpoint())
    moments = after.optimizer.state[next(after.model.parameters())]
    tensors = {"losses": after.losses, "moment": moments["exp_avg"], **after.best_weights}
    assert {name: value.device.type for name, value in tensors.items()} == dict.fromkeys(
        tensors, "meta"
    )
    assert after.iteration == 4


def test_a_step_has_a_gradient_of_norm_1_at_most():
    session = training._Session(model(), SPEC, seed=3)
    steep = frames()
    steep.weights[:] = 1e4
    session.step(steep)
    norms = torch.stack([p.grad.norm() for p in session.model.parameters() if p.grad is not None])
    assert float(norms.norm()) == pytest.approx(1.0, rel=1e-4)


def test_losses_are_read_when_they_are_looked_at(monkeypatch):
    reads = []
    session = training._Session(model(), SPEC, seed=3)
    for name in ("item", "tolist", "__float__", "__bool__"):
        read = getattr(torch.Tensor, name)
        monkeypatch.setattr(
            torch.Tensor, name, lambda self, read=read: reads.append(self) or read(self)
        )
    for _ in range(4):
        session.step(frames())
    # Adam's own counters are on the host.
    counters = {id(state["step"]) for state in session.optimizer.state.values()}
    assert [read for read in reads if id(read) not in counters] == []
    session.check()
    assert any(read.shape == (4,) for read in reads)


def test_windows_grow(monkeypatch):
    lengths, draw = [], training.draw_windows

    def recorded(frames, spec, unroll_length, rng):
        lengths.append(unroll_length)
        return draw(frames, spec, unroll_length, rng)

    monkeypatch.setattr(training, "draw_windows", recorded)
    spec = replace(SPEC, unroll_lengths=(1, 2, 4), pushforward_steps=0)
    train(model(), frames(), frames(2, 1), spec, seed=0)
    assert lengths == [1] * 4 + [2] * 4 + [4] * 4


def on_the_sphere(values):
    """Return frames of one trajectory whose states are these, by latitude, on every longitude."""
    state = np.broadcast_to(np.asarray(values, np.float32)[..., None], (1, *np.shape(values), 16))
    dims = ("trajectory", "time", "channel", "latitude", "longitude")
    return xr.Dataset({"state": (dims, state[:, :, None])})


def test_loss_and_validation_error_count_area_on_the_sphere(rng):
    truth, predicted = (on_the_sphere(rng.standard_normal((3, 8))) for _ in range(2))
    true, other = (Frames(field, np.ones(1, np.float32)) for field in (truth, predicted))

    def step(field, steps):
        return other.block(1, steps)

    _, gauss = np.polynomial.legendre.leggauss(8)
    squares = ((predicted.state - truth.state) ** 2).values[0, 1:, 0, :, 0]
    expected = np.sqrt((squares * gauss / 2).sum(1).mean())
    loss = training.window_loss(step, true.block(0, 3), 0, true.weights)
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(loss) != pytest.approx(np.sqrt(squares.mean()), rel=1e-2)
    scored = metrics.relative_error(predicted.state, truth.state)[:, 1:].mean()
    assert training.validation_error(step, true) == pytest.approx(float(scored), rel=1e-5)


def test_the_steps_of_a_training_count_area(monkeypatch):
    given = []
    plain = training.window_loss

    def noted(model, windows, pushforward_steps, weights):
        given.append(weights)
        return plain(model, windows, pushforward_steps, weights)

    monkeypatch.setattr(training, "window_loss", noted)
    values = fields(domain=Sphere()).numpy()
    dims = ("trajectory", "time", "channel", "latitude", "longitude")
    data = Frames(xr.Dataset({"state": (dims, values)}), ONE)
    net = built("sfno", SMALL_BASELINES["sfno"], domain=Sphere())
    train(net, data, data, replace(SPEC, iterations=2), seed=0)
    _, gauss = np.polynomial.legendre.leggauss(16)
    assert len(given) == 2
    for weights in given:
        expected = np.broadcast_to(gauss[:, None] / gauss.mean(), (16, 32))
        np.testing.assert_allclose(np.broadcast_to(weights, (16, 32)), expected, rtol=1e-6)


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


def test_states_of_many_values_are_stepped_in_parts(monkeypatch):
    net, initial = model(), fields()[:, 0]
    whole = rollout(net, initial, 13)
    together = []
    net.register_forward_pre_hook(lambda _, given: together.append(len(given[0])))
    monkeypatch.setattr("triptych.ssno.rollout.VALUES_PER_CALL", 2 * initial[0].numel() + 1)
    torch.testing.assert_close(rollout(net, initial, 13), whole, rtol=1e-4, atol=1e-5)
    assert together == [2, 1, 2, 1]


@pytest.mark.parametrize("name", MODEL_LABELS)
def test_every_model_trains(name):
    options = ssno_model() if name == "ssno" else SMALL_BASELINES[name]
    domain = Sphere() if name == "sfno" else BOX
    net = built(name, options, domain=domain)
    start = {name: value.clone() for name, value in net.state_dict().items()}
    known, held_out = frames(domain=domain), frames(2, 1, domain=domain)
    trained = train(net, known, held_out, replace(SPEC, iterations=3, validations=1), seed=0)
    assert math.isfinite(trained.best)
    assert trained.best == training.validation_error(net, held_out)
    assert any(not torch.equal(value, start[name]) for name, value in net.state_dict().items())
