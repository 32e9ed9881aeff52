"""One training loop for the SSNO and for every baseline."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.ssno.emulator import Emulator
from triptych.ssno.frames import Frames
from triptych.ssno.rollout import rollout_pieces
from triptych.ssno.specs import TrainingSpec
from triptych.training.adam import Adam
from triptych.training.schedule import one_cycle
from triptych.training.tensors import copy_weights, prefixed, unprefixed

WARMUP_SHARE = 0.2
"""Share of the iterations in which the learning rate rises."""

CLIP = 1.0
"""Largest gradient norm let through."""

DIVERGED = 10.0
"""Loss from which on a training has diverged, in standard deviations of the state: predicting the
mean has one."""

CHECK_EVERY = 10
"""Iterations between looks at the losses: each look has the host wait for the device."""


@dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes
    ----------
    weights : dict of str to Tensor
        The state of the model that did best on validation.
    history : xarray.Dataset
        ``loss`` (iteration), in units of the scale, without the penalty of the mask: of the pass
        that counts, since what was gone back over is overwritten; infinite where a training that
        ended early diverged, NaN from when that was seen, some iterations later; ``validation``
        (iteration), without units, NaN where it was not measured.
    best : float
        Validation error of the weights; infinite where none was finite.
    divergences : int
        How often the loss diverged.
    ended_early : bool
        Whether that was more often than allowed.
    cpu_seconds : float
        What it took, all its parts together where it was resumed.
    """

    weights: dict[str, Tensor]
    history: xr.Dataset
    best: float
    divergences: int
    ended_early: bool
    cpu_seconds: float

    @property
    def halvings(self) -> int:
        """How often the rate was halved: the last divergence may have ended the training."""
        return self.divergences - self.ended_early


def draw_windows(
    frames: Frames, spec: TrainingSpec, unroll_length: int, rng: np.random.Generator
) -> tuple[Tensor, int]:
    """Return a window from every trajectory, and the number of pushforward steps.

    Parameters
    ----------
    frames : Frames
        Of the training trajectories.
    spec : TrainingSpec
        For the most pushforward steps.
    unroll_length : int
        Steps in the loss, after the pushforward steps.
    rng : numpy.random.Generator

    Returns
    -------
    windows : float32 Tensor of shape (trajectories, length, channels, *grid)
        In units of the scale; the length is ``pushforward_steps + unroll_length + 1``.
    pushforward_steps : int
        Steps to be taken without gradient.
    """
    pushforward_steps = int(rng.integers(0, spec.pushforward_steps + 1))
    length = pushforward_steps + unroll_length + 1
    starts = rng.integers(0, frames.times - length + 1, size=frames.trajectories).tolist()
    windows = [frames.window(i, start, length) for i, start in enumerate(starts)]
    return torch.stack(windows), pushforward_steps


def window_loss(
    model: nn.Module, windows: Tensor, pushforward_steps: int, weights: Tensor
) -> Tensor:
    """Return the root mean square error over the steps of the unroll and over the domain's area.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(field, steps)``.
    windows : Tensor of shape (batch, pushforward_steps + unroll_length + 1, channels, *grid)
        In units of the scale.
    pushforward_steps : int
        Steps taken without gradient before those of the loss.
    weights : Tensor of shape (*grid)
        Of mean 1; see :class:`triptych.ssno.frames.Frames`.

    Returns
    -------
    Tensor of shape ()
        In units of the scale.
    """
    start = windows[:, 0]
    if pushforward_steps:
        with torch.no_grad():
            start = model(start, pushforward_steps)[:, -1]
    predicted = model(start, windows.shape[1] - 1 - pushforward_steps)
    squares = (predicted - windows[:, pushforward_steps + 1 :]).square()
    return (squares * weights).mean().sqrt()


def validation_error(model: nn.Module, frames: Frames) -> float:
    """Return the relative error of rollouts from the first frame, over all later ones.

    It is the mean error of :func:`triptych.ssno.metrics.score`. A few frames of the rollouts are
    in memory at a time.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(field, steps)``.
    frames : Frames
        Of the validation trajectories.

    Returns
    -------
    float
        Mean over trajectories and frames, without units; infinite when a rollout is not finite.
    """
    errors: list[Tensor] = []
    frame = 1
    roots = frames.weights.sqrt()

    def norm(fields: Tensor) -> Tensor:
        return (fields * roots).flatten(2).norm(dim=2)

    for predicted in rollout_pieces(model, frames.block(0, 1)[:, 0], frames.times - 1):
        truth = frames.block(frame, predicted.shape[1])
        errors.append(norm(predicted - truth) / norm(truth))
        frame += predicted.shape[1]
    value = float(torch.cat(errors, 1).mean())
    return value if math.isfinite(value) else math.inf


class _Session:
    """A training under way: all that is in a checkpoint, and nothing else.

    A snapshot is what a step changes. Two are kept, of which the older one is known to be good: no
    loss from it to the latest one had diverged.
    """

    def __init__(self, model: Emulator, spec: TrainingSpec, seed: int) -> None:
        self.model, self.spec = model, spec
        self.device = next(model.parameters()).device
        self.optimizer = Adam([model.parameters()], decay=0.0)
        self.rng = np.random.default_rng(seed)
        self.iteration = self.divergences = self.checked = 0
        self.best = math.inf
        self.best_weights = copy_weights(model)
        self.losses = torch.full((spec.iterations,), math.nan, device=self.device)
        self.errors = torch.full((spec.iterations,), math.nan, dtype=torch.float64)
        self.good = self.latest = self.snapshot()
        self.seconds_before, self.started = 0.0, time.process_time()

    @property
    def cpu_seconds(self) -> float:
        return self.seconds_before + time.process_time() - self.started

    def snapshot(self) -> dict[str, Tensor]:
        return {
            **prefixed(copy_weights(self.model), "model."),
            **prefixed(self.optimizer.tensors(), "optimizer."),
            "iteration": torch.tensor(self.iteration),
            "rng": _rng_bytes(self.rng),
        }

    def load_snapshot(self, snapshot: dict[str, Tensor]) -> None:
        self.model.load_state_dict(unprefixed(snapshot, "model."))
        self.optimizer.restore(unprefixed(snapshot, "optimizer."))
        self.iteration = self.checked = int(snapshot["iteration"])
        self.rng = _rng_from_bytes(snapshot["rng"])

    def checkpoint(self) -> dict[str, Tensor]:
        """Return all that a checkpoint holds; to be called when the losses have been checked."""
        return {
            **prefixed(self.good, "good."),
            **prefixed(self.latest, "latest."),
            **prefixed(self.best_weights, "best."),
            "best": torch.tensor(self.best, dtype=torch.float64),
            "losses": self.losses.clone(),
            "errors": self.errors.clone(),
            "restarts": torch.tensor(self.divergences),
            "cpu_seconds": torch.tensor(self.cpu_seconds, dtype=torch.float64),
        }

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        """Go on from a checkpoint, which may have been on another device."""
        self.good, self.latest = (unprefixed(checkpoint, name) for name in ("good.", "latest."))
        self.load_snapshot(self.latest)
        self.best = float(checkpoint["best"])
        best = unprefixed(checkpoint, "best.")
        self.best_weights = {name: value.to(self.device) for name, value in best.items()}
        self.losses = checkpoint["losses"].to(self.device, copy=True)
        self.errors = checkpoint["errors"].clone()
        self.divergences = int(checkpoint["restarts"])
        self.seconds_before = float(checkpoint["cpu_seconds"])

    def step(self, frames: Frames) -> None:
        """Take one step of Adam, and leave its loss on the device."""
        cycle = one_cycle(self.iteration, self.spec.iterations, WARMUP_SHARE)
        self.model.coarse(self.spec.is_coarse(self.iteration))
        length = self.spec.unroll_length(self.iteration)
        windows, pushforward_steps = draw_windows(frames, self.spec, length, self.rng)
        loss = data_loss = window_loss(self.model, windows, pushforward_steps, frames.weights)
        penalty = self.model.penalty()
        if self.spec.mask_penalty and penalty is not None:
            loss = loss + self.spec.mask_penalty * penalty
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step([self.spec.learning_rate * cycle * 0.5**self.divergences])
        # A gradient that is not finite spoils the weights as well; a comparison with NaN is false.
        sound = norm.isfinite() & (data_loss.detach() < DIVERGED)
        self.losses[self.iteration] = torch.where(sound, data_loss.detach(), math.inf)
        self.iteration += 1

    def check(self) -> float:
        """Return the last loss; it is infinite if the training diverged since the last check."""
        losses = self.losses[self.checked : self.iteration].tolist()
        self.checked = self.iteration
        return losses[-1] if all(map(math.isfinite, losses)) else math.inf

    def keep(self) -> None:
        """Keep the present state; the one kept before has proved to be good."""
        self.good, self.latest = self.latest, self.snapshot()

    def go_back(self) -> None:
        """Return to the last state that is known to be good, at half the rate."""
        self.load_snapshot(self.good)
        self.latest = self.good
        self.divergences += 1

    def validate(self, frames: Frames) -> None:
        """Measure the present weights and keep them if they are the best so far."""
        self.model.coarse(False)
        error = validation_error(self.model, frames)
        self.errors[self.iteration - 1] = error
        if error < self.best:
            self.best, self.best_weights = error, copy_weights(self.model)

    def outcome(self) -> Trained:
        history = xr.Dataset(
            {
                "loss": ("iteration", self.losses.cpu().numpy()),
                "validation": ("iteration", self.errors.numpy()),
            },
            coords={"iteration": np.arange(1, self.spec.iterations + 1)},
        )
        return Trained(
            weights=self.best_weights,
            history=history,
            best=self.best,
            divergences=self.divergences,
            ended_early=self.divergences > self.spec.restarts,
            cpu_seconds=self.cpu_seconds,
        )


def train(
    model: Emulator,
    frames: Frames,
    validation: Frames,
    spec: TrainingSpec,
    *,
    seed: int,
    monitor: Monitor | None = None,
) -> Trained:
    """Fit a model to trajectories and return the weights that are best on validation.

    Where the loss diverges, the training goes back to its last good state at half the rate; if that
    has happened more often than the spec allows, it ends there.

    Parameters
    ----------
    model : Emulator
        It is left with the best weights, or the last good ones where no validation was finite.
    frames, validation : Frames
        At the model's ``dt``, finite.
    spec : TrainingSpec
    seed : int
        Seed of the windows drawn. The weights are the model's own at the start.
    monitor : Monitor, optional
        Reports every few iterations, saves checkpoints, and loads one at the start.

    Raises
    ------
    ValueError
        If the trajectories are shorter than a window.
    """
    if frames.times < spec.longest_window:
        raise ValueError(
            f"a window takes {spec.longest_window} frames, the trajectories have {frames.times}"
        )
    monitor = monitor or NullMonitor()
    session = _Session(model, spec, seed)
    checkpoint = monitor.load_checkpoint()
    if checkpoint is not None:
        session.restore(dict(checkpoint))
    validated_at = _validation_iterations(spec)
    checked_at = {*range(0, spec.iterations, CHECK_EVERY), *validated_at}
    while session.iteration < spec.iterations and session.divergences <= spec.restarts:
        session.step(frames)
        if session.iteration not in checked_at:
            continue
        loss = session.check()
        if not math.isfinite(loss):
            session.go_back()
            continue
        session.keep()
        if session.iteration in validated_at:
            session.validate(validation)
        # Before the first validation that succeeds there is no best one.
        best = {"best": session.best} if math.isfinite(session.best) else {}
        monitor.report(session.iteration, spec.iterations, loss=loss, **best)
        monitor.save_checkpoint(session.checkpoint)
    model.coarse(False)
    if not math.isfinite(session.best):
        session.best_weights = copy_weights(model)
    model.load_state_dict(session.best_weights)
    return session.outcome()


def _validation_iterations(spec: TrainingSpec) -> frozenset[int]:
    """Return the iterations to validate after: evenly while a model steps as at the end."""
    start = spec.coarse_share * spec.iterations
    points = np.linspace(start, spec.iterations, spec.validations + 1)[1:]
    return frozenset(round(point) for point in points)


def _rng_bytes(rng: np.random.Generator) -> Tensor:
    """Return a generator's state as bytes of JSON: its integers are too large for a tensor."""
    return torch.tensor(list(json.dumps(rng.bit_generator.state).encode()), dtype=torch.uint8)


def _rng_from_bytes(state: Tensor) -> np.random.Generator:
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(bytes(state.tolist()))
    return rng
