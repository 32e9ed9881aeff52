"""Training a population: independence of its members, restarts, and clear errors."""

from itertools import pairwise

import numpy as np
import pytest
import reference_enumeration
import torch
from stopping import Interrupt, Stopping

from triptych.cycles import train as training
from triptych.cycles.chain_step import advance, estimate_from_chains
from triptych.cycles.design import Run
from triptych.cycles.likelihood import log_likelihood
from triptych.cycles.model import PARAMETER_NAMES, initialise, latent_logits, sample_visible
from triptych.cycles.optimise import rmsprop_
from triptych.cycles.stationary import stationary
from triptych.cycles.streams import stream, uniform_
from triptych.cycles.thermodynamics import flux
from triptych.cycles.train import (
    Training,
    begin,
    constant_until,
    minibatch,
    rate_factor,
    train,
)
from triptych.cycles.transitions import estimate_transitions
from triptych.runtime.monitor import NullMonitor


@pytest.fixture
def digits():
    """Noisy copies of four patterns of eight pixels."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.tensor([[1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 1, 1, 1]])
    patterns = torch.cat([patterns, patterns.roll(2, 1)])
    chosen = patterns[torch.randint(4, (600,), generator=generator)]
    flips = torch.rand(600, 8, generator=generator) < 0.05
    return (chosen.bool() ^ flips).double()


def settings(**changes):
    given = {"states": 4, "iterations": 40, "batch_size": 100, "chains": 50}
    given |= {"tied": False, "cooldown": 0.5, "order_seed": 0}
    return Training(**{**given, "record_every": 7, "record_draws": 50, **changes})


def runs(rates, seeds, steps=1, **changes):
    return [Run("test", r, s, steps, **changes) for r, s in zip(rates, seeds, strict=True)]


@pytest.mark.parametrize("tied", [False, True])
def test_training_raises_the_exact_likelihood(digits, tied):
    population, history = train(
        digits[:500], digits[500:], runs([0.02], [1]), settings(iterations=400, tied=tied)
    )
    likelihood = float(reference_enumeration.log_likelihood(population, digits[:500])[0])
    independent = digits.mean(0)
    entropy = torch.distributions.Bernoulli(independent).entropy().sum()
    assert likelihood > -float(entropy) + 0.5
    # Tied models have their π in closed form; the others estimate it.
    error = 1e-9 if tied else 0.3
    assert history.log_likelihood.values[0, -1] == pytest.approx(likelihood, abs=error)
    if tied:
        assert torch.equal(population.W, population.V)


def test_history_has_names_coordinates_and_units(digits):
    _, history = train(digits[:500], digits[500:], runs([0.01, 0.02], [3, 4]), settings())
    assert history.iteration.values.tolist() == [7, 14, 21, 28, 35, 40]
    assert history.entropy_production.dims == ("model", "iteration")
    assert history.entropy_production.units == "nat / chain step"
    assert history.learning_rate.values.tolist() == [0.01, 0.02]
    assert history.seed.values.tolist() == [3, 4]
    assert (history.states == 4).all()
    assert (history.steps == 1).all()
    assert history.design.values.tolist() == ["test", "test"]
    assert history.attrs["constant_until"] == 21
    assert all(np.isfinite(values).all() for values in history.data_vars.values())


def test_the_history_ends_with_what_the_models_are(digits):
    population, history = train(digits[:500], digits[500:], runs([0.01, 0.02], [3, 4]), settings())
    last, kernel = history.isel(iteration=-1), estimate_transitions(population, 50, 1, [3, 4])[:, 0]
    pi = stationary(kernel)
    fluxes = flux(kernel, pi)
    np.testing.assert_allclose(last.self_transition, [np.trace(f) for f in fluxes])
    np.testing.assert_allclose(last.circulation, [(f - f.T).clip(min=0).sum() for f in fluxes])
    np.testing.assert_allclose(last.effective_states, np.exp(-(pi * np.log(pi)).sum(1)))
    for name, part in (("log_likelihood", digits[:500]), ("log_likelihood_held_out", digits[500:])):
        np.testing.assert_allclose(last[name], log_likelihood(population, part, pi).mean(1))


def test_population_of_one_equals_a_model_of_the_batch(digits):
    company = [
        *runs([0.01], [3]),
        *runs([0.02], [4], steps=3),
        *runs([0.03], [5], steps=None),
        *runs([0.02], [4], memoryless=True),
    ]
    many, histories = train(digits[:500], digits[500:], company, settings())
    for m, alone in enumerate(company):
        one, history = train(digits[:500], digits[500:], [alone], settings())
        for name in PARAMETER_NAMES:
            np.testing.assert_allclose(
                many.tensors()[name][m : m + 1], one.tensors()[name], atol=1e-9
            )
        np.testing.assert_allclose(
            histories.log_likelihood[m : m + 1], history.log_likelihood, atol=1e-9
        )
    assert histories.steps.values.tolist() == [1, 3, -1, 1]


def test_each_seed_has_random_numbers_of_its_own():
    started = begin(torch.full((8,), 0.5).double(), runs([0.01, 0.01], [1, 2]), settings())
    first, second = (torch.rand(5, generator=own) for own in started.generators)
    assert not torch.equal(first, second)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_chains_advance_as_if_all_models_were_drawn_at_once(dtype):
    population = initialise(torch.rand(8, dtype=dtype), states=3, seeds=[0, 1], tied=False)
    population.V.mul_(500)  # probabilities from 1e-6 to 1 − 1e-6
    states = torch.randint(3, (2, 20_000))
    drawn = torch.empty(2, 20_000, 8, dtype=dtype)
    latent, uniform = advance(population, states, [stream(s, "chains") for s in (7, 8)], drawn)

    numbers = torch.stack(
        [uniform_(torch.empty(20_000, 9, dtype=dtype), stream(s, "chains")) for s in (7, 8)]
    )
    images = sample_visible(torch.sigmoid(population.fields), states, numbers[..., :-1].clone())
    assert torch.equal(drawn, images)
    assert 0 < images.mean() < 1
    assert torch.equal(uniform, numbers[..., -1])
    torch.testing.assert_close(latent, torch.softmax(latent_logits(population, images), dim=-1))


def test_the_control_forgets_at_once_and_learns(digits):
    population, history = train(
        digits[:500], digits[500:], runs([0.02], [1], memoryless=True), settings(iterations=400)
    )
    assert not population.W.any()
    kernel = reference_enumeration.transitions(population)[0]
    assert (kernel - kernel[0]).abs().max() < 1e-12
    independent = -float(torch.distributions.Bernoulli(digits.mean(0)).entropy().sum())
    assert (
        float(reference_enumeration.log_likelihood(population, digits[:500])[0]) > independent + 0.5
    )
    assert history.entropy_production.values.max() < 1e-12


def test_estimates_leave_out_the_row_that_a_state_was_drawn_from():
    generator = torch.Generator().manual_seed(0)
    latent = torch.softmax(torch.randn(2, 7, 3, generator=generator).double(), -1)
    states = torch.randint(3, (2, 7), generator=generator)
    pi, kernel, leave_one_out = estimate_from_chains(latent, states)
    for m in range(2):
        others = torch.full((7,), True)
        for chain in range(7):
            others[chain] = False
            rest = latent[m : m + 1, others], states[m : m + 1, others]
            expected, rest_kernel, _ = estimate_from_chains(*rest)
            np.testing.assert_allclose(leave_one_out.pi[m, chain], expected[0], atol=1e-12)
            row = rest_kernel[0, states[m, chain]]
            np.testing.assert_allclose(leave_one_out.rows[m, chain], row, atol=1e-12)
            others[chain] = True
    np.testing.assert_allclose(pi.sum(-1), 1.0)
    np.testing.assert_allclose(kernel.sum(-1), 1.0)
    mean = (latent.sum(1) + 1 / 3) / 8
    np.testing.assert_allclose(pi, mean, atol=1e-12)


def test_training_climbs_by_the_estimator_that_is_tested(digits, monkeypatch):
    """Rows of their own left out, and with the steps that each run has."""
    handed, climb = [], training.cycle_gradient

    def recorded(population, batch, step, steps):
        handed.append((step, steps))
        return climb(population, batch, step, steps)

    monkeypatch.setattr(training, "cycle_gradient", recorded)
    given = [*runs([0.01], [3], steps=1), *runs([0.01], [4], steps=None)]
    train(digits[:500], digits[500:], given, settings(iterations=5))
    assert [steps for _, steps in handed] == 5 * [[1, None]]
    for (before, _), (step, _) in pairwise(handed):
        pi, kernel, leave_one_out = estimate_from_chains(before.latent, before.states)
        for name in ("pi", "previous_states", "rows"):
            assert torch.equal(getattr(step.leave_one_out, name), getattr(leave_one_out, name))
        assert torch.equal(step.pi, pi)
        assert torch.equal(step.kernel, kernel)


@pytest.mark.parametrize("stop", [1, 14, 39])
def test_interrupted_training_ends_with_the_bits_of_an_uninterrupted_one(digits, stop):
    digits = digits.float()
    arguments = (digits[:500], digits[500:], runs([0.01, 0.02], [3, 4], None), settings())
    whole, history = train(*arguments)
    monitor = Stopping(stop, stop + 1)
    with pytest.raises(Interrupt):
        train(*arguments, monitor=monitor)
    resumed, continued = train(*arguments, monitor=monitor)
    for name in PARAMETER_NAMES:
        assert torch.equal(whole.tensors()[name], resumed.tensors()[name])
    assert history.identical(continued)


def test_every_iteration_is_reported_with_the_latest_measurement(digits, monkeypatch):
    reports, monitor = [], NullMonitor()
    monkeypatch.setattr(monitor, "report", lambda *at, **metrics: reports.append((*at, metrics)))
    _, history = train(digits[:500], digits[500:], runs([0.01], [3]), settings(), monitor)
    assert [report[:2] for report in reports] == [(i, 40) for i in range(1, 41)]
    for iteration, measured_at in ((34, 28), (40, 40)):
        row = history.sel(iteration=measured_at, drop=True).mean("model")
        expected = {name: pytest.approx(float(value)) for name, value in row.items()}
        assert reports[iteration - 1][2] == expected


def test_an_epoch_uses_every_image_once(digits):
    rows = torch.arange(500.0)[:, None]
    seen = torch.cat([minibatch(rows, i, settings()) for i in range(5)])
    assert sorted(seen.flatten().tolist()) == list(range(500))
    again = torch.cat([minibatch(rows, i, settings()) for i in range(5, 10)])
    assert not torch.equal(seen, again)


def test_rates_are_constant_and_then_fall_to_zero():
    factors = [rate_factor(i, settings(cooldown=0.5)) for i in range(40)]
    assert factors[:21] == [1.0] * 21
    np.testing.assert_allclose(np.diff(factors[20:]), -0.05)
    assert factors[-1] == pytest.approx(0.05)
    assert rate_factor(39, settings(cooldown=0.0)) == 1.0
    assert constant_until(settings(cooldown=0.5)) == 21
    assert constant_until(settings(cooldown=0.0)) == 40


def test_rmsprop_is_that_of_torch():
    start = torch.randn(2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    theirs = start.clone().requires_grad_()
    optimiser = torch.optim.RMSprop([theirs], lr=0.01, maximize=True)
    ours, moments = {"p": start.clone()}, {"p": torch.zeros_like(start)}
    for _ in range(5):
        gradient = -2.0 * theirs.detach() + 1.0
        theirs.grad = gradient.clone()
        optimiser.step()
        rmsprop_(ours, moments, {"p": gradient}, torch.full((2,), 0.01, dtype=torch.float64))
    np.testing.assert_allclose(ours["p"], theirs.detach(), atol=1e-14)


def test_wrong_data_are_refused(digits):
    with pytest.raises(ValueError, match="batch_size is 100, but there are 90 images"):
        train(digits[:90], digits[500:], runs([0.01], [0]), settings())
    with pytest.raises(ValueError, match="could not convert string to float: 'selected'"):
        train(digits[:500], digits[500:], runs(["selected"], [0]), settings())


def test_parameters_that_blow_up_are_named(digits):
    with pytest.raises(
        FloatingPointError,
        match=r"W of model 1 \(K = 4, test, learning rate inf, seed 8\).*after iteration 1",
    ):
        train(digits[:500], digits[500:], runs([0.01, float("inf")], [7, 8]), settings())
