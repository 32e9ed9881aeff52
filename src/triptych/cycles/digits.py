"""Labelled grey images of digits, as every reader returns them.

It stands apart from the readers: who trains on images does not depend on where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

CLASSES = 10
"""The digits 0 to 9."""


@dataclass(frozen=True)
class Digits:
    """Labelled grey images.

    Attributes
    ----------
    images : uint8 ndarray of shape (n, height, width)
        Grey values from 0 to ``grey_max``.
    labels : int64 ndarray of shape (n,)
        0 to 9.
    grey_max : int
    """

    images: Grey
    labels: NDArray[np.int64]
    grey_max: int
