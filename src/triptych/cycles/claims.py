"""The quantities behind the claims of paper 2, from stored evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import Measured, Quantity, Unavailable
from triptych.cycles.compare import correlation_with_sigma, table

RESAMPLES, SEED = 2000, 0
FLUX = 0.01
"""Flux of a cycle, per step, from which on it counts as one."""


@dataclass(frozen=True)
class Results:
    """What the claims are measured on: evaluations by K, free and tied, RBMs, and truncations."""

    free: Sequence[xr.Dataset]
    tied: Sequence[xr.Dataset]
    rbms: Sequence[xr.Dataset]
    truncation: xr.Dataset


def share_out_of_equilibrium(results: Results) -> Measured:
    """Return the share of free models whose entropy production shows them out of equilibrium."""
    models = table(results.free)
    return _share(~models.trapped.to_numpy(bool), "free models; binomial interval")


def correlation(results: Results, quantity: str) -> Measured:
    """Return the rank correlation of a quantity with entropy production, within each K."""
    models = table(results.free)
    if len(models) < 3:
        raise Unavailable(f"{len(models)} models are too few for a rank correlation")
    found = correlation_with_sigma(models, quantity)
    return Measured(
        found.value, found.low, found.high, f"{found.models} free models, resampled within each K"
    )


def share_with_cycles(results: Results) -> Measured:
    """Return the share of the nonequilibrium models with a cycle of at least one step in a hundred.

    The cycle is over three states or more, so that no reversible chain has one.
    """
    has = []
    for evaluation in results.free:
        long = (evaluation.cycle_states >= 0).sum("position") >= 3
        strongest = evaluation.cycle_flux.where(long, 0.0).max("cycle").fillna(0.0)
        has.append((strongest >= FLUX).values[~evaluation.trapped.values.astype(bool)])
    return _share(np.concatenate(has), "models out of equilibrium; binomial interval")


def likelihood_gain(results: Results, over: str) -> Measured:
    """Return by how many nats an image the nonequilibrium models are ahead of others, held out.

    Parameters
    ----------
    over
        ``trapped`` free models, ``tied`` models, or the Bernoulli ``rbm`` of as many parameters.
        Medians over models, mean over the numbers of states K.
    """
    models = table(results.free)
    out, rivals = models[~models.trapped.astype(bool)], _rivals(results, over)
    gains = [
        _median_gap(ours.log_likelihood_held_out, theirs.log_likelihood_held_out)
        for states, ours in out.groupby("states")
        if len(theirs := rivals[rivals.states == states])
    ]
    if not gains:
        raise Unavailable(f"no models out of equilibrium beside {over} ones with as many states")
    values = np.mean(gains, 0)
    about = f"mean over {len(gains)} numbers of states; models resampled"
    return Measured.resampled(values[0], values[1:], about)


def gradient_cosine(results: Results, steps: str = "1", less: str = "") -> Measured:
    """Return the cosine to the exact gradient with so many latent steps kept, or a gain in it.

    Parameters
    ----------
    steps
        Latent steps kept; 1 is the paper's last two steps of the whole chain.
    less
        Latent steps whose cosine is subtracted, model by model; none if empty.
    """
    store = results.truncation
    cosine = store.cosine.sel(part="all").isel(model=np.flatnonzero(~store.trapped.values))
    if not cosine.sizes["model"]:
        raise Unavailable("no model out of equilibrium")
    values = cosine.sel(steps=int(steps)).values
    if less:
        values = values - cosine.sel(steps=int(less)).values
    samples = np.median(values[_resample(len(values))], 1)
    about = f"median of {len(values)} models out of equilibrium, resampled"
    return Measured.resampled(float(np.median(values)), samples, about)


QUANTITIES: dict[str, Quantity] = {
    f.__name__: f
    for f in (
        share_out_of_equilibrium,
        correlation,
        share_with_cycles,
        likelihood_gain,
        gradient_cosine,
    )
}


def _share(true: NDArray[np.bool_], about: str) -> Measured:
    from scipy.stats import binomtest

    if not len(true):
        raise Unavailable("no model out of equilibrium")
    interval = binomtest(int(true.sum()), len(true)).proportion_ci(0.95, "wilson")
    return Measured(float(true.mean()), interval.low, interval.high, f"{len(true)} {about}")


def _rivals(results: Results, over: str) -> pd.DataFrame:
    """Return the models that the nonequilibrium ones are compared with."""
    if over == "tied":
        return table(results.tied)
    if over == "rbm":
        machines = [(int(rbm.states), float(rbm.log_likelihood_held_out)) for rbm in results.rbms]
        return pd.DataFrame(machines, columns=["states", "log_likelihood_held_out"])
    if over == "trapped":
        models = table(results.free)
        return models[models.trapped.astype(bool)]
    raise ValueError(f"no models called {over!r} to compare with; known: rbm, tied, trapped")


def _median_gap(ours: pd.Series, theirs: pd.Series) -> NDArray[np.float64]:
    """Return the difference of medians, and then that of resamples of both."""
    a, b = ours.to_numpy(), theirs.to_numpy()
    resampled = np.median(a[_resample(len(a))], 1) - np.median(b[_resample(len(b))], 1)
    return np.concatenate([[np.median(a) - np.median(b)], resampled])


def _resample(count: int) -> NDArray[np.int64]:
    return np.random.default_rng(SEED).integers(count, size=(RESAMPLES, count))
