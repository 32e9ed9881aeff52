"""Physics-encoded recurrent convolutional network (Rao et al., Nat. Mach. Intell. 2023)."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from triptych.ssno.baselines.common import Convolution, Increment, Stem, Task

FACTORS = 3
"""Convolutions multiplied with one another, as published."""


class PeRCNN(Increment):
    """Products of convolutions, summed by another one, and a linear term; explicit Euler steps.

    The linear term stands for the original's diffusion: there a Laplacian with a coefficient to
    learn, here a stencil that is learned as a whole, since no model here is told a term. Nor is any
    told a finite difference: the readout of the products has as large a kernel as they.

    Parameters
    ----------
    task : Task
    width : int, optional
        Channels of every factor.
    kernel : int, optional
        Side of all kernels.
    substeps : int, optional
        Euler steps in one ``dt``.
    """

    def __init__(self, task: Task, *, width: int = 32, kernel: int = 5, substeps: int = 1) -> None:
        super().__init__(task, substeps)
        # The factors and the linear term are one convolution of the same neighbourhoods.
        self.split_sizes = [width] * FACTORS + [task.channels]
        self.stem = Stem(task, sum(self.split_sizes), kernel)
        bias = self.stem.whole.convolution.bias
        assert bias is not None
        # Factors that start near one make a product that starts linear in its inputs; three small
        # factors would start with next to no gradient.
        with torch.no_grad():
            bias[: width * FACTORS] = 1.0
        self.readout = Convolution(task.domain, width, task.channels, kernel)

    def encode_coordinates(self, coordinates: Tensor) -> Tensor:
        """See :meth:`.common.Stem.encode_coordinates`."""
        return self.stem.encode_coordinates(coordinates)

    def increment(self, field: Tensor, encoding: Tensor) -> Tensor:
        """See :meth:`.common.Increment.increment`."""
        *factors, linear = self.stem(field, encoding).split(self.split_sizes, 1)
        return self.readout(reduce(torch.mul, factors)) + linear
