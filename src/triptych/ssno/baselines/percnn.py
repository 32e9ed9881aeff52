"""Physics-encoded recurrent convolutional network (Rao et al., Nat. Mach. Intell. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor

from triptych.ssno.baselines.common import Convolution, Increment, Stem, Task


class PeRCNN(Increment):
    """Products of convolutions, summed by a 1×1 convolution and stepped by explicit Euler.

    The physics branch of the original, a known term as a fixed convolution, is left out: no model
    here is told a term.

    Parameters
    ----------
    width
        Channels of every factor.
    factors
        Convolutions multiplied with one another.
    kernel
        Side of the kernels.
    substeps
        Euler steps in one ``dt``.
    """

    def __init__(
        self,
        task: Task,
        *,
        width: int = 32,
        factors: int = 3,
        kernel: int = 5,
        substeps: int = 1,
    ) -> None:
        super().__init__(task, substeps)
        self.factors = factors
        self.stem = Stem(task, factors * width, kernel)
        # Factors that start near one make a product that starts linear in its inputs; three small
        # factors would start with next to no gradient.
        with torch.no_grad():
            for name, parameter in self.stem.named_parameters():
                if name.endswith("bias"):
                    parameter.fill_(1.0)
        self.readout = Convolution(task.domain, width, task.channels, 1)

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        return self.stem.encode_coordinates(coordinates)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        factors = self.stem(field, encoding).chunk(self.factors, 1)
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        return self.readout(product)
