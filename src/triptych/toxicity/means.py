"""The mean over what is there, where NaN marks what is missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mean_of_present(values: NDArray) -> NDArray[np.float64]:
    """Return the mean over the first axis of the values that are not NaN.

    Parameters
    ----------
    values
        (n, ...), NaN where a value is missing.

    Returns
    -------
    NDArray
        (...), in the unit of the values; NaN where all are missing.
    """
    present = ~np.isnan(values)
    number = present.sum(axis=0)
    total = np.where(present, values, 0.0).sum(axis=0)
    return np.divide(total, number, out=np.full(total.shape, np.nan), where=number > 0)
