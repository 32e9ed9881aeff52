"""A baseline's learning rate, selected on validation from a declared grid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torch import nn

from triptych.runtime.monitor import Monitor
from triptych.ssno.frames import Frames
from triptych.ssno.specs import TrainingSpec
from triptych.ssno.training import Trained, train


def train_best(
    build: Callable[[], nn.Module],
    frames: Frames,
    validation: Frames,
    spec: TrainingSpec,
    learning_rates: Sequence[float],
    seed: int,
    monitor_of: Callable[[str], Monitor],
) -> tuple[Trained, float]:
    """Train once for each learning rate and return the outcome that is best on validation.

    A rate at which the loss stops being finite is out of the running, unless all are.

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
    outcomes: list[tuple[Trained, float]] = []
    failure: FloatingPointError | None = None
    for rate in learning_rates:
        chosen = replace(spec, learning_rate=rate)
        monitor = monitor_of(f"train at {rate:g}")
        try:
            trained = train(build(), frames, validation, chosen, seed=seed, monitor=monitor)
        except FloatingPointError as error:
            failure = error
            continue
        outcomes.append((trained, rate))
    if not outcomes:
        raise FloatingPointError(f"no learning rate of {list(learning_rates)} works: {failure}")
    return min(outcomes, key=lambda outcome: outcome[0].best)
