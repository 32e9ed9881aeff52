"""The latent chain: stationary state, thermodynamics, cycles, against exact results."""

import numpy as np
import pytest
import reference_enumeration
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from triptych.cycles import exact
from triptych.cycles.decomposition import decompose
from triptych.cycles.gradient import adjoint
from triptych.cycles.likelihood import log_density, log_likelihood
from triptych.cycles.model import log_visible
from triptych.cycles.stationary import autocorrelation_time, stationary, tied_stationary
from triptych.cycles.thermodynamics import (
    circulation,
    current,
    effective_states,
    entropy_production,
    flux,
    self_transition,
)
from triptych.cycles.transitions import estimate_transitions, jackknife
from triptych.cycles.whole_chain import entropy_production_of_images, whole_chain_dataset


def random_kernel(states, seed=0, spread=3.0):
    logits = spread * np.random.default_rng(seed).normal(size=(states, states))
    kernel = np.exp(logits)
    return kernel / kernel.sum(1, keepdims=True)


def kernels():
    """Row-stochastic matrices, nearly reducible ones among them."""
    logits = arrays(np.float64, (4, 4), elements=st.floats(-60.0, 0.0))
    return logits.map(lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True))


def recompose(cycles, states):
    """Add the cycles up to the current again."""
    result = np.zeros((states, states))
    for cycle in cycles:
        result[np.array(cycle.states), np.roll(cycle.states, -1)] += cycle.flux
    return result - result.T


def reference_chain(population, m):
    """Return kernel, π and log p of all images, by loops over images and states."""
    W, b, V, a = (t[m].numpy() for t in population.tensors().values())
    images = exact.enumerate_images(population.pixels).numpy()
    states = len(b)
    kernel = np.zeros((states, states))
    visible = np.zeros((len(images), states))
    for i, x in enumerate(images):
        score = np.exp(W @ x + b)
        for z in range(states):
            p = 1.0 / (1.0 + np.exp(-(V[z] + a)))
            visible[i, z] = np.prod(np.where(x == 1, p, 1.0 - p))
            kernel[z] += visible[i, z] * score / score.sum()
    values, vectors = np.linalg.eig(kernel.T)
    pi = np.real(vectors[:, np.argmax(values.real)])
    pi = pi / pi.sum()
    return kernel, pi, np.log(visible @ pi)


def test_enumeration_agrees_with_the_reference_implementation(population):
    every = exact.enumerate_images(population.pixels)
    transitions = reference_enumeration.transitions(population)
    pi = exact.stationary_state(transitions)
    for m in range(population.models):
        kernel, expected, log_p = reference_chain(population, m)
        np.testing.assert_allclose(transitions[m], kernel, atol=1e-12)
        np.testing.assert_allclose(pi[m], expected, atol=1e-10)
        np.testing.assert_allclose(stationary(kernel), expected, atol=1e-10)
        per_image = log_likelihood(population, every, pi.numpy())[m]
        np.testing.assert_allclose(per_image, log_p, atol=1e-10)
        mean = reference_enumeration.log_likelihood(population, every)[m]
        np.testing.assert_allclose(mean, log_p.mean(), atol=1e-10)
        fluxes = expected[:, None] * kernel
        sigma = 0.0
        for i in range(3):
            for j in range(i):
                sigma += (fluxes[i, j] - fluxes[j, i]) * np.log(fluxes[i, j] / fluxes[j, i])
        ours = entropy_production(flux(transitions[m].numpy(), pi[m].numpy()))
        np.testing.assert_allclose(ours, sigma, atol=1e-10)


def test_whole_chain_produces_the_entropy_of_its_two_sided_graph(make_population):
    population = make_population(models=2, states=3, pixels=6, scale=1.5)
    ours = reference_enumeration.whole_chain_entropy_production(population)
    every = exact.enumerate_images(6)
    pi = exact.stationary_state(reference_enumeration.transitions(population)).numpy()
    visible = log_visible(population.fields, every).exp().numpy()
    latent = exact.latent_given_image(population, every).numpy()
    for m in range(2):
        # Half steps alternate between 3 latent states and 64 images, each half of the time.
        fluxes = np.zeros((67, 67))
        fluxes[:3, 3:] = 0.5 * pi[m][:, None] * visible[m].T
        fluxes[3:, :3] = 0.5 * (visible[m] @ pi[m])[:, None] * latent[m]
        # A step of the chain is two half steps.
        assert float(ours[m]) == pytest.approx(2.0 * entropy_production(fluxes), abs=1e-10)
        latent_only = entropy_production(
            flux(reference_enumeration.transitions(population)[m].numpy(), pi[m])
        )
        assert latent_only < ours[m]


def test_whole_chain_of_tied_models_is_reversible(tied_population):
    assert reference_enumeration.whole_chain_entropy_production(tied_population).abs().max() < 1e-12


def test_sampled_entropy_production_of_the_whole_chain_is_within_its_error(make_population):
    population = make_population(models=1, states=3, pixels=6)
    kernels = estimate_transitions(population, 4000, 10, [3])
    of_images = entropy_production_of_images(population, 2000, seed=4)
    sampled = whole_chain_dataset(of_images, kernels, stationary)
    expected = float(reference_enumeration.whole_chain_entropy_production(population)[0])
    error = float(sampled.zx_entropy_production_error)
    assert 0 < error < 0.1 * expected
    assert abs(float(sampled.zx_entropy_production) - expected) < 3.0 * error
    pi = stationary(kernels[0].mean(0))
    per_image = of_images(pi)
    assert (per_image >= 0).all()
    assert pi @ per_image.mean(1) == pytest.approx(expected, rel=0.15)


def test_the_error_of_the_whole_chain_is_that_of_images_and_of_the_kernel():
    rng = np.random.default_rng(0)
    kernels = rng.dirichlet([5.0] * 3, size=(1, 8, 3))
    noise = rng.normal(size=(3, 50))
    for values in (np.tile([[1.0], [2.0], [4.0]], 50), 3.0 + noise):
        mean, variance = values.mean(1), values.var(1, ddof=1)
        sampled = whole_chain_dataset(lambda pi, drawn=values: drawn, kernels, stationary)
        of_kernel = jackknife(kernels, lambda blocks, level=mean: stationary(blocks) @ level)
        pi = stationary(kernels[0].mean(0))
        expected = np.hypot(of_kernel.error[0], np.sqrt((pi**2 * variance / 50).sum()))
        assert of_kernel.error[0] > 0
        assert float(sampled.zx_entropy_production_error) == pytest.approx(expected)


def test_effective_states_and_circulation_of_a_turning_chain():
    step = np.roll(np.eye(4), 1, axis=1)
    turning, pi = 0.7 * step + 0.1 * step.T + 0.2 * np.eye(4), np.full(4, 0.25)
    assert effective_states(pi) == pytest.approx(4.0)
    assert circulation(flux(turning, pi)) == pytest.approx(0.6)
    assert effective_states(np.array([0.5, 0.5, 0.0])) == pytest.approx(2.0)


def test_ring_has_the_entropy_production_of_its_affinity():
    forward, backward = 0.7, 0.1
    kernel = np.zeros((5, 5))
    for z in range(5):
        kernel[z, (z + 1) % 5], kernel[z, (z - 1) % 5], kernel[z, z] = forward, backward, 0.2
    pi = stationary(kernel)
    fluxes = flux(kernel, pi)
    np.testing.assert_allclose(pi, 0.2, atol=1e-15)
    expected = (forward - backward) * np.log(forward / backward)
    assert entropy_production(fluxes) == pytest.approx(expected, abs=1e-12)
    assert self_transition(fluxes) == pytest.approx(0.2)
    (cycle,) = decompose(fluxes)
    assert cycle.states in [tuple((z + s) % 5 for z in range(5)) for s in range(5)]
    assert cycle.flux == pytest.approx((forward - backward) / 5)
    assert cycle.affinity == pytest.approx(5 * np.log(forward / backward))


def test_stationary_keeps_relative_accuracy_of_nearly_reducible_chains():
    # A birth-and-death chain: π is known from the ratios of its rates, whatever their size.
    up, down = np.array([1e-30, 1e-3, 1e-40]), np.array([1e-25, 1e-20, 1e-60])
    kernel = np.diag(up, 1) + np.diag(down, -1)
    np.fill_diagonal(kernel, 1.0 - kernel.sum(1))
    ratios = np.concatenate([[1.0], np.cumprod(up / down)])
    np.testing.assert_allclose(stationary(kernel), ratios / ratios.sum(), rtol=1e-13)


def test_stationary_is_batched_and_refuses_reducible_chains():
    batch = np.stack([random_kernel(6, seed) for seed in range(3)])
    np.testing.assert_array_equal(stationary(batch)[1], stationary(batch[1]))
    with pytest.raises(ValueError, match="reducible"):
        stationary(np.eye(3))


def test_autocorrelation_time_sums_the_series():
    kernel = random_kernel(4, spread=1.0)
    pi = stationary(kernel)
    start = 1.0 - (pi**2).sum()
    power, total = np.eye(4), 1.0
    for _ in range(500):
        power = power @ kernel
        total += 2.0 * ((pi * np.diag(power)).sum() - (pi**2).sum()) / start
    assert autocorrelation_time(kernel, pi) == pytest.approx(total, rel=1e-10)


def test_two_states_autocorrelation_time_is_known():
    kernel = np.array([[0.9, 0.1], [0.3, 0.7]])
    # The second eigenvalue is 0.6, so τ = (1 + 0.6) / (1 − 0.6).
    assert autocorrelation_time(kernel, stationary(kernel)) == pytest.approx(4.0)


def test_one_way_flux_makes_entropy_production_infinite_and_absent_flux_none():
    ring = np.roll(np.eye(3), 1, axis=1) / 3.0
    assert entropy_production(ring) == np.inf
    assert entropy_production(np.eye(3) / 3.0) == 0.0


def test_tied_model_is_reversible(tied_population):
    kernel = reference_enumeration.transitions(tied_population)
    pi = exact.stationary_state(kernel).numpy()
    np.testing.assert_allclose(tied_stationary(tied_population), pi, atol=1e-12)
    fluxes = flux(kernel.numpy(), pi)
    assert np.abs(current(fluxes)).max() < 1e-15
    sigma = entropy_production(fluxes)
    assert (sigma >= 0).all()
    assert sigma.max() < 1e-25
    assert [decompose(f) for f in fluxes] == [[], []]


@given(kernels())
def test_entropy_production_is_never_negative(kernel):
    sigma = entropy_production(flux(kernel, stationary(kernel)))
    assert sigma >= 0.0


@settings(max_examples=50)
@given(kernels())
def test_currents_of_a_stationary_state_are_balanced_and_their_cycles_add_up(kernel):
    pi = stationary(kernel)
    fluxes = flux(kernel, pi)
    currents = current(fluxes)
    np.testing.assert_allclose(currents.sum(1), 0.0, atol=1e-14)
    np.testing.assert_allclose(recompose(decompose(fluxes), 4), currents, atol=1e-14)


@pytest.mark.parametrize("states", [3, 5, 12, 30])
def test_cycles_add_up_to_current_and_entropy_production(states):
    kernel = random_kernel(states, seed=states)
    fluxes = flux(kernel, stationary(kernel))
    cycles = decompose(fluxes)
    np.testing.assert_allclose(recompose(cycles, states), current(fluxes), atol=1e-14)
    shares = [cycle.flux * cycle.affinity for cycle in cycles]
    assert sum(shares) == pytest.approx(float(entropy_production(fluxes)), rel=1e-9)
    strengths = [cycle.flux for cycle in cycles]
    assert strengths == sorted(strengths, reverse=True)
    assert all(len(set(c.states)) == len(c.states) >= 3 for c in cycles)
    assert all(c.affinity > 0 for c in cycles)
    assert len(cycles) <= states * (states - 1) // 2


@pytest.mark.parametrize("states", [4, 7, 12])
def test_cycles_do_not_depend_on_how_states_are_numbered(states):
    """Also where several are equally wide, as those that share their narrowest edge are."""
    kernel = random_kernel(states, seed=states)
    fluxes = flux(kernel, stationary(kernel))
    cycles, rng = decompose(fluxes), np.random.default_rng(0)
    for _ in range(10):
        order = rng.permutation(states)
        renumbered = decompose(fluxes[np.ix_(order, order)])
        found = [tuple(order[list(cycle.states)].tolist()) for cycle in renumbered]
        assert list(map(turned, found)) == [cycle.states for cycle in cycles]
        np.testing.assert_allclose([c.flux for c in renumbered], [c.flux for c in cycles], 1e-9)


def turned(states):
    """Return a cycle from the state that comes first."""
    begin = states.index(min(states))
    return states[begin:] + states[:begin]


def test_of_equally_wide_cycles_a_shortest_comes_first():
    """Two share the edge 1 → 2: of three states and of four."""
    currents = np.zeros((4, 4))
    for source, target, size in ((1, 2, 2), (2, 3, 2), (3, 1, 1), (3, 0, 1), (0, 1, 1)):
        currents[source, target] = size
    fluxes = (currents + 0.1) / (currents + 0.1).sum()
    first, second = decompose(fluxes)
    assert (first.states, second.states) == ((1, 2, 3), (0, 1, 2, 3))
    assert first.flux == pytest.approx(second.flux)


def test_a_chain_that_cannot_go_back_has_its_cycle():
    (cycle,) = decompose(np.roll(np.eye(3), 1, axis=1) / 3)
    assert (cycle.states, cycle.affinity) == ((0, 1, 2), np.inf)


def test_adjoint_solves_its_equation():
    kernel = torch.from_numpy(random_kernel(5, spread=1.0))
    pi = torch.from_numpy(stationary(kernel.numpy()))
    u = torch.arange(5.0, dtype=torch.float64)
    h = adjoint(u, kernel, pi, None)
    np.testing.assert_allclose(h - kernel @ h + pi @ h, u, atol=1e-12)
    # The constant part of h is free.
    long = adjoint(u, kernel, pi, 300)
    np.testing.assert_allclose(long - pi @ long, h - pi @ h, atol=1e-10)
    np.testing.assert_allclose(adjoint(u, kernel, pi, 1), u - pi @ u, atol=1e-14)
    assert not adjoint(u, kernel, pi, 0).any()


def test_autocorrelation_time_is_not_invented_in_the_trap():
    # The third chain's matrix is exactly singular in double precision.
    leaving = np.array([[1e-20, 1e-5], [1e-14, 1e-14], [1e-20, 1e-20], [0.5, 0.5]])
    kernel = np.stack([np.array([[1.0 - p, p], [q, 1.0 - q]]) for p, q in leaving])
    times = autocorrelation_time(kernel, stationary(kernel))
    assert np.isnan(times[:3]).all()
    assert times[3] == pytest.approx(1.0)


def test_probabilities_of_all_images_add_to_one(population):
    every = exact.enumerate_images(population.pixels)
    pi = exact.stationary_state(reference_enumeration.transitions(population)).numpy()
    total = log_likelihood(population, every, pi).exp().sum(1)
    np.testing.assert_allclose(total, 1.0, atol=1e-12)


def test_a_density_is_finite_where_the_likeliest_state_has_no_weight():
    log_b = torch.tensor([[0.0, -2000.0, -2001.0], [-3.0, -1.0, -2.0], [-800.0, -750.0, 0.0]])
    pi = torch.tensor([[[0.0, 0.25, 0.75], [0.2, 0.3, 0.5]]]).double()
    expected = torch.logsumexp(log_b.double() + pi.log()[..., None, :], dim=-1)
    density = log_density(log_b.double(), pi)
    assert density[0, 0, 0] == pytest.approx(-2000 + np.log(0.25 + 0.75 / np.e))
    np.testing.assert_allclose(density, expected, rtol=1e-13)
    np.testing.assert_array_equal(log_density(log_b.double(), pi[0, 0]), density[0, 0])
