"""Trainings that are stopped, and go on from what was kept of them."""

from __future__ import annotations

from collections.abc import Callable

from triptych.runtime.monitor import NullMonitor, State


class Interrupt(Exception):
    """What stops a training."""


class Stopping(NullMonitor):
    """Keeps the state at one step, stops at a later one, and then hands the state out."""

    def __init__(self, keep: int, stop: int) -> None:
        self.keep, self.stop = keep, stop
        self.step = 0
        self.kept: State | None = None

    def load_checkpoint(self) -> State | None:
        return self.kept

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        self.step = iteration
        if iteration == self.stop:
            self.stop = -1
            raise Interrupt

    def save_checkpoint(self, state: Callable[[], State]) -> None:
        if self.step == self.keep:
            self.kept = {name: value.clone() for name, value in state().items()}
