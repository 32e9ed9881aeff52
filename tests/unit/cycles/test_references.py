"""Reference models, the classifier and whole evaluations."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from stopping import Interrupt, Stopping

from triptych.cycles import ais, binary_images, classify, data, mixing, mixture
from triptych.cycles import rbm as rbm_module
from triptych.cycles.evaluate import Evaluation, evaluate
from triptych.cycles.exact import enumerate_images
from triptych.cycles.likelihood import log_likelihood
from triptych.cycles.model import Population
from triptych.cycles.rbm import Rbm, comparable_hidden
from triptych.cycles.rbm_evaluate import evaluate as evaluate_rbm
from triptych.cycles.rbm_evaluate import gibbs_chains
from triptych.cycles.stationary import autocorrelation_time, stationary, tied_stationary
from triptych.cycles.thermodynamics import current, effective_states, entropy_production, flux
from triptych.cycles.transitions import (
    estimate_transitions,
    jackknife,
    of_stationary_fluxes,
)
from triptych.cycles.whole_chain import entropy_production_of_images

SMOOTHING = 0.1


def rbm_training(**changes):
    given = {"learning_rate": 0.005, "batch_size": 500, "chains": 500, "seed": 0}
    return {**given, **changes}


def evaluation(**changes):
    given = {"draws": 200, "blocks": 10, "class_draws": 200, "cycles": 8, "reversible": 1e-2}
    return Evaluation(**{**given, "images": 50, "seed": 0, "tied": False, **changes})


def coordinates(*seeds):
    return {"seed": xr.DataArray(list(seeds), dims="model")}


@pytest.fixture(scope="module")
def digits():
    return binary_images.binary_dataset(data.read_digits({}), 0.5, held_out=397, seed=0)


@pytest.fixture(scope="module")
def parts(digits):
    """Images and labels of training, and then those held out."""
    return [
        of(digits, held_out)
        for held_out in (False, True)
        for of in (binary_images.flat_images, binary_images.labels_of)
    ]


@pytest.fixture(scope="module")
def classifier(parts):
    return classify.fit(parts[0], parts[1], hidden=64, epochs=60, seed=0)


def test_em_climbs_and_bounds_one_state(parts):
    images = parts[0].astype(float)
    fitted = mixture.fit(images, 8, 60, [1], SMOOTHING)
    assert (np.diff(fitted.objective) > -1e-10).all()
    assert fitted.weights.sum() == pytest.approx(1.0)
    single = mixture.fit(images, 1, 2, [1], SMOOTHING)
    assert mixture.log_likelihood(fitted, images).mean() > (
        mixture.log_likelihood(single, images).mean() + 3.0
    )


def test_starts_run_at_once_as_they_do_alone(parts):
    images = parts[0].astype(float)
    alone = [mixture.fit(images, 8, 30, [seed], SMOOTHING) for seed in (1, 2, 3)]
    expected = max(alone, key=lambda fitted: fitted.objective[-1])
    best = mixture.fit(images, 8, 30, [1, 2, 3], SMOOTHING)
    np.testing.assert_allclose(best.objective, expected.objective, rtol=1e-10)
    np.testing.assert_allclose(best.means, expected.means, atol=1e-8)


def test_mixture_is_normalised():
    every = enumerate_images(5).numpy()
    fitted = mixture.fit(every[:20], 3, 10, [0], SMOOTHING)
    p = np.exp(mixture.log_likelihood(fitted, every))
    assert p.sum() == pytest.approx(1.0)


def random_rbm(hidden, visible, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return Rbm(
        W=torch.randn(hidden, visible, generator=generator),
        b=torch.randn(hidden, generator=generator),
        a=torch.randn(visible, generator=generator),
    )


def exact_log_partition(machine):
    """Return ``log Z`` by summing over all hidden configurations."""
    hidden = enumerate_images(len(machine.b), torch.float64)
    fields = hidden @ machine.W.double() + machine.a.double()
    terms = hidden @ machine.b.double() + torch.nn.functional.softplus(fields).sum(1)
    return float(torch.logsumexp(terms, dim=0))


@pytest.mark.parametrize("hidden", [1, 6, 12])
def test_annealing_agrees_with_the_exact_partition_function(hidden):
    machine = random_rbm(hidden, 20)
    annealed = ais.anneal(machine, torch.zeros(20), temperatures=300, chains=400, seed=1)
    exact = exact_log_partition(machine)
    assert 0 < annealed.error < 0.2
    assert abs(annealed.log_partition - exact) < 4 * annealed.error
    assert annealed.effective_chains > 100
    # Of weights whose spread is known so many equal ones are worth as much (Kish).
    assert annealed.effective_chains == pytest.approx(400 / (1 + 399 * annealed.error**2))


def test_exact_partition_function_normalises():
    machine = random_rbm(4, 8)
    every = enumerate_images(8, torch.float32)
    total = torch.logsumexp(machine.log_unnormalised(every).double(), dim=0)
    assert float(total) == pytest.approx(exact_log_partition(machine), abs=1e-4)


def test_rbm_gradient_is_that_of_the_free_energies():
    machine, generator = random_rbm(4, 8), torch.Generator().manual_seed(1)
    images, particles = torch.randint(2, (2, 30, 8), generator=generator).float()
    leaves = Rbm(*(t.clone().requires_grad_() for t in machine.tensors().values()))
    gain = leaves.log_unnormalised(images).mean() - leaves.log_unnormalised(particles).mean()
    expected = torch.autograd.grad(gain, list(leaves.tensors().values()))
    gradient = rbm_module._gradient(machine, images, particles).tensors().values()
    torch.testing.assert_close(list(gradient), list(expected))


def test_rates_of_an_rbm_fall_to_zero(monkeypatch):
    rates, step = [], rbm_module.rmsprop_

    def recorded(*given):
        rates.append(float(given[3]))
        step(*given)

    monkeypatch.setattr(rbm_module, "rmsprop_", recorded)
    small = {"hidden": 2, "iterations": 4, "learning_rate": 0.1, "batch_size": 4, "chains": 4}
    rbm_module.train(torch.eye(8), **rbm_training(**small))
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_an_rbm_starts_with_small_weights_at_the_pixels_own_odds():
    images = (torch.arange(40)[:, None] < torch.arange(4, 40)).float()
    start = rbm_module.train(images, **rbm_training(hidden=500, iterations=0))
    assert float(start.W.std()) == pytest.approx(0.01, rel=0.02)
    assert float(start.W.mean()) == pytest.approx(0, abs=3e-4)
    assert not start.b.any()
    torch.testing.assert_close(torch.sigmoid(start.a), images.mean(0))


def test_rbm_learns(parts):
    images, held_out = (torch.from_numpy(parts[i]) for i in (0, 2))
    machine = rbm_module.train(
        images, **rbm_training(hidden=10, iterations=600, learning_rate=0.02)
    )
    log_p = machine.log_unnormalised(held_out).mean() - exact_log_partition(machine)
    single = mixture.fit(parts[0].astype(float), 1, 2, [0], SMOOTHING)
    assert float(log_p) > mixture.log_likelihood(single, parts[2].astype(float)).mean() + 2.0


def test_interrupted_rbm_ends_with_the_same_bits(parts):
    images = torch.from_numpy(parts[0])
    settings = rbm_training(hidden=5, iterations=30, chains=40, batch_size=50)
    whole = rbm_module.train(images, **settings)
    monitor = Stopping(11, 12)
    with pytest.raises(Interrupt):
        rbm_module.train(images, **settings, monitor=monitor)
    resumed = rbm_module.train(images, **settings, monitor=monitor)
    assert all(torch.equal(whole.tensors()[k], resumed.tensors()[k]) for k in ("W", "b", "a"))


def test_rbm_is_measured_on_its_own_images(parts):
    images, held_out = (torch.from_numpy(parts[i]) for i in (0, 2))
    machine = random_rbm(6, 64)
    settings = {"temperatures": 200, "annealed": 100, "chains": 20, "steps": 50, "samples": 5}
    result = evaluate_rbm(machine, images, held_out, **settings, seed=0)
    exact = float(machine.log_unnormalised(held_out).mean()) - exact_log_partition(machine)
    error = float(result.log_partition_error)
    assert abs(float(result.log_likelihood_held_out) - exact) < 4 * error + 1e-4
    base = torch.logit(images.mean(0), eps=1e-3)
    walks = gibbs_chains(machine, ais.anneal(machine, base, 200, 100, 0).particles[:20], 50, 0)
    np.testing.assert_array_equal(result["sample"], walks[:5, -1])
    mixed = mixing.measure_mixing(walks)
    assert (float(result.mixing_time), bool(result.mixing_resolved)) == (mixed.time, mixed.resolved)
    assert float(result.mixing_time_error) == mixed.error


def test_rbm_errors_name_value_and_place(parts):
    images = torch.from_numpy(parts[0])
    with pytest.raises(FloatingPointError, match=r"parameter W .*H = 3.*after iteration 1"):
        rbm_module.train(images, **rbm_training(hidden=3, iterations=5, learning_rate=float("inf")))
    assert comparable_hidden(20, 784) == 40
    assert comparable_hidden(40, 64) == 79


def test_mixing_time_of_a_two_state_chain_is_known():
    # Pixels that keep their value with probability 0.9 have ρ(t) = 0.8^t and τ = 9.
    flips = np.random.default_rng(0).random((20, 4000, 6)) < 0.1
    images = (np.cumsum(flips, axis=1) % 2).astype(np.uint8)
    mixed = mixing.measure_mixing(images)
    assert mixed.resolved
    assert abs(mixed.time - 9.0) < 4 * mixed.error
    assert mixed.error == pytest.approx(9 * np.sqrt(2 * 91 / 80_000), rel=0.1)
    assert not mixing.measure_mixing(images[:, :300]).resolved
    correlation = mixing.autocorrelation(images)
    np.testing.assert_allclose(correlation[:4], 0.8 ** np.arange(4), atol=0.02)


def test_stuck_chains_are_not_called_mixed():
    images = np.repeat(np.eye(6, dtype=np.uint8)[:, None], 50, axis=1)
    mixed = mixing.measure_mixing(images)
    assert not mixed.resolved
    assert mixed.time > 50
    with pytest.raises(ValueError, match="all images are the same"):
        mixing.measure_mixing(np.ones((2, 5, 3), np.uint8))


def test_a_classifier_needs_every_digit(parts):
    some = ~np.isin(parts[1], [3, 7])
    with pytest.raises(ValueError, match=r"no training image of the digits \[3, 7\]"):
        classify.fit(parts[0][some], parts[1][some], hidden=4, epochs=1, seed=0)


def test_classifier_generalises(classifier, parts):
    assert (classify.predict(classifier, parts[2]) == parts[3]).mean() > 0.9


def test_divergence_of_histograms():
    uniform = np.full(10, 0.1)
    assert classify.kl_divergence(uniform, uniform, 1000) == pytest.approx(0.0, abs=1e-12)
    missing = np.r_[np.full(9, 1 / 9), 0.0]
    n = 1000
    made, never = (n / 9 + 0.5) / (n + 5), 0.5 / (n + 5)
    expected = 0.9 * np.log(0.1 / made) + 0.1 * np.log(0.1 / never)
    assert classify.kl_divergence(uniform, missing, n) == pytest.approx(expected)
    draws = np.random.default_rng(0).multinomial(500, uniform, size=2000) / 500
    mean = classify.kl_divergence(uniform, draws, 500).mean()
    # Of a perfect model 2n KL is asymptotically chi-squared with nine degrees of freedom.
    assert mean == pytest.approx(9 / (2 * 500), rel=0.1)


def test_a_weighted_mean_of_histograms_is_worth_fewer_images():
    uniform, weights = np.full(10, 0.1), np.array([0.9, 0.1])
    draws = np.random.default_rng(0).multinomial(500, uniform, size=(2000, 2)) / 500
    effective = 500 / (weights**2).sum()
    divergence = classify.kl_divergence(uniform, weights @ draws, np.full(2000, effective))
    assert divergence.mean() == pytest.approx(9 / (2 * effective), rel=0.1)


def measured_from_fluxes(result, fluxes):
    traces = np.trace(fluxes, axis1=1, axis2=2)
    np.testing.assert_allclose(result.self_transition, traces)
    np.testing.assert_allclose(result.entropy_production, entropy_production(fluxes))
    times = autocorrelation_time(result.transitions.values, result.pi.values)
    np.testing.assert_allclose(result.autocorrelation_time, times)


def test_classes_of_a_state_are_those_of_its_images():
    """Every state lights one pixel, which this classifier reads as a class."""
    eye, nothing = np.eye(10, dtype=np.float32), np.zeros(10, np.float32)
    layers = {"weight_0": (("n", "h"), eye), "bias_0": ("h", nothing)}
    layers |= {"weight_1": (("h", "c"), eye), "bias_1": ("c", nothing)}
    lit = eye[[3, 7, 7, 0]]
    population = Population(
        W=torch.zeros(1, 4, 10),
        b=torch.zeros(1, 4),
        V=torch.from_numpy(2e3 * (lit - 0.5))[None],
        a=torch.zeros(1, 10),
    )
    classes = classify.class_given_state(xr.Dataset(layers), population, 5, seed=0)
    np.testing.assert_array_equal(classes, lit)


def test_evaluation_names_everything_it_measures(make_population, digits, parts, classifier):
    population = make_population(models=2, states=4, pixels=64, scale=0.5)
    # Every state's images are recognised, by Bayes, as the next one's: the chain runs in a circle.
    b = -torch.nn.functional.softplus(population.fields).sum(-1)
    population = replace(population, W=population.V.roll(1, dims=1), b=b.roll(1, dims=1))
    result = evaluate(population, coordinates(5, 6), digits, classifier, evaluation(cycles=3))
    assert result.transitions.dims == ("model", "state", "state_to")
    np.testing.assert_allclose(result.transitions.sum("state_to"), 1.0)
    np.testing.assert_allclose(result.class_histogram.sum("class"), 1.0)
    fluxes = flux(result.transitions.values, result.pi.values)
    np.testing.assert_allclose(fluxes.sum((1, 2)), 1.0)
    np.testing.assert_array_equal(result.current, current(fluxes))
    assert result.seed.values.tolist() == [5, 6]
    for name in ("entropy_production", "self_transition", "log_likelihood", "kl_classes"):
        assert result[name].dims == ("model",)
        assert (result[f"{name}_error"] > 0).all(), name
    assert result.cycling.all()
    assert not result.collapsed.any()
    assert not result.nearly_reversible.any()
    pi = result.pi.values
    np.testing.assert_allclose(result.effective_states, np.exp(-(pi * np.log(pi)).sum(-1)))
    np.testing.assert_allclose(
        result.circulation, result.current.clip(min=0).sum(("state", "state_to"))
    )
    whole = result.zx_entropy_production
    per_image = entropy_production_of_images(population.model(0), 50, seed=0)(pi[0])
    assert per_image.shape == (4, 50)
    assert abs(pi[0] @ per_image.mean(1) - whole[0]) < 1e-9 * whole[0]
    assert (result.zx_entropy_production_error > 0).all()
    # Forgetting the images can only hide irreversibility.
    assert (whole > result.entropy_production).all()
    measured_from_fluxes(result, fluxes)
    training = torch.from_numpy(parts[0]).double()
    own = log_likelihood(population, training, pi).mean(1)
    np.testing.assert_allclose(result.log_likelihood, own, atol=1e-9)
    blocks = np.concatenate(
        [estimate_transitions(population.model(m), 200, 10, [0]) for m in (0, 1)]
    )
    halves = [
        entropy_production(flux(kernel, stationary(kernel)))
        for kernel in (blocks[:, :5].mean(1), blocks[:, 5:].mean(1))
    ]
    np.testing.assert_allclose(result.entropy_production_half_draws, np.mean(halves, 0))
    biased = jackknife(blocks, of_stationary_fluxes(entropy_production)).bias
    np.testing.assert_allclose(result.entropy_production_bias, biased)
    assert (result.self_transition < 0.3).all()
    strongest = result.cycle_states.isel(cycle=0).values.tolist()
    turns = [[(start + step) % 4 for step in range(4)] for start in range(4)]
    assert all(states in turns for states in strongest)
    held_out = torch.from_numpy(parts[2]).double()
    likelihood = log_likelihood(population, held_out, result.pi.values).mean(1)
    np.testing.assert_allclose(result.log_likelihood_held_out, likelihood, atol=1e-9)
    effective = 200 / (result.pi**2).sum("state").values
    data_classes = classify.histogram(parts[1])
    divergence = classify.kl_divergence(data_classes, result.class_histogram.values, effective)
    np.testing.assert_allclose(result.kl_classes, divergence, rtol=1e-9)


def test_tied_models_are_nearly_reversible_and_the_whole_chain_is_to_rounding(
    make_population, digits, classifier
):
    population = make_population(models=1, states=3, pixels=64, scale=0.1, tied=True)
    result = evaluate(
        population, coordinates(5), digits, classifier, evaluation(draws=2000, tied=True)
    )
    assert result.nearly_reversible.all()
    assert result.collapsed.all(), "three states are too few to be more than that"
    assert not result.cycling.any()
    per_image = entropy_production_of_images(population, 50, seed=0)(result.pi.values[0])
    assert abs(per_image).max() < 1e-12
    assert abs(result.zx_entropy_production).max() < 1e-12
    assert float(result.pi_error.max()) < 1e-15
    exact = effective_states(tied_stationary(population))
    np.testing.assert_allclose(result.effective_states, exact, rtol=1e-12)


def test_models_are_named_by_their_thresholds(
    make_population, digits, classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a threshold a model cycles, and is neither collapsed nor nearly reversible."""
    population = make_population(models=1, states=4, pixels=64, scale=0.5)
    names = ("circulation", "effective_states", "entropy_production")
    measured = evaluate(population, coordinates(5), digits, classifier, evaluation())
    at = [measured[name].item() for name in names]
    for thresholds, above in ((at, False), (np.nextafter(at, np.inf).tolist(), True)):
        cycling, fewest, reversible = thresholds
        monkeypatch.setattr("triptych.cycles.evaluate.CYCLING", cycling)
        monkeypatch.setattr("triptych.cycles.evaluate.FEWEST_STATES", fewest)
        settings = evaluation(reversible=reversible)
        result = evaluate(population, coordinates(5), digits, classifier, settings)
        flags = [result[name].item() for name in ("cycling", "collapsed", "nearly_reversible")]
        assert flags == [not above, above, above]
