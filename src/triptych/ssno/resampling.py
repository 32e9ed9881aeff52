"""Resamples of seeds and of trajectories, behind the intervals of paper 1."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

RESAMPLES, SEED = 2000, 0
"""Bootstrap resamples behind an interval, and the seed that they are drawn from."""


class Resamples:
    """Resamples of a system's trajectories, the same for all of its models, and of their seeds.

    Parameters
    ----------
    trajectories : int
        Trajectories of the set.
    system : str
        A stream a system: resamples are independent, as the systems' trajectories are.
    """

    def __init__(self, trajectories: int, system: str) -> None:
        self.keys = [SEED, zlib.crc32(system.encode())]
        rng = np.random.default_rng(self.keys)
        self.drawn_trajectories = rng.integers(trajectories, size=(RESAMPLES, trajectories))

    def means(self, errors: xr.DataArray, model: str) -> NDArray[np.float64]:
        """Return a model's mean error over seeds and trajectories, and then those of resamples.

        A resample draws seeds, for each model apart, and trajectories; every drawn seed is scored
        on all drawn trajectories.

        Parameters
        ----------
        errors : xarray.DataArray of shape (run, trajectory)
            Of several models, named by the coordinate ``model`` of ``run``.
        model : str

        Returns
        -------
        float64 ndarray of shape (1 + RESAMPLES,)
        """
        of_model = errors.isel(run=np.flatnonzero(errors.model == model))
        values = of_model.transpose("run", "trajectory").values
        rng = np.random.default_rng([*self.keys, zlib.crc32(model.encode())])
        seeds = rng.integers(len(values), size=(RESAMPLES, len(values)))
        drawn = values[seeds[:, :, None], self.drawn_trajectories[:, None, :]]
        return np.concatenate([[values.mean()], drawn.mean((1, 2))])


def resampled_means(errors: xr.DataArray, system: str) -> dict[str, NDArray[np.float64]]:
    """Return every model's mean error, then those of the resamples, which all models share.

    Parameters
    ----------
    errors : xarray.DataArray of shape (run, trajectory)
        As for :meth:`Resamples.means`.
    system : str

    Returns
    -------
    dict of str to float64 ndarray of shape (1 + RESAMPLES,)
    """
    resamples = Resamples(errors.sizes["trajectory"], system)
    return {str(model): resamples.means(errors, model) for model in np.unique(errors.model.values)}


def resampled_leads(means: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the best baseline's mean error over the SSNO's, then those of the resamples.

    Each resample has its own best baseline. A model that blows up is ahead of none, not even of
    another that does.

    Parameters
    ----------
    means : mapping of str to float64 ndarray of shape (1 + RESAMPLES,)
        By model, as from :func:`resampled_means`.

    Returns
    -------
    float64 ndarray of shape (1 + RESAMPLES,)
    """
    ssno_mean = means["ssno"]
    best = np.min([mean for model, mean in means.items() if model != "ssno"], 0)
    return np.divide(best, ssno_mean, out=np.zeros_like(best), where=np.isfinite(ssno_mean))
