"""What a long computation says to the world outside, and what it may ask of it.

The science knows no files and no terminals. A training loop is handed a monitor, tells it how far
it is, offers its state for safekeeping, and asks once, at the start, whether there is a state to go
on from. The workflow supplies the monitor that writes logs and checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

State = Mapping[str, "torch.Tensor"]
"""All that a loop needs to go on as if it had never stopped: parameters, moments, RNG state."""


class Monitor(Protocol):
    """What a long computation is given by its surroundings."""

    def resume(self) -> State | None:
        """Return the last state kept for this very computation, or None to start afresh."""

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        """Say that ``iteration`` of ``total`` is done; cheap enough for every iteration."""

    def offer(self, state: Callable[[], State]) -> None:
        """Offer the present state; ``state`` is called only when it is time to keep one."""


class Silent:
    """The monitor that does nothing: for tests and for short computations."""

    def resume(self) -> State | None:
        return None

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        return None

    def offer(self, state: Callable[[], State]) -> None:
        return None
