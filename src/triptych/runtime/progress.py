"""The workflow's monitor: lines in a log, a bar at a terminal, checkpoints in a folder."""

from __future__ import annotations

import logging
import shutil
import sys
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


@dataclass
class StepLog:
    """What a step's ``main`` is given as ``log``: lines for people, and monitors for long loops.

    Attributes
    ----------
    logger
        Where the lines go.
    checkpoint_dir
        Where checkpoints lie; outside of the outputs, which Snakemake deletes before a job.
    identity
        What a checkpoint belongs to (step, parameters, input digests, code): another computation
        never resumes from it.
    interactive
        Whether a person watches a terminal: then a bar is shown instead of lines.
    """

    logger: logging.Logger
    checkpoint_dir: Path
    identity: Any
    interactive: bool = False

    def info(self, message: str, *values: object) -> None:
        """Write one line; ``values`` fill the message as in the standard logging module."""
        self.logger.info(message, *values)

    def warning(self, message: str, *values: object) -> None:
        """Write one line that deserves attention."""
        self.logger.warning(message, *values)

    def monitor(self, label: str, save_every_s: float = SAVE_EVERY_S) -> LoopMonitor:
        """Return the monitor of the loop called ``label``; a step may have several."""
        key = digest([self.identity, label])[:32]
        checkpoint = self.checkpoint_dir / f"{key}.safetensors"
        return LoopMonitor(label, self.logger, checkpoint, save_every_s, self.interactive)

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints: the results are written, nothing needs to resume."""
        shutil.rmtree(self.checkpoint_dir, ignore_errors=True)


@dataclass
class LoopMonitor:
    """Reports a loop's iteration, metrics, rate and time left, and saves its state now and then.

    Attributes
    ----------
    label
        What the loop is called in lines.
    logger
        Where they go.
    checkpoint
        The file that the state is saved in.
    save_every_s
        Seconds between two times that it is.
    interactive
        Whether a bar is shown instead of lines.
    """

    label: str
    logger: logging.Logger
    checkpoint: Path
    save_every_s: float
    interactive: bool = False

    def __post_init__(self) -> None:
        """Count the seconds from here; the rate is that since the first report."""
        self._started: tuple[float, int] | None = None
        self._reached = (0, 0)
        self._last_line = self._last_saved = time.monotonic()
        self._bar: Any = None

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
        """Write a line every few seconds and at the end; move the bar at a terminal."""
        now = time.monotonic()
        self._reached = (iteration, total)
        if self._started is None:
            self._started = (now, iteration - 1)
        if self.interactive:
            self._move_bar(iteration, total, metrics)
        elif now - self._last_line >= LINE_EVERY_S or iteration == total:
            self._last_line = now
            self.logger.info(self._line(iteration, total, metrics, now))

    def save_checkpoint(self, state: Callable[[], State]) -> None:
        """Save the state if the last one is older than the interval."""
        if time.monotonic() - self._last_saved >= self.save_every_s:
            import torch

            write_weights({**state(), REACHED: torch.tensor(self._reached)}, self.checkpoint)
            self._last_saved = time.monotonic()

    def _line(self, iteration: int, total: int, metrics: dict[str, float], now: float) -> str:
        assert self._started is not None
        since, first = self._started
        rate = (iteration - first) / max(now - since, 1e-9)
        values = "".join(f", {name} {value:.5g}" for name, value in metrics.items())
        left = (total - iteration) / rate
        return f"{self.label}: {iteration}/{total}{values}, {rate:.3g} it/s, {left:.0f} s left"

    def _move_bar(self, iteration: int, total: int, metrics: dict[str, float]) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, initial=iteration - 1, desc=self.label, file=sys.stderr)
        self._bar.set_postfix(
            {name: f"{value:.5g}" for name, value in metrics.items()}, refresh=False
        )
        self._bar.update(iteration - self._bar.n)
        if iteration == total:
            self._bar.close()
