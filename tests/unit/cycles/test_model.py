"""The model's kernels, its sampling, and the estimates drawn from it."""

from dataclasses import replace

import numpy as np
import pytest
import reference_enumeration
import torch

from triptych.cycles import exact
from triptych.cycles.model import (
    PARAMETER_NAMES,
    Population,
    initialise,
    log_visible,
    sample_latent,
    sample_visible,
)
from triptych.cycles.stationary import stationary
from triptych.cycles.streams import stream, uniform_
from triptych.cycles.thermodynamics import entropy_production, flux, self_transition
from triptych.cycles.transitions import (
    entropy_production_half_draws,
    estimate_transitions,
    jackknife,
    of_stationary_fluxes,
)
from triptych.cycles.walk import draw_along_cycles, simulate


def test_log_visible_is_that_of_independent_bernoullis(population, images):
    log_p = log_visible(population.fields, images)
    p = torch.sigmoid(population.fields)[:, None]
    x = images[None, :, None]
    expected = (x * p.log() + (1 - x) * (1 - p).log()).sum(-1)
    np.testing.assert_allclose(log_p, expected, atol=1e-12)


def test_choices_invert_the_cumulative_distribution():
    probabilities = torch.tensor([[0.25, 0.5, 0.25]])
    uniform = torch.tensor([[0.0], [0.2499], [0.25], [0.74], [0.9999999]])
    chosen = sample_latent(probabilities.expand(5, 1, 3), uniform)
    assert chosen.flatten().tolist() == [0, 0, 1, 1, 2]
    pixels = sample_visible(
        torch.tensor([[[0.5, 0.5], [0.1, 1.0]]]), torch.tensor([[0, 1]]), torch.full((1, 2, 2), 0.3)
    )
    assert pixels.tolist() == [[[1, 1], [0, 1]]]


def test_initial_models_depend_on_their_seed_alone():
    mean = torch.tensor([0.0, 0.25, 1.0])
    both = initialise(mean, 4, [3, 7], tied=False)
    alone = initialise(mean, 4, [7], tied=False)
    for name in PARAMETER_NAMES:
        assert torch.equal(both.tensors()[name][1:], alone.tensors()[name])
    assert torch.isfinite(both.a).all()
    np.testing.assert_allclose(torch.sigmoid(both.a[0, 1]), 0.25, atol=1e-6)
    tied = initialise(mean, 4, [3], tied=True)
    assert torch.equal(tied.V, tied.W)


def test_initial_weights_have_the_stated_size():
    started = initialise(torch.full((784,), 0.3), 30, [7], tied=False)
    for weights in (started.W, started.V):
        assert float(weights.mean()) == pytest.approx(0.0, abs=3e-4)
        assert float(weights.std()) == pytest.approx(0.01, rel=0.02)


def test_parameters_round_trip_and_are_checked(population):
    again = Population.from_tensors(population.tensors())
    assert all(torch.equal(again.tensors()[k], population.tensors()[k]) for k in PARAMETER_NAMES)
    with pytest.raises(ValueError, match=r"parameter b has shape \(2, 2\)"):
        Population(population.W, population.b[:, 1:], population.V, population.a)


def test_streams_differ_by_seed_purpose_and_key():
    draws = {
        float(torch.rand(1, generator=generator))
        for generator in (
            stream(0, "a"),
            stream(1, "a"),
            stream(2**32, "a"),
            stream(0, "b"),
            stream(0, "a", 1),
        )
    }
    assert len(draws) == 5
    assert torch.equal(stream(5, "a").get_state(), stream(5, "a").get_state())


def test_monte_carlo_agrees_with_enumeration(population):
    kernels = estimate_transitions(population, draws=40000, blocks=20, seeds=[1, 2])
    exact_kernel = reference_enumeration.transitions(population).numpy()
    error = kernels.std(1, ddof=1) / np.sqrt(20)
    assert (np.abs(kernels.mean(1) - exact_kernel) <= 4 * error).all()
    pi = stationary(exact_kernel)
    fluxes = flux(exact_kernel, pi)
    for quantity, truth in (
        (stationary, pi),
        (of_stationary_fluxes(entropy_production), entropy_production(fluxes)),
        (of_stationary_fluxes(self_transition), self_transition(fluxes)),
    ):
        estimate = jackknife(kernels, quantity)
        assert (np.abs(estimate.value - estimate.bias - truth) <= 4 * estimate.error).all()


def test_bias_of_entropy_production_falls_with_the_draws(tied_population):
    # The truth is zero, so that all of the estimate is bias.
    kernels = estimate_transitions(tied_population, draws=8000, blocks=40, seeds=[3, 4])
    estimate = jackknife(kernels, of_stationary_fluxes(entropy_production))
    assert (estimate.value > 0).all()
    assert (entropy_production_half_draws(kernels) > estimate.value).all()
    corrected = estimate.value - estimate.bias
    assert (np.abs(corrected) < 4 * estimate.error + 1e-4).all()


def test_estimates_do_not_depend_on_company(population):
    both = estimate_transitions(population, 100, 2, [5, 6])
    alone = estimate_transitions(population.model(1), 100, 2, [6])
    np.testing.assert_array_equal(both[1:], alone)


def test_draws_that_do_not_fill_the_blocks_are_refused(population):
    for draws in (0, 15):
        with pytest.raises(ValueError, match=f"draws is {draws}; .* a multiple of blocks, 10"):
            estimate_transitions(population, draws, 10, [0, 1])
    kernels = estimate_transitions(population, 10, 1, [0, 1])
    with pytest.raises(ValueError, match="1 block of draws: the jackknife needs 2"):
        jackknife(kernels, stationary)


def test_leaving_out_the_block_that_holds_nearly_all_leaves_a_kernel():
    """The difference was rounding of either sign: an infinite σ, or none."""
    even = np.full((2, 2), 0.5)
    rare = np.array([[1.0, 1e-60], [0.5, 0.5]])
    kernels = np.stack([even, *[rare] * 9])[None]
    estimate = jackknife(kernels, of_stationary_fluxes(entropy_production))
    assert np.isfinite([estimate.value, estimate.error, estimate.bias]).all()


def test_the_jackknife_of_a_mean_has_its_standard_error_and_of_a_square_its_bias():
    kernels = np.random.default_rng(0).dirichlet([2.0] * 3, size=(2, 8, 3))
    values = kernels[:, :, 0, 0]
    mean = jackknife(kernels, lambda kernel: kernel[..., 0, 0])
    np.testing.assert_allclose(mean.value, values.mean(1))
    np.testing.assert_allclose(mean.error, values.std(1, ddof=1) / np.sqrt(8))
    np.testing.assert_allclose(mean.bias, 0, atol=1e-14)
    square = jackknife(kernels, lambda kernel: kernel[..., 0, 0] ** 2)
    np.testing.assert_allclose(square.bias, values.var(1, ddof=1) / 8)


def test_estimates_survive_kernels_that_underflow():
    frozen = Population(
        W=torch.tensor([[[1e4], [-1e4]]]),
        b=torch.tensor([[-5e3, 5e3]]),
        V=torch.tensor([[[1e4], [-1e4]]]),
        a=torch.zeros(1, 1),
    )
    kernel = estimate_transitions(frozen, 10, 1, [0])[0, 0]
    pi = stationary(kernel)
    assert np.isfinite(pi).all()
    assert self_transition(flux(kernel, pi)) == pytest.approx(1.0)
    assert entropy_production(flux(kernel, pi)) < 1e-50


def test_walk_visits_states_as_often_as_the_stationary_state_says(population):
    model = population.model(0)
    pi = exact.stationary_state(reference_enumeration.transitions(model))[0].numpy()
    starts = torch.arange(3).repeat(200)
    states, images = simulate(model, starts, 120, seed=0)
    assert torch.equal(states[:, 0], starts)
    assert images.shape == (600, 120, 6)
    share = np.stack([(states[:, 20:] == z).float().mean(1).numpy() for z in range(3)])
    error = share.std(1) / np.sqrt(600)
    assert (np.abs(share.mean(1) - pi) <= 4 * error).all()
    # An image belongs to the state beside it.
    p = torch.sigmoid(model.fields)[0, 0]
    mean = images[states == 0].double().mean(0)
    assert ((mean - p).abs() <= 4 * (p * (1 - p) / (states == 0).sum()).sqrt()).all()


def test_followed_cycles_show_their_states_and_nothing_behind_their_ends(population):
    certain = replace(population, V=1e6 * population.V, a=torch.zeros_like(population.a))
    cycles = np.array([[2, 0, 1], [1, 2, -1], [-1, -1, -1]])  # the last is none at all
    # Each cycle has random numbers of its own.
    noise = certain.model(0)
    noise = Population(noise.W, noise.b, 0 * noise.V, 0 * noise.a)
    first, second = draw_along_cycles(noise, np.zeros((2, 40), dtype=np.int64), seed=0)
    assert not torch.equal(first, second)
    shown = draw_along_cycles(certain.model(1), cycles, seed=0)
    expected = (certain.V[1, torch.from_numpy(cycles)] > 0).to(torch.uint8)
    expected[1, 2] = expected[2] = 0
    assert torch.equal(shown, expected)


def test_cheap_uniform_numbers_are_uniform_and_their_events_as_frequent_as_they_should_be():
    numbers = uniform_(torch.empty(2000, 1001), stream(3, "test")).flatten().double()
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    bins = torch.histc(numbers, 64, 0.0, 1.0)
    deviation = (bins - len(numbers) / 64) / np.sqrt(len(numbers) / 64)
    assert float((deviation**2).sum()) < 63 + 5 * np.sqrt(2 * 63)  # χ² of 63 degrees of freedom
    neighbours = np.corrcoef(numbers[:-1], numbers[1:])[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(len(numbers))


def test_probabilities_below_the_bits_of_a_number_keep_their_mean():
    rare, repeats = 0.3 * 2.0**-16, 4000
    generator = stream(4, "test")
    counts = [int((uniform_(torch.empty(2**16), generator) < rare).sum()) for _ in range(repeats)]
    # Each has a mean of 0.3. All of one tensor share the last bits, so the error is of the tensors.
    assert abs(np.mean(counts) - 0.3) < 5 * np.std(counts) / np.sqrt(repeats)
