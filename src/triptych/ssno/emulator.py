"""What every model is to its training and to its rollouts: a learned map to the next states."""

from __future__ import annotations

from torch import Tensor, nn


class Emulator(nn.Module):
    """A learned map from a state of a system to the next ones.

    A model has to define ``forward``. What else is here says that it has no step of its own to be
    refined, and nothing to be penalised; the SSNO has both.
    """

    def forward(self, field: Tensor, steps: int) -> Tensor:
        """Return the next states of a field.

        Parameters
        ----------
        field : Tensor of shape (batch, channels, *grid)
            Scaled states.
        steps : int
            How many, one ``dt`` apart.

        Returns
        -------
        Tensor of shape (batch, steps, channels, *grid)
            In units of the scale.
        """
        raise NotImplementedError

    def coarse(self, on: bool) -> None:
        """Take one step in a ``dt`` from now on, or again as many as at the end of a training.

        Parameters
        ----------
        on : bool
            Whether to take one.
        """

    def penalty(self) -> Tensor | None:
        """Return the sum, of shape (), that a training may keep small; None where there is none."""
        return None
