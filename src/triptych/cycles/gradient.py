"""Gradients of the mean log-likelihood, written out for a whole population at once.

With the posterior ``r(z|x) = π(z) B(x|z) / p(x)``, the gradient of the batch mean of ``log p`` is

    ``mean_x Σ_z r(z|x) ∇log B(x|z)  +  Σ_z u(z) ∇π(z)``,     ``u(z) = mean_x r(z|x) / π(z)``.

The stationary state moves with the kernel, ``∇π = π (∇T) (I − T + 1π)⁻¹``, and the inverse is the
series of all earlier steps of the chain. Every truncation of it is therefore one estimator,
``π (∇T) h``, with another adjoint vector ``h`` (:func:`adjoint`): ``h = u`` keeps the last latent
step, that is the last two half steps ``z₋₁ → x₋₁ → z`` of the paper; ``h = Σ_{j<n} T^j u`` keeps n;
the solution of ``(I − T + 1π) h = u`` keeps all. Written on the chain,

    ``π (∇T) h = E[ Σ_z h(z) A(z|x₋₁) (∇log A(z|x₋₁) + ∇log B(x₋₁|z₋₁)) ]``.

While training, π and T are estimated from the step before, of the very chains that carry the
score. A chain's state was drawn from its own ``A(·|x)`` of that step, so that an estimate with it
makes the state look more frequent to the chain that is in it. Each chain therefore gets an ``h`` of
its own, from estimates that leave its own ``A(·|x)`` out
(:class:`triptych.cycles.chain_step.LeaveOneOut`).

The derivative of π: Schweitzer, J. Appl. Probab. 5, 401 (1968). The two-step form: the paper,
arXiv:2512.11415.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from triptych.cycles.chain_step import ChainStep, LeaveOneOut
from triptych.cycles.model import Population, log_visible

NEGLIGIBLE = 1e-30
"""Posterior probabilities up to this are set to zero."""


def adjoint(u: Tensor, kernel: Tensor, pi: Tensor, steps: int | None) -> Tensor:
    """Return the vector ``h`` that carries ``Σ_z u(z) ∇π(z)`` through ``steps`` latent steps.

    Parameters
    ----------
    u : Tensor of shape (..., K)
        ``∂(mean log p)/∂π``, in nats an image.
    kernel : Tensor of shape (..., K, K)
        Row-stochastic. In double precision, what leaves a state less than once in 1e7 steps counts.
    pi : Tensor of shape (..., K)
        Its stationary state.
    steps : int or None
        0 drops the chain, 1 is the paper's two half steps, None is the exact implicit solution.

    Returns
    -------
    Tensor of shape (..., K)
        In the kernel's precision; in nats an image, determined up to a constant. The rows of
        ``∇T`` sum to zero, so that the constant has no effect.
    """
    u, pi = u.to(kernel), pi.to(kernel)
    if steps is None:
        identity = torch.eye(u.shape[-1], dtype=kernel.dtype)
        return torch.linalg.solve(identity - kernel + pi[..., None, :], u)
    # Subtracting the mean changes h by a constant only and keeps long sums from growing.
    term = u - (pi * u).sum(-1, keepdim=True)
    total = torch.zeros_like(term)
    for _ in range(steps):
        total = total + term
        term = (kernel @ term[..., None])[..., 0]
    return total


def leave_one_out_adjoint(
    u: Tensor, kernel: Tensor, pi: Tensor, leave_one_out: LeaveOneOut, steps: int | None
) -> Tensor:
    """Return the vector ``h`` of every chain, with the kernel estimated from all others.

    A chain's kernel differs from the common one in one row. So a product with it replaces one
    number, and its inverse follows from the common one by the formula of Sherman and Morrison
    (1950).

    Parameters
    ----------
    u : Tensor of shape (M, C, K)
        ``∂(mean log p)/∂π`` at the chain's own estimate of π, in nats an image.
    kernel : Tensor of shape (M, K, K)
        Row-stochastic, from all chains.
    pi : Tensor of shape (M, K)
        From all chains.
    leave_one_out : LeaveOneOut
    steps : int or None
        See :func:`adjoint`.

    Returns
    -------
    Tensor of shape (M, C, K)
        In nats an image, determined up to a constant for each chain.
    """
    if steps is None:
        return _leave_one_out_solution(u, kernel, pi, leave_one_out)
    index = leave_one_out.previous_states[..., None]
    term = u - (leave_one_out.pi * u).sum(-1, keepdim=True)
    total = torch.zeros_like(term)
    for step in range(steps):
        total = total + term
        if step + 1 < steps:
            replaced = (leave_one_out.rows * term).sum(-1, keepdim=True)
            term = torch.bmm(term, kernel.transpose(1, 2)).scatter(2, index, replaced)
    return total


def _leave_one_out_solution(
    u: Tensor, kernel: Tensor, pi: Tensor, leave_one_out: LeaveOneOut
) -> Tensor:
    """Solve ``(I − T + 1π) h = u`` for every chain, in double precision."""
    index = leave_one_out.previous_states[..., None].expand_as(u)
    identity = torch.eye(u.shape[-1], dtype=torch.float64)
    inverse = torch.linalg.inv(identity - kernel.double() + pi.double()[:, None])
    common = torch.bmm(u.double(), inverse.transpose(1, 2))
    column = inverse.transpose(1, 2).gather(1, index)
    change = (kernel.gather(1, index) - leave_one_out.rows).double()
    numerator = (change * common).sum(-1, keepdim=True)
    denominator = 1.0 + (change * column).sum(-1, keepdim=True)
    return (common - column * numerator / denominator).to(u)


def posterior(log_visible_given_state: Tensor, pi: Tensor) -> Tensor:
    """Return the posterior ``r(z|x) ∝ π(z) B(x|z)``.

    Parameters
    ----------
    log_visible_given_state : Tensor of shape (M, n, K)
        ``log B(x|z)`` in nats.
    pi : Tensor of shape (M, K)

    Returns
    -------
    Tensor of shape (M, n, K)
        Probabilities; those up to 1e-30 are zero.
    """
    r = torch.softmax(log_visible_given_state + pi.log()[:, None], dim=-1)
    # Most posteriors are far below any effect; as denormal numbers they slow products tenfold.
    return torch.nn.functional.threshold(r, NEGLIGIBLE, 0.0)


def visible_term(r: Tensor, images: Tensor, probabilities: Tensor) -> Tensor:
    """Return ``mean_x Σ_z r(z|x) ∇_V log B(x|z)``; its sum over z is for ``a``.

    Parameters
    ----------
    r : Tensor of shape (M, n, K)
        As from :func:`posterior`.
    images : Tensor of shape (n, N)
        Zeros and ones.
    probabilities : Tensor of shape (M, K, N)
        ``σ(fields)``.

    Returns
    -------
    Tensor of shape (M, K, N)
        In nats an image.
    """
    models, count, states = r.shape
    joint = r.transpose(1, 2).reshape(models * states, count) @ images
    return joint.view_as(probabilities) / count - r.mean(1)[..., None] * probabilities


def pi_slope(r: Tensor, step: ChainStep) -> Tensor:
    """Return ``u = ∂(mean log p)/∂π = mean_x B(x|z) / p(x)`` as each chain sees it.

    With ``L = r / π = B / p``, the density at a chain's own estimate of π is ``p · L π_c``.

    Parameters
    ----------
    r : Tensor of shape (M, n, K)
        Posterior at ``step.pi``, as from :func:`posterior`.
    step : ChainStep

    Returns
    -------
    Tensor of shape (M, C, K), or (M, 1, K) where all chains share their estimates
        In nats an image.
    """
    if step.leave_one_out is None:
        return (r.mean(1) / step.pi)[:, None]
    ratio = r / step.pi[:, None]
    slope = r.new_empty(len(r), r.shape[2], step.states.shape[1])
    # Model by model, the square of all images by all chains stays in the processor's cache.
    for model_ratio, pi, out in zip(ratio, step.leave_one_out.pi, slope, strict=True):
        torch.mm(model_ratio.T, torch.mm(model_ratio, pi.T).reciprocal_(), out=out)
    return slope.div_(r.shape[1]).transpose(1, 2)


def chain_adjoint(u: Tensor, step: ChainStep, steps: Sequence[int | None]) -> Tensor:
    """Return ``h`` for models that keep different numbers of steps.

    Parameters
    ----------
    u : Tensor of shape (M, C, K) or (M, 1, K)
        As from :func:`pi_slope`.
    step : ChainStep
    steps : sequence of int or None, length M
        See :func:`adjoint`.

    Returns
    -------
    Tensor
        Shaped like ``u``.
    """
    h = torch.empty_like(u)
    for count in dict.fromkeys(steps):
        members = [m for m, model_steps in enumerate(steps) if model_steps == count]
        kernel, pi = step.kernel[members], step.pi[members]
        if step.leave_one_out is None:
            h[members] = adjoint(u[members, 0], kernel, pi, count)[:, None].to(u)
        else:
            leave_one_out = step.leave_one_out.select(members)
            h[members] = leave_one_out_adjoint(u[members], kernel, pi, leave_one_out, count)
    return h


def chain_term(step: ChainStep, h: Tensor, probabilities: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the chain's estimate of ``π (∇T) h`` for W, b and V.

    The weight of the score, ``Σ_z h(z) A(z|x₋₁)``, is taken relative to its expectation given
    ``z₋₁``, the baseline ``(T h)(z₋₁)``. The score has mean zero given ``z₋₁``, so any baseline
    that is independent of ``x₋₁`` leaves the estimate unbiased. This one removes what the choice
    of ``z₋₁`` alone adds to the variance. Score and baseline: Williams, Mach. Learn. 8, 229 (1992).

    Parameters
    ----------
    step : ChainStep
    h : Tensor of shape (M, C, K) or (M, 1, K)
        As from :func:`chain_adjoint`.
    probabilities : Tensor of shape (M, K, N)
        ``σ(fields)``.

    Returns
    -------
    W : Tensor of shape (M, K, N)
    b : Tensor of shape (M, K)
    V : Tensor of shape (M, K, N)
        All in nats an image.
    """
    chains, states = step.images.shape[1], h.shape[-1]
    expected = (step.latent * h).sum(-1, keepdim=True)
    latent_score = step.latent * (h - expected)
    index = step.states[..., None].expand_as(step.latent)
    baseline = (step.kernel.to(h).gather(1, index) * h).sum(-1, keepdim=True)
    visible_score = torch.nn.functional.one_hot(step.states, states) * (expected - baseline)
    # One product for both kernels: each row is a weighting of the same images.
    weights = torch.cat((latent_score, visible_score), dim=2).transpose(1, 2)
    joint = torch.bmm(weights, step.images) / chains
    V = joint[:, states:] - visible_score.mean(1)[..., None] * probabilities
    return joint[:, :states], latent_score.mean(1), V


def cycle_gradients(
    population: Population,
    images: Tensor,
    step: ChainStep,
    steps_kept: Iterable[Sequence[int | None]],
) -> Iterator[Population]:
    """Estimate gradients of the mean log-likelihood of a minibatch, from one chain step.

    The terms that do not depend on the number of steps are computed once.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        The minibatch, zeros and ones, the same for all models.
    step : ChainStep
    steps_kept : iterable of sequence of int or None, each of length M
        For each gradient the latent steps that each model keeps, see :func:`adjoint`.

    Yields
    ------
    Population
        A gradient, shaped like the parameters; in nats an image.
    """
    fields = population.fields
    probabilities = torch.sigmoid(fields)
    r = posterior(log_visible(fields, images), step.pi)
    u, visible = pi_slope(r, step), visible_term(r, images, probabilities)
    for steps in steps_kept:
        W, b, V = chain_term(step, chain_adjoint(u, step, steps), probabilities)
        V = V + visible
        yield Population(W=W, b=b, V=V, a=V.sum(1))


def cycle_gradient(
    population: Population, images: Tensor, step: ChainStep, steps: Sequence[int | None]
) -> Population:
    """Return the one of :func:`cycle_gradients` that keeps ``steps``; 1 is the paper's.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        The minibatch, zeros and ones, the same for all models.
    step : ChainStep
    steps : sequence of int or None, length M
        Of each model; None for all.

    Returns
    -------
    Population
        The gradient, shaped like the parameters; in nats an image.
    """
    (gradient,) = cycle_gradients(population, images, step, [steps])
    return gradient


def tied_gradient(
    population: Population, images: Tensor, chain_images: Tensor, chain_latent: Tensor
) -> Population:
    """Estimate the gradient of the tied model, a one-hot RBM, by persistent contrastive divergence.

    ``∇_W log p = E_data[A(z|x) x] − E_model[A(z|x) x]`` and alike for b and a (Tieleman, 2008).
    The gradient of W is returned for V too, so that an optimiser that treats both alike keeps them
    equal to the bit.

    Parameters
    ----------
    population : Population
    images : Tensor of shape (n, N)
        The minibatch, zeros and ones, the same for all models.
    chain_images : Tensor of shape (M, C, N)
        Those of the persistent chains.
    chain_latent : Tensor of shape (M, C, K)
        ``A(·|x)`` of them.

    Returns
    -------
    Population
        The gradient, shaped like the parameters; in nats an image.
    """
    models, states, pixels = population.W.shape
    count, chains = len(images), chain_images.shape[1]
    logits = images @ population.W.view(-1, pixels).T
    logits = logits.view(count, models, states).transpose(0, 1) + population.b[:, None]
    latent = torch.softmax(logits, dim=-1)
    data = (latent.transpose(1, 2).reshape(-1, count) @ images).view_as(population.W) / count
    W = data - torch.bmm(chain_latent.transpose(1, 2), chain_images) / chains
    return Population(
        W=W, b=latent.mean(1) - chain_latent.mean(1), V=W, a=images.mean(0) - chain_images.mean(1)
    )
