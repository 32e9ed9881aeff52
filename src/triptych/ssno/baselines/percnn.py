"""Physics-encoded recurrent convolutional network (Rao et al., Nat. Mach. Intell. 2023)."""

from __future__ import annotations

import torch
from torch import Tensor

from triptych.ssno.baselines.common import Convolution, Increment, Stem, Task


class PeRCNN(Increment):
    """Products of convolutions, summed by another one, and a linear term; explicit Euler steps.

    The linear term stands for the original's diffusion: there a Laplacian with a coefficient to
    learn, here a stencil that is learned as a whole, since no model here is told a term. Nor is any
    told a finite difference: the readout of the products has as large a kernel as they.

    Parameters
    ----------
    width
        Channels of every factor.
    factors
        Convolutions multiplied with one another.
    kernel
        Side of all kernels.
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
        self.readout = Convolution(task.domain, width, task.channels, kernel)
        self.linear = Convolution(task.domain, task.channels, task.channels, kernel)

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        return self.stem.encode_coordinates(coordinates)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        factors = self.stem(field, encoding).chunk(self.factors, 1)
        product = factors[0]
        for factor in factors[1:]:
            product = product * factor
        return self.readout(product) + self.linear(field)
