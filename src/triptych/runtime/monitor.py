"""What a long computation reports to its surroundings, and the checkpoints that it takes from them.

The science knows no files and no terminals. A training loop has a monitor: it reports its progress,
has its state saved now and then, and loads the last saved state once, at the start. The workflow
supplies the monitor that writes logs and checkpoint files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

State = Mapping[str, "torch.Tensor"]
"""All that a loop needs to go on as if it had never stopped: parameters, moments, RNG state."""


class Monitor(Protocol):
    """Progress reports and checkpoints of one long computation."""

    def load_checkpoint(self) -> State | None:
        """Return the last state that this very computation saved; None to start afresh."""
        return None

    def report(self, iteration: int, total: int, **metrics: float) -> None:
        """Report that an iteration of all is done, with numbers to show beside, such as the loss.

        It is cheap enough for every iteration.
        """
        return None

    def save_checkpoint(self, state: Callable[[], State]) -> None:
        """Save the present state if it is time to; ``state`` is called only then."""
        return None


class NullMonitor(Monitor):
    """The monitor that does nothing: for tests and for short computations."""
