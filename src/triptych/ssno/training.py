"""One training loop for the SSNO and for every baseline."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.ssno.frames import Frames
from triptych.ssno.rollout import rollout_pieces
from triptych.ssno.specs import TrainingSpec
from triptych.training.schedule import one_cycle
from triptych.training.tensors import (
    copy_weights,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    unprefixed,
)

WARMUP_SHARE = 0.2
"""Share of the iterations in which the learning rate rises."""

CLIP = 1.0
"""Largest gradient norm let through."""


@dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes
    ----------
    weights
        The state of the model that did best on validation.
    history
        ``loss`` by iteration, ``validation`` by the iteration it was measured at.
    best
        Its validation error.
    """

    weights: dict[str, Tensor]
    history: xr.Dataset
    best: float


def draw_windows(
    frames: Frames, spec: TrainingSpec, rng: np.random.Generator
) -> tuple[Tensor, int]:
    """Return windows drawn from every trajectory and the number of warm-up steps in them.

    Parameters
    ----------
    frames
        Scaled frames of the training trajectories.
    spec
        For the lengths and the number of windows.
    rng
        What they are drawn from.

    Returns
    -------
    windows : Tensor of float32
        ``(trajectory × windows, pushforward_steps + unroll_length + 1, channel, *grid)``, in units
        of the scale.
    pushforward_steps : int
        Steps to be taken without gradient.
    """
    pushforward_steps = int(rng.integers(0, spec.pushforward_steps + 1))
    length = pushforward_steps + spec.unroll_length + 1
    count = frames.trajectories
    starts = rng.integers(0, frames.times - length + 1, size=(count, spec.windows)).tolist()
    chosen = [frames.window(i, start, length) for i in range(count) for start in starts[i]]
    return torch.stack(chosen), pushforward_steps


def window_loss(model: nn.Module, windows: Tensor, pushforward_steps: int) -> Tensor:
    """Return the root mean square error over the steps of the unroll.

    Parameters
    ----------
    model
        Called as ``model(field, steps)``.
    windows
        ``(batch, pushforward_steps + unroll_length + 1, channel, *grid)``.
    pushforward_steps
        Steps taken without gradient before those of the loss.

    Returns
    -------
    Tensor, without dimensions
        In units of the scale.
    """
    start = windows[:, 0]
    if pushforward_steps:
        with torch.no_grad():
            start = model(start, pushforward_steps)[:, -1]
    predicted = model(start, windows.shape[1] - 1 - pushforward_steps)
    return (predicted - windows[:, pushforward_steps + 1 :]).square().mean().sqrt()


def validation_error(model: nn.Module, frames: Frames) -> float:
    """Return the relative error of rollouts from the first frame, over all later ones.

    A few frames of the rollouts are in memory at a time.

    Parameters
    ----------
    model
        Called as ``model(field, steps)``.
    frames
        Scaled frames of the validation trajectories.

    Returns
    -------
    float
        Mean over trajectories and frames, without units; infinite when a rollout is not finite.
    """
    errors: list[Tensor] = []
    frame = 1
    for predicted in rollout_pieces(model, frames.block(0, 1)[:, 0], frames.times - 1):
        truth = frames.block(frame, predicted.shape[1])
        errors.append((predicted - truth).flatten(2).norm(dim=2) / truth.flatten(2).norm(dim=2))
        frame += predicted.shape[1]
    value = float(torch.cat(errors, 1).mean())
    return value if math.isfinite(value) else math.inf


class _Session:
    """A training under way: all that is in a checkpoint, and nothing else."""

    def __init__(self, model: nn.Module, spec: TrainingSpec, seed: int) -> None:
        self.model, self.spec = model, spec
        self.optimizer = torch.optim.Adam(model.parameters(), lr=spec.learning_rate)
        self.rng = np.random.default_rng(seed)
        self.iteration = 0
        self.best = math.inf
        self.best_weights = copy_weights(model)
        self.losses = torch.full((spec.iterations,), math.nan, dtype=torch.float64)
        self.errors = torch.full((spec.iterations,), math.nan, dtype=torch.float64)

    def state(self) -> dict[str, Tensor]:
        return {
            **prefixed(copy_weights(self.model), "model."),
            **prefixed(self.best_weights, "best."),
            **prefixed(optimizer_tensors(self.optimizer), "optimizer."),
            "iteration": torch.tensor(self.iteration),
            "best": torch.tensor(self.best, dtype=torch.float64),
            "losses": self.losses.clone(),
            "errors": self.errors.clone(),
            "rng": _rng_bytes(self.rng),
        }

    def restore(self, checkpoint: dict[str, Tensor]) -> None:
        self.model.load_state_dict(unprefixed(checkpoint, "model."))
        self.best_weights = unprefixed(checkpoint, "best.")
        restore_optimizer(self.optimizer, unprefixed(checkpoint, "optimizer."))
        self.iteration, self.best = int(checkpoint["iteration"]), float(checkpoint["best"])
        self.losses, self.errors = checkpoint["losses"].clone(), checkpoint["errors"].clone()
        self.rng = _rng_from_bytes(checkpoint["rng"])

    def step(self, frames: Frames) -> float:
        """Take one step of Adam and return its loss."""
        factor = one_cycle(self.iteration, self.spec.iterations, WARMUP_SHARE)
        for group in self.optimizer.param_groups:
            group["lr"] = self.spec.learning_rate * factor
        windows, pushforward_steps = draw_windows(frames, self.spec, self.rng)
        loss = window_loss(self.model, windows, pushforward_steps)
        value = loss.item()
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss is not finite at iteration {self.iteration}")
        mask = getattr(self.model, "mask", None)
        if self.spec.mask_penalty and mask is not None:
            loss = loss + self.spec.mask_penalty * mask.abs().sum()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        self.optimizer.step()
        self.losses[self.iteration] = value
        self.iteration += 1
        return value

    def validate(self, frames: Frames) -> None:
        """Measure the present weights and keep them if they are the best so far."""
        error = validation_error(self.model, frames)
        self.errors[self.iteration - 1] = error
        if error < self.best:
            self.best, self.best_weights = error, copy_weights(self.model)

    def outcome(self) -> Trained:
        history = xr.Dataset(
            {
                "loss": ("iteration", self.losses.numpy()),
                "validation": ("iteration", self.errors.numpy()),
            },
            coords={"iteration": np.arange(1, self.spec.iterations + 1)},
        )
        return Trained(self.best_weights, history, self.best)


def train(
    model: nn.Module,
    frames: Frames,
    validation: Frames,
    spec: TrainingSpec,
    *,
    seed: int,
    monitor: Monitor | None = None,
) -> Trained:
    """Fit a model to trajectories and return the weights that are best on validation.

    Parameters
    ----------
    model
        Called as ``model(field, steps)``; it is left with the best weights.
    frames, validation
        Scaled frames at the model's ``dt``, finite.
    seed
        Seed of the windows drawn. The weights are the model's own at the start.
    monitor
        Reports every iteration, saves checkpoints, and loads one at the start.

    Raises
    ------
    ValueError
        If the trajectories are shorter than a window.
    FloatingPointError
        If the loss stops being finite, with the iteration; the last checkpoint is good.
    """
    _check(frames, spec)
    monitor = monitor or NullMonitor()
    session = _Session(model, spec, seed)
    checkpoint = monitor.load_checkpoint()
    if checkpoint is not None:
        session.restore(dict(checkpoint))
    validated_at = _validation_iterations(spec)
    while session.iteration < spec.iterations:
        loss = session.step(frames)
        if session.iteration in validated_at:
            session.validate(validation)
        monitor.report(session.iteration, spec.iterations, loss=loss, best=session.best)
        monitor.save_checkpoint(session.state)
    if not math.isfinite(session.best):
        session.best_weights = copy_weights(model)
    model.load_state_dict(session.best_weights)
    return session.outcome()


def _check(frames: Frames, spec: TrainingSpec) -> None:
    longest = spec.pushforward_steps + spec.unroll_length + 1
    if frames.times < longest:
        raise ValueError(f"a window takes {longest} frames, the trajectories have {frames.times}")


def _validation_iterations(spec: TrainingSpec) -> frozenset[int]:
    """Return the iterations to validate after: evenly over the second half, the last included."""
    points = np.linspace(spec.iterations / 2, spec.iterations, spec.validations + 1)[1:]
    return frozenset(round(p) for p in points)


def _rng_bytes(rng: np.random.Generator) -> Tensor:
    """Return a generator's state as bytes of JSON: its integers are too large for a tensor."""
    return torch.tensor(list(json.dumps(rng.bit_generator.state).encode()), dtype=torch.uint8)


def _rng_from_bytes(state: Tensor) -> np.random.Generator:
    rng = np.random.default_rng()
    rng.bit_generator.state = json.loads(bytes(state.tolist()))
    return rng
