"""The quantities behind the claims of paper 2, from stored evaluations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measure import Measured, Quantity, Unavailable
from triptych.cycles.compare import RESAMPLES, SEED, correlation_with_entropy_production, table

FLUX = 0.01
"""Net flux of a cycle, per step, from which on it counts as one."""


@dataclass(frozen=True)
class Results:
    """What the claims are measured on.

    Attributes
    ----------
    free, tied, rbms : sequence of xarray.Dataset
        Evaluations by K.
    mixture, truncation : xarray.Dataset
        One store each, for all K.
    """

    free: Sequence[xr.Dataset]
    tied: Sequence[xr.Dataset]
    rbms: Sequence[xr.Dataset]
    mixture: xr.Dataset
    truncation: xr.Dataset


def share_out_of_equilibrium(results: Results) -> Measured:
    """Return the share of free models whose entropy production shows them out of equilibrium.

    The claim concerns the models that were trained, and they are all counted: nothing is sampled.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Measured
        A share from 0 to 1.
    """
    models = table(results.free)
    share = float((~models.trapped.to_numpy(bool)).mean())
    return Measured(share, share, share, f"all {len(models)} free models, counted")


def correlation(results: Results, quantity: str) -> Measured:
    """Return the rank correlation of a quantity with entropy production, within each K.

    Parameters
    ----------
    results : Results
    quantity : str
        A column of :func:`triptych.cycles.compare.table`.

    Returns
    -------
    Measured
        From −1 to 1.

    Raises
    ------
    Unavailable
        If there are fewer than three models.
    """
    models = table(results.free)
    if len(models) < 3:
        raise Unavailable(f"{len(models)} models are too few for a rank correlation")
    ranks = correlation_with_entropy_production(models, quantity)
    return Measured(
        ranks.value, ranks.low, ranks.high, f"{ranks.models} free models, resampled within each K"
    )


def share_with_cycles(results: Results) -> Measured:
    """Return the share of the nonequilibrium models with a cycle closed once in a hundred steps.

    The flux is net of what is walked backwards, so that no reversible chain has one.

    Parameters
    ----------
    results : Results

    Returns
    -------
    Measured
        A share from 0 to 1, with Wilson's interval.

    Raises
    ------
    Unavailable
        If no model is out of equilibrium.
    """
    from scipy.stats import binomtest

    has_cycle = np.concatenate(
        [
            (evaluation.cycle_flux >= FLUX).any("cycle").values[~evaluation.trapped.values]
            for evaluation in results.free
        ]
    )
    if not len(has_cycle):
        raise Unavailable("no model out of equilibrium")
    interval = binomtest(int(has_cycle.sum()), len(has_cycle)).proportion_ci(0.95, "wilson")
    basis = f"{len(has_cycle)} models out of equilibrium; binomial interval"
    return Measured(float(has_cycle.mean()), interval.low, interval.high, basis)


@dataclass(frozen=True)
class Competitor:
    """Models that the nonequilibrium ones are compared with.

    Attributes
    ----------
    models : callable
        From the results to a table with ``states`` and ``log_likelihood_held_out``, in nats.
    basis : str
        What the interval of a gain over them covers.
    """

    models: Callable[[Results], pd.DataFrame]
    basis: str


def _trapped(results: Results) -> pd.DataFrame:
    models = table(results.free)
    return models[models.trapped.astype(bool)]


def _rbms(results: Results) -> pd.DataFrame:
    columns = ["states", "log_likelihood_held_out", "log_partition_error"]
    return pd.DataFrame(
        [[float(rbm[name]) for name in columns] for rbm in results.rbms], columns=columns
    )


COMPETITORS = {
    "trapped": Competitor(_trapped, "models resampled"),
    "tied": Competitor(lambda results: table(results.tied), "models resampled"),
    "mixture": Competitor(
        lambda results: results.mixture.to_dataframe().reset_index(),
        "models resampled, the one mixture a K taken as it is",
    ),
    "rbm": Competitor(
        _rbms, "models resampled, of the one machine a K the error of its log Z drawn"
    ),
}


def likelihood_gain(results: Results, over: str) -> Measured:
    """Return by how much the nonequilibrium models are ahead of others on held-out images.

    It is the difference of the medians over models, averaged over the numbers of states K.

    Parameters
    ----------
    results : Results
    over : str
        One of :data:`COMPETITORS`: ``trapped`` free models, ``tied`` models, the EM ``mixture``,
        or the Bernoulli ``rbm`` of as many parameters.

    Returns
    -------
    Measured
        In nats an image.

    Raises
    ------
    Unavailable
        If for no K there are models of both kinds.
    ValueError
        If ``over`` is none of :data:`COMPETITORS`.
    """
    if over not in COMPETITORS:
        known = ", ".join(sorted(COMPETITORS))
        raise ValueError(f"no models called {over!r} to compare with; known: {known}")
    competitor = COMPETITORS[over]
    models, others = table(results.free), competitor.models(results)
    nonequilibrium = models[~models.trapped.astype(bool)]
    rng = np.random.default_rng(SEED)
    gains = [
        _medians(ours, rng) - _medians(theirs, rng)
        for states, ours in nonequilibrium.groupby("states")
        if len(theirs := others[others.states == states])
    ]
    if not gains:
        raise Unavailable(f"no models out of equilibrium beside {over} ones with as many states")
    values = np.mean(gains, 0)
    basis = f"mean over {len(gains)} numbers of states; {competitor.basis}"
    return Measured.resampled(values[0], values[1:], basis)


def gradient_cosine(results: Results, steps: str, less: str = "") -> Measured:
    """Return the cosine to the exact gradient with so many latent steps, or a gain in it.

    Parameters
    ----------
    results : Results
    steps : str
        Number of latent steps; 1 is the paper's last two steps of the whole chain.
    less : str
        Number of latent steps whose cosine is subtracted, model by model; none if empty.

    Returns
    -------
    Measured
        Median over models, from −1 to 1, or the median difference.

    Raises
    ------
    Unavailable
        If no model is out of equilibrium.
    """
    store = results.truncation
    cosine = store.cosine.sel(parameters="all").isel(model=np.flatnonzero(~store.trapped.values))
    if not cosine.sizes["model"]:
        raise Unavailable("no model out of equilibrium")
    values = cosine.sel(steps=int(steps)).values
    if less:
        values = values - cosine.sel(steps=int(less)).values
    resamples = _resample(len(values), np.random.default_rng(SEED))
    basis = f"median of {len(values)} models out of equilibrium, resampled"
    return Measured.resampled(float(np.median(values)), np.median(values[resamples], 1), basis)


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


def _medians(models: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the median of the held-out log-likelihoods, and then those of resamples.

    Where the likelihood hangs on an estimate of log Z, the resamples draw its error as well.
    """
    values = models.log_likelihood_held_out.to_numpy()
    resamples = _resample(len(values), rng)
    samples = values[resamples]
    if "log_partition_error" in models:
        samples = samples + rng.normal(scale=models.log_partition_error.to_numpy()[resamples])
    return np.concatenate([[np.median(values)], np.median(samples, 1)])


def _resample(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.integers(count, size=(RESAMPLES, count))
