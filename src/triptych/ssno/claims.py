"""The quantities behind the claims of paper 1, from stored scores, symbols and steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from triptych.claims.measured import ENDS, Measured, Quantity, Unavailable
from triptych.ssno.labels import span
from triptych.ssno.resampling import (
    DIVERGED,
    RESAMPLES,
    SEED,
    Resamples,
    Spread,
    pooled_spread,
    resampled_leads,
    resampled_means,
)
from triptych.ssno.tables import (
    best_baseline,
    compared_spread,
    main_runs,
    sweep_runs,
    trajectory_errors,
)

OVER_SYSTEMS: dict[str, Callable[..., NDArray]] = {"median": np.median, "least": np.min}
"""How the systems are put together, by name: within every resample, not each end by itself."""


@dataclass(frozen=True)
class Results:
    """What the claims are measured on: every system's scores and symbol, one model's steps.

    Attributes
    ----------
    scores : sequence of xarray.Dataset
        As :func:`.evaluate.score_runs` returns them.
    symbols : sequence of xarray.Dataset
        As :func:`.symbols.learned_symbols` returns them; without seeds where one alone was stored.
    steps : xarray.Dataset
        ``mean_error`` (stepper, substeps, trajectory), attribute ``trained``.
    """

    scores: Sequence[xr.Dataset]
    symbols: Sequence[xr.Dataset]
    steps: xr.Dataset


def lead(results: Results, split: str = "test", of: str = "median") -> Measured:
    """Return the error of the best baseline over that of the SSNO, over the systems.

    Parameters
    ----------
    results : Results
    split : str, optional
        The set of trajectories: ``test``, ``long``, ``rougher`` or ``larger``.
    of : str, optional
        How the systems are put together, of :data:`OVER_SYSTEMS`.

    Raises
    ------
    Unavailable
        If no system was scored on the set.
    ValueError
        If a run has no error on a trajectory of the set.
    """
    if of not in OVER_SYSTEMS:
        raise ValueError(f"{of!r}: {' or '.join(OVER_SYSTEMS)}?")
    scored = _systems_scored(results, split)
    spread = compared_spread(scored, split)
    leads = []
    single_seed: dict[str, list[str]] = {"the SSNO": [], "the best baseline": []}
    for runs in scored:
        means = resampled_means(trajectory_errors(runs, split), runs.attrs["system"], spread)
        leads.append(resampled_leads(means))
        models = ("ssno", best_baseline(runs, split))
        for systems, model in zip(single_seed.values(), models, strict=True):
            if np.count_nonzero(runs.model == model) == 1:
                systems.append(runs.attrs["system"])
    sample = f"{of} of {len(leads)} systems; trajectories resampled, {spread}"
    for model, systems in single_seed.items():
        if systems:
            where = "all" if len(systems) == len(scored) else ", ".join(systems)
            sample += f"; one seed of {model} on {where}"
    return Measured.of_draws(OVER_SYSTEMS[of](leads, 0), sample)


def degradation(results: Results, split: str) -> Measured:
    """Return the SSNO's mean error on a set over that on its test set, median of the systems.

    Trajectories of either set are resampled. Trainings are the same on both, yet this ratio of one
    differs from that of another: the spread of ratios, not of errors, is part of the interval.

    Parameters
    ----------
    results : Results
    split : str
        The set: ``long``, ``rougher`` or ``larger``.

    Raises
    ------
    Unavailable
        If no system was scored on the set, or a rollout of the SSNO's blows up on a test set.
    ValueError
        If a run has no error on a trajectory of a set.
    """
    scored = _systems_scored(results, split)
    spread = _spread_of_ratios(scored, split)
    ratios = []
    for runs in scored:
        system, means = runs.attrs["system"], {}
        for name, moved in {"test": Spread(), split: spread}.items():
            errors = trajectory_errors(runs, name)
            resamples = Resamples(errors.sizes["trajectory"], f"{system} {name}", moved)
            means[name] = resamples.means(errors, "ssno")
        if not np.isfinite(means["test"]).all():
            raise Unavailable(f"{system}: a rollout of the SSNO blows up on its test set")
        ratios.append(means[split] / means["test"])
    values = sorted(float(ratio[0]) for ratio in ratios)
    ends = f"{values[0]:.2g} to {values[-1]:.2g}"
    sample = f"median of {len(ratios)} systems, {ends}; trajectories resampled, ratios of {spread}"
    return Measured.of_draws(np.median(ratios, 0), sample)


def few_trajectories(results: Results, fewest: str, most: str) -> Measured:
    """Return the mean relative test error of the SSNO trained on a few trajectories.

    It is the largest one, of all systems of the sweep and all numbers of trajectories from
    ``fewest`` to ``most``.

    Raises
    ------
    Unavailable
        If no SSNO was trained on so few trajectories in a sweep.
    ValueError
        If a run of the sweep has no error on a trajectory of the test set.
    """
    spread = compared_spread(_systems_scored(results, "test"))
    errors, systems, single_seed = [], [], 0
    for scores in results.scores:
        swept = sweep_runs(scores)
        ssno = swept.isel(run=np.flatnonzero(swept.model == "ssno"))
        counts = np.unique(ssno.train_trajectories.values)
        few = [int(n) for n in counts if int(fewest) <= n <= int(most)]
        if not few:
            continue
        system, scored = scores.attrs["system"], trajectory_errors(swept, "test")
        resamples = Resamples(scored.sizes["trajectory"], system, spread)
        for n in few:
            runs = ssno.isel(run=np.flatnonzero(ssno.train_trajectories == n))
            errors.append(resamples.means(trajectory_errors(runs, "test"), "ssno", n))
            single_seed += int(runs.sizes["run"] == 1)
        systems.append(system)
    if not errors:
        raise Unavailable(f"no SSNO was trained on {fewest} to {most} trajectories in a sweep")
    sample = f"largest of {len(errors)} on {', '.join(systems)}; trajectories resampled, {spread}"
    if single_seed:
        sample += f"; one seed of {single_seed} of them"
    return Measured.of_draws(np.max(errors, 0), sample)


def explicit_steps(results: Results) -> Measured:
    """Return how many explicit steps it takes in place of each step that the model is trained with.

    They are whole steps that are as good: at most twice its mean error. Where none of the tested
    numbers of steps, in ascending order in the results, is as good, there is no end to them. The
    fewest steps that are as good are more than the number tested before: an interval begins at the
    next whole one.

    Raises
    ------
    Unavailable
        If rollouts of the trained model blow up.
    """
    errors = results.steps.mean_error
    counts = results.steps.substeps.values
    trained = int(results.steps.attrs["trained"])
    rng = np.random.default_rng(SEED)
    size = errors.sizes["trajectory"]
    resamples = np.vstack([np.arange(size), rng.integers(size, size=(RESAMPLES, size))])

    def means(by_trajectory: xr.DataArray) -> NDArray[np.float64]:
        return np.moveaxis(by_trajectory.values[..., resamples].mean(-1), -1, 0)

    by_factor = means(errors.sel(stepper="integrating_factor", substeps=trained))
    if not np.isfinite(by_factor[0]):
        raise Unavailable("rollouts of the trained model blow up by the step it was trained with")
    explicit = means(errors.sel(stepper="explicit").transpose("substeps", "trajectory"))
    as_good = np.isfinite(explicit) & (explicit <= 2 * by_factor[:, None])
    first = np.where(as_good.any(1), as_good.argmax(1), len(counts))
    whole_steps = np.append(np.ceil(counts / trained), np.inf)
    exceeded_steps = np.array([0, *counts]) // trained
    own = errors.sel(stepper="integrating_factor").mean("trajectory", skipna=False)
    steps = whole_steps[first]
    fewest = exceeded_steps[first[1:]] + 1
    # An end between two draws would be no whole number of steps.
    low, high = (
        float(np.quantile(draws, end, method="inverted_cdf"))
        for draws, end in zip((fewest, steps[1:]), ENDS, strict=True)
    )
    return Measured(
        float(steps[0]),
        low,
        high,
        f"one trained model, stepped both ways; {size} trajectories resampled; its error is "
        f"{float(own.sel(substeps=trained)):.2g} with {trained} steps in a dt, as trained, and "
        f"{float(own.sel(substeps=counts[0])):.2g} with {counts[0]}",
    )


def symbol_error(results: Results) -> Measured:
    """Return the relative error of learned growth rates, median over wavenumbers and systems.

    That of a system is the mean over the SSNO's seeds.

    Raises
    ------
    ValueError
        If a learned growth rate is not finite.
    """
    medians = np.array([_symbol_error(symbol) for symbol in results.symbols])
    rng = np.random.default_rng(SEED)
    indices = rng.integers(len(medians), size=(RESAMPLES, len(medians)))
    values = np.concatenate([[np.median(medians)], np.median(medians[indices], 1)])
    counts = [symbol.sizes["seed"] for symbol in results.symbols if "seed" in symbol.dims]
    seeds = f"mean over seeds ({span(counts)} each)" if counts else "the first seed of each"
    sample = f"median of {len(medians)} systems, {seeds}; systems resampled"
    return Measured.of_draws(values, sample)


QUANTITIES: dict[str, Quantity] = {
    f.__name__: f for f in (lead, degradation, few_trajectories, explicit_steps, symbol_error)
}


def _systems_scored(results: Results, split: str) -> list[xr.Dataset]:
    """Return the runs of the comparison, of each system that was scored on a set."""
    of_split = [main_runs(s) for s in results.scores if split in s.split.values]
    scored = [runs for runs in of_split if trajectory_errors(runs, split).sizes["trajectory"]]
    if not scored:
        raise Unavailable(f"no system was scored on {split!r}")
    return scored


def _spread_of_ratios(systems: Sequence[xr.Dataset], split: str) -> Spread:
    """Return how much SSNO trainings differ in their error on a set over that on the test set."""
    groups = []
    for runs in systems:
        ssno = runs.isel(run=np.flatnonzero(runs.model == "ssno"))
        means = [
            trajectory_errors(ssno, name).mean("trajectory", skipna=False).values
            for name in (split, "test")
        ]
        if (np.max(means, 0) < DIVERGED).all():  # one that diverges tells nothing of it
            groups.append(np.log(means[0] / means[1]))
    return pooled_spread(groups)


def _symbol_error(symbol: xr.Dataset) -> float:
    # Where the true rate is zero there is no relative error; any other has to be there.
    true = symbol.true.where(symbol.true != 0)
    if not np.isfinite(symbol.growth.where(true.notnull(), 0)).all():
        raise ValueError("a learned growth rate is not finite")
    return float((abs(symbol.growth - true) / abs(true)).median(true.dims).mean())
