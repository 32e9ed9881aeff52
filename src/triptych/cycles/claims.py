"""The quantities behind the claims and findings of paper 2, from stored evaluations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from triptych.claims.measured import ENDS, ROUNDING, Measured, Quantity, Unavailable, extreme
from triptych.cycles.design import CONTRAST, MEMORYLESS, PAPER_STEPS, STEP_DESIGNS
from triptych.cycles.resampling import (
    FEWEST_MODELS,
    SEED,
    difference_of_kinds,
    likelihood_medians,
    mean_over_states,
    resampled_medians,
    share,
)
from triptych.cycles.tables import at_best_rate, table


@dataclass(frozen=True)
class Results:
    """What the claims are measured on.

    Attributes
    ----------
    free, variants, tied, rbms : sequence of xarray.Dataset
        Evaluations by K.
    mixture, truncation : xarray.Dataset
        One store each, for all K.
    """

    free: Sequence[xr.Dataset]
    variants: Sequence[xr.Dataset]
    tied: Sequence[xr.Dataset]
    rbms: Sequence[xr.Dataset]
    mixture: xr.Dataset
    truncation: xr.Dataset

    @property
    def models(self) -> pd.DataFrame:
        """The models at the selected rate."""
        return table(self.free)

    def design(self, name: str) -> pd.DataFrame:
        """Return the variants of one design.

        Raises
        ------
        Unavailable
            If there are none.
        """
        models = table(self.variants)
        chosen = models[models.design == name]
        if chosen.empty:
            raise Unavailable(f"no models of the design {name}")
        return chosen


def share_out_of_equilibrium(results: Results) -> Measured:
    """Return the share of models at the selected rate whose σ is above zero with its interval.

    σ̂ is never negative: its jackknife bias comes off before the interval is taken, which has
    Student's quantile for as many blocks as the jackknife has. In a chain that is reversible by
    construction σ̂ is what rounding leaves, with hardly an error: that is none above zero.

    Returns
    -------
    Measured
        A share from 0 to 1, with Wilson's interval.

    Raises
    ------
    Unavailable
        If a model's entropy production is not a number.
    """
    from scipy.stats import t

    models = results.models
    quantile = t.ppf(ENDS[1], int(results.free[0].attrs["blocks"]) - 1)
    sigma = models.entropy_production - models.entropy_production_bias
    if not np.isfinite(sigma).all():
        raise Unavailable("the entropy production of some models is not a number")
    above = sigma - quantile * models.entropy_production_error > ROUNDING
    return share(above.to_numpy(), "models at the selected rate")


def relative_self_transition(results: Results) -> Measured:
    """Return the self-transition of models at the selected rate over that of independent states.

    Returns
    -------
    Measured
        Mean over models of ``K Σ_z π(z) T(z|z)``.
    """
    models = results.models
    values = models.self_transition * models.states
    return mean_over_states(models, values, "models at the selected rate")


def share_with_cycles(results: Results) -> Measured:
    """Return the share of models at the selected rate that cycle.

    Returns
    -------
    Measured
        A share from 0 to 1, with Wilson's interval.
    """
    return share(results.models.cycling.to_numpy(bool), "models at the selected rate")


def contrast(results: Results, quantity: str, least_favourable: str) -> Measured:
    """Return by how much cycling models exceed nearly reversible ones of the same rate.

    Parameters
    ----------
    results : Results
    quantity : str
        A column of :func:`triptych.cycles.tables.table`.
    least_favourable : str
        Which of the differences at the several K is returned: the ``least`` or the ``greatest``,
        each end by itself.

    Returns
    -------
    Measured
        In the unit of the quantity.

    Raises
    ------
    Unavailable
        If a K has fewer than eight models of either kind.
    ValueError
        If ``least_favourable`` is neither of the two.
    """
    models = results.design(CONTRAST)
    contrasts, missing = {}, []
    for states, rows in models.groupby("states"):
        try:
            contrasts[f"K = {states}"] = difference_of_kinds(rows, quantity)
        except Unavailable as too_few:
            missing.append(str(too_few))
    if missing:
        needed = f"{FEWEST_MODELS} of each are needed at every K"
        raise Unavailable("; ".join([*missing, needed]))
    return extreme(list(contrasts), list(contrasts.values()), least_favourable)


def gradient_cosine(results: Results, steps: str, less: str = "", at: str = "") -> Measured:
    """Return the cosine to the exact gradient with so many latent steps, or a gain in it.

    Parameters
    ----------
    results : Results
    steps : str
        Number of latent steps; 1 is the paper's last two steps of the whole chain.
    less : str, optional
        Number of latent steps whose cosine is subtracted, model by model; none if empty.
    at : str, optional
        K of the models that are taken; all if empty.

    Returns
    -------
    Measured
        Median over models, or the median difference. A cosine is from −1 to 1 but for the noise of
        the gradients, which can carry single models beyond.

    Raises
    ------
    Unavailable
        If there are no such models, or none whose gradient stands out of its noise.
    """
    store = results.truncation
    at_states = store.states.values == int(at) if at else np.ones(store.sizes["model"], bool)
    cosine = store.cosine.sel(parameters="all").isel(model=np.flatnonzero(at_states))
    for count in (steps, *([less] if less else [])):
        if int(count) not in cosine.steps:
            known = ", ".join(map(str, cosine.steps.values))
            raise Unavailable(f"no gradients that keep {count} latent steps; there are {known}")
    values = cosine.sel(steps=int(steps)).values
    if less:
        values = values - cosine.sel(steps=int(less)).values
    if not len(values):
        raise Unavailable(f"no models with {at} states")
    finite = values[np.isfinite(values)]
    if not len(finite):
        raise Unavailable(f"the gradients of all {len(values)} models are within their noise")
    medians = resampled_medians(finite, np.random.default_rng(SEED))
    basis = f"median of {len(finite)} models at the selected rate, resampled"
    if len(finite) < len(values):
        lost = len(values) - len(finite)
        basis += f"; {lost} more have gradients within their noise, or no exact one"
    return Measured.of_draws(medians, basis)


def excess_entropy_production(results: Results) -> Measured:
    """Return the z–x entropy production of models at the selected rate beyond equilibrium models'.

    Returns
    -------
    Measured
        Mean over models less the largest of any tied model, nats a chain step. That of a Bernoulli
        RBM, whose units are drawn from their conditionals, is 0 by construction.
    """
    models = results.models
    tied = np.concatenate([store.zx_entropy_production.values for store in results.tied])
    reference = np.max(np.abs(tied))
    description = (
        f"models at the selected rate, less {reference:.1g} of tied models; "
        "an RBM has 0 by construction"
    )
    return mean_over_states(models, models.zx_entropy_production - reference, description)


def _rbm_table(results: Results) -> pd.DataFrame:
    columns = ["states", "log_likelihood_held_out", "log_partition_error", "annealed_effective"]
    return pd.DataFrame(
        [[float(rbm[name]) for name in columns] for rbm in results.rbms], columns=columns
    )


def _one_step_models(results: Results) -> pd.DataFrame:
    return results.design(STEP_DESIGNS[PAPER_STEPS])


def likelihood_gain(results: Results, over: str) -> Measured:
    """Return by how much the paper's models are ahead of others on held-out images.

    It is the difference of the medians over models, averaged over the numbers of states K.

    Parameters
    ----------
    results : Results
    over : str
        ``tied`` models or the ``memoryless`` control, beside the paper's of the same length; the EM
        ``mixture``, or the Bernoulli ``rbm`` of as many parameters, beside those of full length.

    Returns
    -------
    Measured
        In nats an image.

    Raises
    ------
    Unavailable
        If for no K there are models of both kinds.
    ValueError
        If ``over`` is none of these.
    """
    resampling = "trained alike, at its best rate, resampled"
    match over:
        case "tied":
            models, references = _one_step_models(results), at_best_rate(table(results.tied))
        case "memoryless":
            models = _one_step_models(results)
            references = at_best_rate(results.design(MEMORYLESS))
        case "mixture":
            models, references = results.models, results.mixture.to_dataframe().reset_index()
            resampling = "ours resampled, the mixture taken as it is"
        case "rbm":
            models, references = results.models, _rbm_table(results)
            resampling = "ours resampled, the error of its log Z drawn"
        case _:
            known = "memoryless, mixture, rbm, tied"
            raise ValueError(f"no models called {over!r} to compare with; known: {known}")
    rng = np.random.default_rng(SEED)
    gains, gains_in_words = [], []
    for states, rows in models.groupby("states"):
        reference = references[references.states == states]
        if len(reference):
            gains.append(likelihood_medians(rows, rng) - likelihood_medians(reference, rng))
            counts = f"({len(rows)} and {len(reference)})"
            gains_in_words.append(f"{gains[-1][0]:.1f} at K = {states} {counts}")
    if not gains:
        raise Unavailable(f"no {over} models with as many states")
    means = np.mean(gains, 0)
    basis = (
        f"mean of {', '.join(gains_in_words)}; in brackets how many of each kind, {resampling}; "
        "held-out images as given"
    )
    if "annealed_effective" in references:
        fewest = references.annealed_effective.min()
        basis += f"; effective chains ≥ {fewest:.1f}"
    return Measured.of_draws(means, basis)


def steps_gain(results: Results, design: str) -> Measured:
    """Return what more latent steps in the gradient add to the held-out likelihood.

    Parameters
    ----------
    results : Results
    design : str
        One of :data:`triptych.cycles.design.STEP_DESIGNS`, compared with one step.

    Returns
    -------
    Measured
        Mean difference of models with the same K, rate and seed, in nats an image.

    Raises
    ------
    Unavailable
        If there are no such models.
    """
    with_more, with_one = (
        models.set_index(["states", "seed"]).log_likelihood_held_out
        for models in (results.design(design), _one_step_models(results))
    )
    pairs = (with_more - with_one).dropna().reset_index()
    return mean_over_states(
        pairs, pairs.log_likelihood_held_out, "pairs of trainings with the same seed"
    )


def typical(results: Results, design: str, quantity: str) -> Measured:
    """Return the mean of a quantity over the models of one variant, at its best rate.

    Parameters
    ----------
    results : Results
    design : str
        Of the variants, such as ``memoryless``.
    quantity : str
        A column of :func:`triptych.cycles.tables.table`.

    Returns
    -------
    Measured
        In the unit of the quantity.

    Raises
    ------
    Unavailable
        If there are no such models.
    """
    models = at_best_rate(results.design(design))
    return mean_over_states(models, models[quantity], "models at the best rate")


QUANTITIES: dict[str, Quantity] = {
    quantity.__name__: quantity
    for quantity in (
        share_out_of_equilibrium,
        relative_self_transition,
        share_with_cycles,
        contrast,
        gradient_cosine,
        excess_entropy_production,
        likelihood_gain,
        steps_gain,
        typical,
    )
}
