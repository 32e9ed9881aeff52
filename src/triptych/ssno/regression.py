"""The linear part first: λ fitted to successive frames, mode by mode, before a training."""

from __future__ import annotations

import torch
from torch import Tensor

from triptych.ssno.frames import Frames
from triptych.ssno.generators import exponential
from triptych.ssno.model import SSNO
from triptych.training.adam import Adam
from triptych.training.schedule import one_cycle

ITERATIONS, RATE = 400, 1e-2
"""Of Adam, for every system alike. An iteration costs a network over the modes, not a rollout."""

WARMUP_SHARE = 0.2
"""Share of these iterations in which the rate rises."""

ROUNDING = 1e-10
"""Share of the largest mode's energy below which a mode is rounding."""


def fit_symbol(model: SSNO, frames: Frames) -> float:
    """Fit the learned λ to the regression of every frame on the one before it, in place.

    A fresh symbol is a uniform decay, and a stiff one is orders of magnitude away from it. What is
    minimised is, with ``E = exp(λ dt)``, k over channels and modes, and t over trajectories and
    times::

        Σ_k w_k [Σ_t |E û_t − û_{t+1}|² / Σ_t (|û_t|² + |û_{t+1}|²)] / Σ_k w_k,
        w_k = coherence_k² / max(|k|, 1)^(d − 1)

    The power of ``|k|`` stands for the size of a mode's shell in d dimensions. The squared
    coherence is what the best matrix of the mode's own would explain: what chaos has made
    incoherent says nothing about λ. All sums over frames are taken once.

    Parameters
    ----------
    model : SSNO
        Its symbol's network is changed and nothing else.
    frames : Frames
        Scaled frames, one ``model.dt`` apart.

    Returns
    -------
    float
        The weighted error before the last step, whose rate is next to nothing.
    """
    before, across, after = moments(model, frames)
    padded = model.padded(model.transform(frames.block(0, 1)[:, 0]))
    energy = after + before.diagonal().real.movedim(-1, 0)
    shell = padded.magnitude.clamp_min(1) ** (padded.dim - 1)
    weights = explained(before, across, after) / (shell * energy.clamp_min(ROUNDING * energy.max()))
    weights = weights / (weights * energy).sum()
    optimizer = Adam([model.symbol_network.parameters()], decay=0.0)
    for iteration in range(ITERATIONS):
        step = exponential(model.symbol(padded) * model.dt)
        error = (unexplained(step, before, across, after) * weights).sum()
        optimizer.zero_grad()
        error.backward()
        optimizer.step([RATE * one_cycle(iteration, ITERATIONS, WARMUP_SHARE)])
    return float(error.detach())


def moments(model: SSNO, frames: Frames) -> tuple[Tensor, Tensor, Tensor]:
    """Return the sums over successive frames that the residuals are made of.

    Parameters
    ----------
    model : SSNO
        Its transform is taken.
    frames : Frames
        Of the training trajectories.

    Returns
    -------
    before, across : complex Tensor of shape (channels, channels, *modes)
        ``Σ û_t û_t*`` and ``Σ û_{t+1} û_t*`` over trajectories and times, squared units of scale.
    after : Tensor of shape (channels, *modes)
        ``Σ |û_{t+1}|²``, likewise.
    """
    sums: list[Tensor] = []
    for time in range(frames.times - 1):
        pair = frames.block(time, 2)
        transform = model.transform(pair[:, 0])
        current, following = (transform.forward(pair[:, i]) for i in range(2))
        terms = [
            torch.einsum("bi...,bj...->ij...", current, current.conj()),
            torch.einsum("bi...,bj...->ij...", following, current.conj()),
            following.abs().square().sum(0),
        ]
        sums = [total + term for total, term in zip(sums, terms, strict=True)] if sums else terms
    before, across, after = sums
    return before, across, after


def explained(before: Tensor, across: Tensor, after: Tensor) -> Tensor:
    """Return the share of the next frames that each mode's own best matrix explains.

    Parameters
    ----------
    before, across : complex Tensor of shape (channels, channels, *modes)
        From :func:`moments`, like ``after``.
    after : Tensor of shape (channels, *modes)

    Returns
    -------
    Tensor of shape (channels, *modes)
        Squared coherence, from 0 to 1; 0 where a mode is rounding.
    """
    power, cross = (moment.movedim((0, 1), (-2, -1)) for moment in (before, across))
    best = cross @ torch.linalg.pinv(power, hermitian=True)
    share = (best * cross.conj()).sum(-1).real.movedim(-1, 0) / after
    return torch.where(after > ROUNDING * after.max(), share, 0.0).clamp(0.0, 1.0)


def unexplained(step: Tensor, before: Tensor, across: Tensor, after: Tensor) -> Tensor:
    """Return ``Σ |E û_t − û_{t+1}|²`` of every channel and mode.

    Parameters
    ----------
    step : complex Tensor of shape (channels, channels, *modes)
        E.
    before, across : complex Tensor of shape (channels, channels, *modes)
        From :func:`moments`, like ``after``.
    after : Tensor of shape (channels, *modes)

    Returns
    -------
    Tensor of shape (channels, *modes)
        In the units of ``after``.
    """
    squares = torch.einsum("ij...,jk...,ik...->i...", step, before, step.conj()).real
    return squares - 2 * (step * across.conj()).sum(1).real + after
