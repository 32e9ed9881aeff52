"""The workflow's monitor: lines in a log, checkpoints in a folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from triptych.runtime.canonical import digest
from triptych.runtime.store import DamagedResult, read_weights, write_weights

if TYPE_CHECKING:
    from triptych.runtime.monitor import State

LINE_EVERY_S = 5.0
SAVE_EVERY_S = 30.0
REACHED = "monitor/reached"
"""Name of the iteration and the total in a checkpoint, beside the loop's own tensors."""


class StepLog(logging.LoggerAdapter[logging.Logger]):
    """What a step's ``main`` is given as ``log``: a logger that has monitors for long loops.

    Checkpoints lie outside of the outputs, which Snakemake deletes before a job. They belong to the
    identity (step, parameters, input digests, code): another computation never resumes from them.
    """

    def __init__(self, logger: logging.Logger, checkpoint_dir: Path, identity: Any) -> None:
        super().__init__(logger)
        self.checkpoint_dir, self.identity = checkpoint_dir, identity

    def monitor(self, label: str) -> LoopMonitor:
        """Return the monitor of the loop called ``label``; a step may have several."""
        key = digest([self.identity, label])[:32]
        return LoopMonitor(label, self.logger, self.checkpoint_dir / f"{key}.safetensors")


@dataclass
class LoopMonitor:
    """Reports a loop's iteration, metrics, rate and time left, and saves its state now and then.

    Lines call the loop by its label; its state is saved in the file ``checkpoint``.
    """

    label: str
    logger: logging.Logger
    checkpoint: Path

    def __post_init__(self) -> None:
        """Count the seconds from here; the rate is that since the first report."""
        self._started: tuple[float, int] | None = None
        self._reached = (0, 0)
        self._last_line = self._last_saved = time.monotonic()

    def load_checkpoint(self) -> State | None:
        """Return the saved state; a damaged one is passed over with a warning, never used."""
        if not self.checkpoint.exists():
            return None
        try:
            state = read_weights(self.checkpoint)
        except DamagedResult as error:
            self.logger.warning("checkpoint not used, starting afresh: %s", error)
            return None
        iteration, total = state.pop(REACHED).tolist()
        self.logger.info("%s: resumed at %d/%d", self.label, iteration, total)
        return state

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        """Write a line every few seconds and at the end."""
        now = time.monotonic()
        self._reached = (iteration, total)
        if self._started is None or iteration <= self._started[1]:  # a training may go back
            self._started = (now, iteration - 1)
        since, first = self._started
        if now - self._last_line >= LINE_EVERY_S or iteration == total:
            self._last_line = now
            rate = (iteration - first) / max(now - since, 1e-9)
            values = "".join(f", {name} {value:.5g}" for name, value in metrics.items())
            left = (total - iteration) / rate
            self.logger.info(
                f"{self.label}: {iteration}/{total}{values}, {rate:.3g} it/s, {left:.0f} s left"
            )

    def save_checkpoint(self, state: Callable[[], State]) -> None:
        """Save the state if the last one is older than the interval."""
        if time.monotonic() - self._last_saved >= SAVE_EVERY_S:
            import torch

            write_weights({**state(), REACHED: torch.tensor(self._reached)}, self.checkpoint)
            self._last_saved = time.monotonic()
