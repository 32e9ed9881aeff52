"""Exact, truncated and sampled gradients against automatic differentiation and each other."""

from dataclasses import replace

import numpy as np
import pytest
import reference_enumeration
import torch

from triptych.cycles import exact
from triptych.cycles.chain_step import ChainStep, estimate_from_chains
from triptych.cycles.gradient import (
    adjoint,
    cycle_gradient,
    leave_one_out_adjoint,
    tied_gradient,
)
from triptych.cycles.model import (
    PARAMETER_NAMES,
    Population,
    draw_images,
    latent_logits,
    log_visible,
    sample_latent,
    sample_visible,
)
from triptych.cycles.truncation import (
    cosines_to_last,
    exact_cosines,
    independent_products,
    sampled_cosines,
)


def autograd(population, images, steps):
    """Differentiate the mean log-likelihood, π moving with its last steps alone."""
    leaves = {k: t.clone().requires_grad_() for k, t in population.tensors().items()}
    moving = Population.from_tensors(leaves)
    kernel = reference_enumeration.transitions(moving)
    pi = exact.stationary_state(kernel)
    if steps is not None:
        # The value stays: π is stationary. Only its derivative is cut off.
        pi = (pi.detach()[:, None] @ torch.linalg.matrix_power(kernel, steps))[:, 0]
    joint = log_visible(moving.fields, images) + pi.log()[:, None]
    total = torch.logsumexp(joint, dim=-1).mean(-1).sum()
    gradients = torch.autograd.grad(total, list(leaves.values()), materialize_grads=True)
    return Population(*gradients)


def flat(gradient):
    return torch.cat([gradient.tensors()[name].flatten(1) for name in PARAMETER_NAMES], dim=1)


@pytest.mark.parametrize("steps", [0, 1, 3, None])
def test_gradient_is_that_of_autograd(population, images, steps):
    gradient = exact.gradient(population, images, steps)
    expected = autograd(population, images, steps)
    for name in PARAMETER_NAMES:
        error = (gradient.tensors()[name] - expected.tensors()[name]).abs().max()
        assert error < 1e-10, name


def test_no_step_leaves_the_recognition_kernel_alone(population, images):
    gradient = exact.gradient(population, images, 0)
    assert not gradient.W.any()
    assert not gradient.b.any()
    assert gradient.V.any()


def independent_steps(population, chains, repeats, seed):
    """Chain steps in the exact stationary state, each of independent chains."""
    generator = torch.Generator().manual_seed(seed)
    kernel = reference_enumeration.transitions(population)
    pi = exact.stationary_state(kernel)
    probabilities = torch.sigmoid(population.fields)
    for _ in range(repeats):
        shape = (population.models, chains)
        uniform = torch.rand(*shape, generator=generator, dtype=torch.float64)
        states = sample_latent(pi[:, None].expand(*shape, -1), uniform)
        uniform = torch.rand(*shape, population.pixels, generator=generator, dtype=torch.float64)
        images = sample_visible(probabilities, states, uniform)
        latent = torch.softmax(latent_logits(population, images), dim=-1)
        yield ChainStep(states, images, latent, pi, kernel)


@pytest.mark.parametrize("steps", [1, 3, None])
def test_sampled_gradient_is_unbiased(population, images, steps):
    samples = torch.stack(
        [
            flat(cycle_gradient(population, images, step, [steps] * population.models))
            for step in independent_steps(population, chains=50, repeats=800, seed=1)
        ]
    )
    expected = flat(exact.gradient(population, images, steps))
    error = samples.std(0) / np.sqrt(len(samples))
    deviation = (samples.mean(0) - expected).abs()
    # Parameters without noise are exact; 78 others may be up to four standard errors off.
    assert (deviation <= 4.0 * error + 1e-12).all()
    assert (deviation[error > 0] / error[error > 0]).mean() > 0.3


def turning_model():
    """Three patterns of nine pixels that mostly follow each other in turn, equally often."""
    patterns = 2.0 * torch.eye(3, dtype=torch.float64).repeat_interleave(3, 1) - 1.0
    zeros = torch.zeros(1, 9, dtype=torch.float64)
    return Population(
        W=0.5 * patterns.roll(1, 0)[None], b=zeros[:, :3], V=1.5 * patterns[None], a=zeros
    )


def gradients_as_trained(population, images, steps, leave_out, repeats=600, chains=100):
    """Return gradients from pairs of consecutive chain steps, π and T estimated from the first."""
    generator = torch.Generator().manual_seed(1)
    pi = exact.stationary_state(reference_enumeration.transitions(population))
    probabilities = torch.sigmoid(population.fields)
    shape = (population.models, chains)

    def uniform(*more):
        return torch.rand(*shape, *more, generator=generator, dtype=torch.float64)

    def half_steps(states):
        drawn = sample_visible(probabilities, states, uniform(population.pixels))
        return drawn, torch.softmax(latent_logits(population, drawn), dim=-1)

    for _ in range(repeats):
        before = sample_latent(pi[:, None].expand(*shape, -1), uniform())
        _, rows = half_steps(before)
        states = sample_latent(rows, uniform())
        step = ChainStep(states, *half_steps(states), *estimate_from_chains(rows, before))
        step = step if leave_out else replace(step, leave_one_out=None)
        yield flat(cycle_gradient(population, images, step, [steps]))


@pytest.mark.parametrize("steps", [1, 3, None])
def test_gradient_as_trained_is_unbiased_and_the_former_one_was_not(steps):
    population = turning_model()
    generator = torch.Generator().manual_seed(5)
    images = draw_images(population, torch.randint(3, (400,), generator=generator), generator)
    expected = flat(exact.gradient(population, images, steps))
    # A state that looks too frequent to the chain in it is worth less there: so it is left.
    leaves = {k: t.clone().requires_grad_() for k, t in population.tensors().items()}
    kernel = reference_enumeration.transitions(Population.from_tensors(leaves))
    slopes = torch.autograd.grad(kernel[0, [0, 1, 2], [1, 2, 0]].sum(), list(leaves.values()))
    direction = flat(Population(*slopes))[0]

    def deviation(leave_out):
        samples = torch.cat([*gradients_as_trained(population, images, steps, leave_out)])
        along = (samples - expected) @ direction
        error = samples.std(0) / np.sqrt(len(samples))
        each = (samples.mean(0) - expected[0]).abs() / error.clamp(min=1e-12)
        return float(along.mean() / along.std() * np.sqrt(len(along))), float(each.max())

    ours, former = deviation(True), deviation(False)
    assert abs(ours[0]) < 3.0
    assert ours[1] < 4.0
    assert former[0] > 5.0


@pytest.mark.parametrize("steps", [0, 1, 2, 5, None])
def test_each_chain_has_the_adjoint_of_its_own_kernel(steps):
    generator = torch.Generator().manual_seed(2)

    def probabilities(*shape):
        return torch.softmax(torch.randn(*shape, generator=generator, dtype=torch.float64), -1)

    states = torch.randint(3, (2, 6), generator=generator)
    pi, common, leave_one_out = estimate_from_chains(probabilities(2, 6, 3), states)
    u = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    h = leave_one_out_adjoint(u, common, pi, leave_one_out, steps)
    for m in range(2):
        for chain in range(6):
            kernel = common[m].clone()
            kernel[states[m, chain]] = leave_one_out.rows[m, chain]
            # For all steps any weights of the states serve: here those of all chains.
            weights = pi[m] if steps is None else leave_one_out.pi[m, chain]
            expected = adjoint(u[m, chain], kernel, weights, steps)
            np.testing.assert_allclose(h[m, chain], expected, atol=1e-10)


def test_baseline_reduces_variance_and_only_variance(population, images):
    steps = list(independent_steps(population, chains=50, repeats=300, seed=2))
    # A kernel that does not depend on z has a constant baseline.
    blunt = [
        ChainStep(s.states, s.images, s.latent, s.pi, s.pi[:, None].expand_as(s.kernel))
        for s in steps
    ]
    sharp = torch.stack([flat(cycle_gradient(population, images, s, [1, 1])) for s in steps])
    rough = torch.stack([flat(cycle_gradient(population, images, s, [1, 1])) for s in blunt])
    assert sharp.var(0).sum() < rough.var(0).sum()
    error = (sharp - rough).std(0) / np.sqrt(len(steps))
    assert ((sharp.mean(0) - rough.mean(0)).abs() <= 4.0 * error + 1e-12).all()


def test_tied_gradient_is_unbiased_and_keeps_the_tie(tied_population, images):
    samples = [
        tied_gradient(tied_population, images, step.images, step.latent)
        for step in independent_steps(tied_population, chains=50, repeats=800, seed=3)
    ]
    # With V = W, the gradient of W is the sum of the gradients of both.
    whole = exact.gradient(tied_population, images, None)
    for name, expected in (("W", whole.W + whole.V), ("b", whole.b), ("a", whole.a)):
        values = torch.stack([sample.tensors()[name] for sample in samples])
        error = values.std(0) / np.sqrt(len(samples))
        assert ((values.mean(0) - expected).abs() <= 4.0 * error + 1e-12).all(), name
    assert all(torch.equal(sample.V, sample.W) for sample in samples)


def test_cosines_rise_to_one(make_population, images):
    population = make_population(scale=2.0)
    steps = [0, 1, 4, 400]
    cosine = exact_cosines(population, images, steps).cosine
    assert (cosine.sel(steps=400) > 1 - 1e-9).all()
    recognition = cosine.sel(parameters="recognition")
    assert (recognition.sel(steps=4) > recognition.sel(steps=1)).all()
    sampled = sampled_cosines(
        population, images, steps, draws=2000, chains=10000, replicates=4, seeds=[1, 2]
    )
    np.testing.assert_allclose(sampled.cosine, cosine, atol=0.05)


def test_noise_that_truncations_share_is_not_taken_for_their_likeness():
    generator = torch.Generator().manual_seed(7)
    gradients = torch.randn(3, 50, generator=generator, dtype=torch.float64)
    shared = torch.randn(4, 4000, 1, 50, generator=generator, dtype=torch.float64)
    products = independent_products(gradients + 2.0 * shared)
    error = products.std(0) / np.sqrt(len(products))
    assert ((products.mean(0) - gradients @ gradients.T).abs() < 4.0 * error).all()
    alone = independent_products((gradients + 2.0 * shared)[:1])
    assert (alone.mean(0) - gradients @ gradients.T > 100.0).all()  # 4 · 50 of the noise itself


def test_vectors_within_their_noise_have_no_direction():
    generator = torch.Generator().manual_seed(11)
    noise = torch.randn(4, 400, 2, 30, generator=generator, dtype=torch.float64)
    assert np.isfinite(cosines_to_last(noise)).mean() < 0.02
    assert (independent_products(noise).diagonal(dim1=1, dim2=2) > 0).double().mean() > 0.4
    direction = torch.zeros(2, 30, dtype=torch.float64)
    direction[0, 0], direction[1, :2] = 20.0, 20.0
    cosine = cosines_to_last(noise + direction)
    assert np.isfinite(cosine).all()
    np.testing.assert_allclose(cosine, np.sqrt(0.5), atol=0.25)
    # One that is known to be zero is like none; an exact one has no noise at all.
    direction[0] = 0.0
    np.testing.assert_array_equal(cosines_to_last(direction.expand(4, 1, 2, 30)), 0.0)
    np.testing.assert_array_equal(cosines_to_last(noise[:1, :, [0, 0]]), pytest.approx(1.0))
    with pytest.raises(ValueError, match="2 replicates are too few"):
        cosines_to_last(noise[:2])


def at_its_optimum():
    """Return a model of two pixels and all images, as often as it makes them: of no gradient."""
    logits = float(np.log(3.0)) * torch.tensor([[[1.0, 1.0], [-1.0, -1.0]]], dtype=torch.float64)
    zeros = torch.zeros(1, 2, dtype=torch.float64)
    often = torch.tensor([[0.0, 0.0], [1.0, 1.0]]).repeat(5, 1)
    seldom = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(3, 1)
    halves = -0.5 * logits.sum(-1)  # an image and its negative are recognised alike
    model = Population(W=logits, b=halves, V=logits, a=zeros)
    return model, torch.cat([often, seldom]).double()


def test_noise_is_seldom_taken_for_a_direction():
    """Both vectors exceed Student's quantile in one case of 1600; by naked spread in one of ten."""
    noise = torch.randn(16, 2000, 2, 50, generator=torch.Generator().manual_seed(0)).double()
    assert np.isfinite(cosines_to_last(noise)).mean() < 0.01


@pytest.mark.parametrize(("change", "known"), [(0.45, True), (0.46, False)])
def test_a_direction_is_known_where_its_norm_exceeds_students_quantile(
    change: float, known: bool
) -> None:
    """Of 1, 1 and 1 + e the norm is 1 + 2e/3, its error 2e/3; of two degrees t is 4.30."""
    replicates = torch.ones(3, 1, 2, 1, dtype=torch.float64)
    replicates[2, 0, 1] += change
    assert np.isfinite(cosines_to_last(replicates)).item() == known


def test_a_model_whose_gradient_is_noise_alone_has_no_cosine():
    population, images = at_its_optimum()
    assert flat(exact.gradient(population, images, None)).abs().max() < 1e-12
    many = Population(*(tensor.expand(60, *tensor.shape[1:]) for tensor in (
        population.W, population.b, population.V, population.a)))  # fmt: skip
    settings = {"draws": 200, "chains": 400, "replicates": 4, "seeds": range(60)}
    cosine = sampled_cosines(many, images, [0, 1, 2], **settings).cosine
    assert float(np.isfinite(cosine).mean()) < 0.1
    # On other images the same models have gradients that stand out.
    cosine = sampled_cosines(many, images[images[:, 0] == 1], [0, 1, 2], **settings).cosine
    assert float(np.isfinite(cosine).mean()) > 0.9


def test_a_state_that_is_all_but_never_visited_leaves_the_cosines_finite(make_population, images):
    population = make_population(scale=1.0)
    logits = population.b.clone()
    logits[:, 0] = -300.0  # its share of the time is below the smallest number of single precision
    single = Population(
        *(tensor.float() for tensor in (population.W, logits, population.V, population.a))
    )
    settings = {"draws": 500, "chains": 2000, "replicates": 4, "seeds": range(len(logits))}
    cosine = sampled_cosines(single, images.float(), [0, 1], **settings).cosine
    assert np.isfinite(cosine).any()


def test_a_model_that_never_leaves_its_state_has_no_cosine():
    """One collapsed model stopped the step, and with it every claim on gradients."""
    # Two states that switch once in 1e17 steps: less than double precision holds beside 1.
    W, V = torch.tensor([[[40.0], [-40.0]]]), torch.tensor([[[30.0], [-30.0]]])
    frozen = Population(W=W, b=-W[..., 0] / 2, V=V, a=torch.zeros(1, 1))
    settings = {"draws": 50, "chains": 50, "replicates": 3, "seeds": [0]}
    cosine = sampled_cosines(frozen, torch.tensor([[0.0], [1.0]]), [0, 1], **settings).cosine
    assert cosine.shape == (1, 2, 2)
    assert np.isnan(cosine).all()


def test_a_state_that_is_left_once_in_a_billion_steps_has_its_adjoint():
    """In single precision the kernel was the identity, and the matrix singular."""
    rare = 1e-9
    kernel = torch.tensor([[1 - rare, rare], [rare, 1 - rare]], dtype=torch.float64)
    u, pi = torch.tensor([1.0, -1.0]), torch.tensor([0.5, 0.5])
    h = adjoint(u, kernel, pi, None)
    assert float(h[0] - h[1]) == pytest.approx(1 / rare, rel=1e-6)  # (I − T) h = u
    assert adjoint(u, kernel, pi, 3).tolist() == pytest.approx([3.0, -3.0])


def test_truncated_gradients_converge_to_the_implicit_one(make_population, images):
    population = make_population(scale=2.0)
    expected = flat(exact.gradient(population, images, None))
    errors = [
        float((flat(exact.gradient(population, images, n)) - expected).norm())
        for n in (1, 4, 16, 64)
    ]
    assert errors == sorted(errors, reverse=True)
    assert flat(exact.gradient(population, images, 2000)).sub(expected).abs().max() < 1e-10


def test_gradient_is_a_slope(population, images):
    gradient = exact.gradient(population, images, None)
    step = 1e-6
    moved = Population.from_tensors(
        {k: p + step * gradient.tensors()[k] for k, p in population.tensors().items()}
    )
    gain = reference_enumeration.log_likelihood(
        moved, images
    ) - reference_enumeration.log_likelihood(population, images)
    expected = step * (flat(gradient) ** 2).sum(1)
    np.testing.assert_allclose(gain, expected, rtol=1e-4)
