"""Which of many trained models is shown: chosen on training images, never on held-out ones."""

from __future__ import annotations

import numpy as np
import xarray as xr


def best_model(evaluation: xr.Dataset) -> int:
    """Return the position of the model with the highest training likelihood that is not trapped.

    If all are trapped, it is the best of them.

    Parameters
    ----------
    evaluation : xarray.Dataset
        As from :func:`triptych.cycles.evaluate.evaluate`.

    Returns
    -------
    int
        Along the dimension ``model``.
    """
    likelihood = evaluation.log_likelihood.values
    free = ~evaluation.trapped.values
    eligible = free if free.any() else np.ones_like(free)
    return int(np.where(eligible, likelihood, -np.inf).argmax())
