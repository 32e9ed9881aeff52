"""Resamples of trajectories and the spread of trainings, behind the intervals of paper 1."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

RESAMPLES, SEED = 2000, 0
"""Bootstrap resamples behind an interval, and the seed that they are drawn from."""
DIVERGED = 10.0
"""Mean relative error from which on rollouts have diverged: predicting zero has one."""
FARTHEST = 100.0
"""Furthest that a logarithm is moved: of one degree of freedom some draws have no end."""


@dataclass(frozen=True)
class Spread:
    """How much trainings that differ in their seed alone differ in the log of their error.

    Attributes
    ----------
    deviation : float
        Standard deviation, pooled over systems and models.
    degrees : int
        Its degrees of freedom; with none it is not known.
    """

    deviation: float = 0.0
    degrees: int = 0

    def __str__(self) -> str:
        if not self.degrees:
            return "trainings with one seed each, whose spread is not known"
        return (
            f"trainings spread by {100 * self.deviation:.0f} % ({self.degrees} degrees of freedom)"
        )

    def drawn(self) -> NDArray[np.float64]:
        """Return what the deviation can be, shape (RESAMPLES,), no units; 0 where it is not known.

        Times a normal variable it has Student's distribution (Student 1908). The draws are the same
        at each call.
        """
        if not self.degrees:
            return np.zeros(RESAMPLES)
        squares = np.random.default_rng(SEED).chisquare(self.degrees, RESAMPLES)
        return self.deviation * np.sqrt(self.degrees / squares)


def spread_of_trainings(systems: Iterable[xr.DataArray]) -> Spread:
    """Return the spread of trainings, from those that differ in their seed alone.

    Models of which a rollout blows up or diverges tell nothing of it.

    Parameters
    ----------
    systems : iterable of xarray.DataArray of shape (run, trajectory)
        Errors of each system's runs, as for :meth:`Resamples.means`.
    """
    means = [
        errors.isel(run=np.flatnonzero(errors.model == model)).mean("trajectory", skipna=False)
        for errors in systems
        for model in np.unique(errors.model.values)
    ]
    return pooled_spread(np.log(seeds.values) for seeds in means if (seeds < DIVERGED).all())


def pooled_spread(groups: Iterable[NDArray[np.float64]]) -> Spread:
    """Return the spread within groups of trainings that differ in their seed alone.

    Parameters
    ----------
    groups : iterable of ndarray of shape (seed,)
        Logarithms of what each training of a group has.
    """
    squares, degrees = 0.0, 0
    for logs in groups:
        squares += float(((logs - logs.mean()) ** 2).sum())
        degrees += logs.size - 1
    return Spread(float(np.sqrt(squares / degrees)), degrees) if degrees else Spread()


class Resamples:
    """Resamples of a system's trajectories, the same for all of its models, and other trainings.

    Parameters
    ----------
    trajectories : int
        Trajectories of the set.
    system : str
        A stream a system: resamples are independent, as the systems' trajectories are.
    spread : Spread
        Of trainings.
    """

    def __init__(self, trajectories: int, system: str, spread: Spread) -> None:
        self.keys = [SEED, zlib.crc32(system.encode())]
        rng = np.random.default_rng(self.keys)
        self.drawn_trajectories = rng.integers(trajectories, size=(RESAMPLES, trajectories))
        self.deviations = spread.drawn()

    def means(
        self, errors: xr.DataArray, model: str, trained_on: int | None = None
    ) -> NDArray[np.float64]:
        """Return a model's mean error over seeds and trajectories, and then those of resamples.

        A resample draws trajectories, on which every seed is scored. The logarithm of its mean is
        moved, for each model apart, by what other trainings of as many seeds would differ.

        Parameters
        ----------
        errors : xarray.DataArray of shape (run, trajectory)
            Of several models, named by the coordinate ``model`` of ``run``.
        model : str
        trained_on : int, optional
            Number of trajectories, where trainings on several are compared: they are moved apart.

        Returns
        -------
        float64 ndarray of shape (1 + RESAMPLES,)
            In the units of ``errors``.
        """
        of_model = errors.isel(run=np.flatnonzero(errors.model == model))
        values = of_model.transpose("run", "trajectory").values
        by_trajectory = values.mean(0)
        training = model if trained_on is None else f"{model} on {trained_on}"
        rng = np.random.default_rng([*self.keys, zlib.crc32(training.encode())])
        moved = self.deviations * rng.standard_normal(RESAMPLES) / np.sqrt(len(values))
        factors = np.exp(np.clip(moved, -FARTHEST, FARTHEST))
        drawn = by_trajectory[self.drawn_trajectories].mean(1) * factors
        return np.concatenate([[values.mean()], drawn])


def resampled_means(
    errors: xr.DataArray, system: str, spread: Spread
) -> dict[str, NDArray[np.float64]]:
    """Return every model's mean error, then those of the resamples, which all models share.

    Parameters
    ----------
    errors : xarray.DataArray of shape (run, trajectory)
        As for :meth:`Resamples.means`.
    system : str
    spread : Spread
        Of trainings.

    Returns
    -------
    dict of str to float64 ndarray of shape (1 + RESAMPLES,)
        By model, in the units of ``errors``.
    """
    resamples = Resamples(errors.sizes["trajectory"], system, spread)
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
        Without units.
    """
    ssno_mean = means["ssno"]
    best = np.min([mean for model, mean in means.items() if model != "ssno"], 0)
    return np.divide(best, ssno_mean, out=np.zeros_like(best), where=np.isfinite(ssno_mean))
