"""A baseline's learning rate, picked on validation from a declared grid."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import Tensor, nn

from triptych.monitor import Monitor
from triptych.ssno.specs import TrainingSpec
from triptych.ssno.training import Trained, train

TRIAL = 4
"""A trial of a learning rate takes this part of the iterations: 1/4."""

LAST = 20
"""Iterations at the end of a trial whose mean loss decides between equal validation errors."""


def train_best(
    build: Callable[[], nn.Module],
    frames: Tensor,
    validation: Tensor,
    spec: TrainingSpec,
    learning_rates: Sequence[float],
    seed: int,
    monitor_of: Callable[[str], Monitor],
) -> tuple[Trained, float]:
    """Train in full at the learning rate whose short trial is best on validation.

    A trial is a whole one-cycle training of a quarter of the iterations; one rate needs none.
    Where the loss stops being finite in the full training, the next best rate has its turn.

    Parameters
    ----------
    build
        Returns a fresh model with the same initial weights each time.
    frames, validation
        As for :func:`triptych.ssno.training.train`.
    spec
        Everything but the learning rate.
    learning_rates
        The declared grid.
    seed
        Of the windows drawn.
    monitor_of
        Returns the monitor of the training of that name.

    Raises
    ------
    FloatingPointError
        If the loss stops being finite at every rate.
    """

    def trained(name: str, at: TrainingSpec) -> Trained:
        monitor = monitor_of(f"{name} at {at.learning_rate:g}")
        return train(build(), frames, validation, at, seed=seed, monitor=monitor)

    def trial_error(rate: float) -> tuple[float, float]:
        short = replace(
            spec, learning_rate=rate, iterations=math.ceil(spec.iterations / TRIAL), validations=1
        )
        try:
            trial = trained("trial", short)
        except FloatingPointError:
            return math.inf, math.inf
        # Where all rollouts blow up, the loss still tells the rates apart.
        return trial.best, float(trial.history.loss[-LAST:].mean())

    several = len(learning_rates) > 1
    failure: FloatingPointError | None = None
    for rate in sorted(learning_rates, key=trial_error) if several else learning_rates:
        try:
            return trained("train", replace(spec, learning_rate=rate)), rate
        except FloatingPointError as error:
            failure = error
    raise FloatingPointError(f"no learning rate of {list(learning_rates)} works: {failure}")
