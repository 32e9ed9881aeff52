"""Where states are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def circle_order(cycles: Sequence[Sequence[int]], states: int) -> NDArray[np.int64]:
    """Order states on a circle so that the first cycle runs around it and later ones follow on.

    Parameters
    ----------
    cycles : sequence of sequences of int
        Latent states, in order of importance.
    states : int
        K.

    Returns
    -------
    ndarray of int64, shape (K,)
        A permutation of the states.
    """
    in_cycles = dict.fromkeys(state for cycle in cycles for state in cycle)
    rest = [state for state in range(states) if state not in in_cycles]
    return np.array([*in_cycles, *rest], dtype=np.int64)
