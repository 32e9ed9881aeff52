"""How fast a chain of images forgets, measured on the images themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

WINDOW = 5.0
"""The sum over lags stops at five autocorrelation times (Sokal, 1997)."""


@dataclass(frozen=True)
class Mixing:
    """How long images along a chain stay alike.

    Attributes
    ----------
    time : float
        Integrated autocorrelation time ``1 + 2 Σ ρ(t)`` in chain steps.
    error : float
        Its standard error (Madras and Sokal, 1988).
    resolved : bool
        Whether the window closed within a tenth of the run; if not, ``time`` is a lower bound.
    """

    time: float
    error: float
    resolved: bool


def measure_mixing(images: NDArray[np.uint8]) -> Mixing:
    """Measure how long images along a chain stay alike.

    The time of the one-hot models is another: that of their latent state, in closed form
    (:func:`triptych.cycles.stationary.autocorrelation_time`).

    Parameters
    ----------
    images : uint8 ndarray of shape (chains, steps, N)
        Zeros and ones, in equilibrium. A step is one update of hidden and visible units.

    Returns
    -------
    Mixing

    Raises
    ------
    ValueError
        If all images are the same.
    """
    chains, steps, _ = images.shape
    times = 2.0 * autocorrelation(images).cumsum() - 1.0
    closing_lags = np.flatnonzero(np.arange(steps) >= WINDOW * times)
    window = int(closing_lags[0]) if len(closing_lags) else steps - 1
    time = float(times[window])
    return Mixing(
        time=time,
        error=abs(time) * float(np.sqrt(2.0 * (2 * window + 1) / (chains * steps))),
        resolved=bool(len(closing_lags)) and window <= steps // 10,
    )


def autocorrelation(images: NDArray[np.uint8]) -> Array:
    """Return how the overlap of images with later images of the same chain decays.

    ``C(t)`` is the mean of ``Σ_i (x_i(s) − m_i)(x_i(s+t) − m_i)`` over times s and chains. The mean
    image ``m`` is that of all chains together. A chain stuck in one mode then keeps its
    correlation, where its own mean would hide it.

    Parameters
    ----------
    images : uint8 ndarray of shape (chains, steps, N)
        Zeros and ones.

    Returns
    -------
    ndarray of shape (steps,)
        ``C(t)/C(0)`` at lags 0, 1, ….

    Raises
    ------
    ValueError
        If all images are the same.
    """
    steps = images.shape[1]
    mean = images.mean((0, 1))
    covariance = np.zeros(steps)
    for chain in images:
        # Padding to twice the length keeps the end from correlating with the start.
        spectrum = np.fft.rfft(chain - mean, n=2 * steps, axis=0)
        covariance += np.fft.irfft((np.abs(spectrum) ** 2).sum(1), n=2 * steps)[:steps]
    covariance /= np.arange(steps, 0, -1)
    if covariance[0] <= 0:
        raise ValueError("all images are the same; their autocorrelation is not defined")
    return covariance / covariance[0]
