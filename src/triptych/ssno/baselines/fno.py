"""Fourier neural operator (Li et al., ICLR 2021): the network of the ``neuraloperator`` package."""

from __future__ import annotations

import contextlib
import io

from torch import Tensor, nn

from triptych.ssno.baselines.common import Increment, Task, concatenate
from triptych.ssno.domains import Sphere


class FNO(Increment):
    """Layers that mix channels mode by mode, plus a pointwise path, on boxes.

    They mix all modes of the task's grid.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels inside.
    layers : int, optional
        Number of layers.

    Raises
    ------
    ValueError
        On the sphere, which has no Fourier modes.
    """

    def __init__(self, task: Task, *, width: int = 32, layers: int = 4) -> None:
        super().__init__(task, substeps=1)
        if isinstance(task.domain, Sphere):
            raise ValueError(f"fno: a model for periodic boxes, not for {task.domain}")
        self.network = _library_network(
            n_modes=task.domain.grid(task.points),
            in_channels=task.inputs,
            out_channels=task.channels,
            hidden_channels=width,
            n_layers=layers,
            # The periodic coordinates come in as channels.
            positional_embedding=None,
        )
        # Weights are tensors: the package adds a record of its own to them.
        self.register_state_dict_post_hook(_drop_record)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        return self.network(concatenate(field, encoding))


def _drop_record(module: nn.Module, weights: dict, prefix: str, local: dict) -> None:
    weights.pop("_metadata", None)


def _library_network(**sizes: object) -> nn.Module:
    # The package takes seconds to import and prints about extras that the FNO does not use.
    with contextlib.redirect_stdout(io.StringIO()):
        from neuralop.models import FNO as Network
    return Network(**sizes)
