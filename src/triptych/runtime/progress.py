"""The workflow's monitor: lines in a log, a bar at a terminal, checkpoints in a folder."""

from __future__ import annotations

import logging
import shutil
import sys
import time
from collections.abc import Callable
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


class StepLog:
    """What a step's ``main`` is given as ``log``: lines for people, and monitors for long loops.

    Parameters
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

    def __init__(
        self, logger: logging.Logger, checkpoint_dir: Path, identity: Any, interactive: bool = False
    ) -> None:
        self._logger = logger
        self._checkpoint_dir = checkpoint_dir
        self._identity = identity
        self._interactive = interactive

    def info(self, message: str, *values: object) -> None:
        """Write one line; ``values`` fill the message as in the standard logging module."""
        self._logger.info(message, *values)

    def warning(self, message: str, *values: object) -> None:
        """Write one line that deserves attention."""
        self._logger.warning(message, *values)

    def monitor(self, label: str, save_every_s: float = SAVE_EVERY_S) -> LoopMonitor:
        """Return the monitor of the loop called ``label``; a step may have several."""
        key = digest([self._identity, label])[:32]
        checkpoint = self._checkpoint_dir / f"{key}.safetensors"
        return LoopMonitor(label, self._logger, checkpoint, save_every_s, self._interactive)

    def forget_checkpoints(self) -> None:
        """Remove the checkpoints: the results are written, nothing needs to resume."""
        shutil.rmtree(self._checkpoint_dir, ignore_errors=True)


class LoopMonitor:
    """Reports a loop's iteration, metrics, rate and time left, and saves its state now and then."""

    def __init__(
        self,
        label: str,
        logger: logging.Logger,
        checkpoint: Path,
        save_every_s: float,
        interactive: bool = False,
    ) -> None:
        self._label = label
        self._logger = logger
        self._checkpoint = checkpoint
        self._save_every_s = save_every_s
        self._interactive = interactive
        self._started: tuple[float, int] | None = None
        self._reached = (0, 0)
        self._last_line = self._last_saved = time.monotonic()
        self._bar: Any = None

    def load_checkpoint(self) -> State | None:
        """Return the saved state; a damaged one is passed over with a warning, never used."""
        if not self._checkpoint.exists():
            return None
        try:
            state = read_weights(self._checkpoint)
        except DamagedResult as error:
            self._logger.warning("checkpoint not used, starting afresh: %s", error)
            return None
        iteration, total = state.pop(REACHED).tolist()
        self._logger.info("%s: resumed at %d/%d", self._label, iteration, total)
        return state

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        """Write a line every few seconds and at the end; move the bar at a terminal."""
        now = time.monotonic()
        self._reached = (iteration, total)
        if self._started is None:
            self._started = (now, iteration - 1)
        if self._interactive:
            self._move_bar(iteration, total, metrics)
        elif now - self._last_line >= LINE_EVERY_S or iteration == total:
            self._last_line = now
            self._logger.info(self._line(iteration, total, metrics, now))

    def save_checkpoint(self, state: Callable[[], State]) -> None:
        """Save the state if the last one is older than the interval."""
        if time.monotonic() - self._last_saved >= self._save_every_s:
            import torch

            write_weights({**state(), REACHED: torch.tensor(self._reached)}, self._checkpoint)
            self._last_saved = time.monotonic()

    def _line(self, iteration: int, total: int, metrics: dict[str, float], now: float) -> str:
        assert self._started is not None
        since, first = self._started
        rate = (iteration - first) / max(now - since, 1e-9)
        values = "".join(f", {name} {value:.5g}" for name, value in metrics.items())
        left = (total - iteration) / rate
        return f"{self._label}: {iteration}/{total}{values}, {rate:.3g} it/s, {left:.0f} s left"

    def _move_bar(self, iteration: int, total: int, metrics: dict[str, float]) -> None:
        from tqdm import tqdm

        if self._bar is None:
            self._bar = tqdm(total=total, initial=iteration - 1, desc=self._label, file=sys.stderr)
        self._bar.set_postfix(
            {name: f"{value:.5g}" for name, value in metrics.items()}, refresh=False
        )
        self._bar.update(iteration - self._bar.n)
        if iteration == total:
            self._bar.close()
