"""Everything that is measured on a trained population, model by model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor

from triptych.cycles.binary_images import flat_images, labels_of
from triptych.cycles.classify import class_given_state, histogram, kl_divergence
from triptych.cycles.decomposition import decompose
from triptych.cycles.history import COLUMNS
from triptych.cycles.likelihood import log_density
from triptych.cycles.model import Population, log_visible
from triptych.cycles.stationary import autocorrelation_time, stationary, tied_stationary
from triptych.cycles.thermodynamics import (
    circulation,
    current,
    effective_states,
    entropy_production,
    flux,
    self_transition,
)
from triptych.cycles.transitions import (
    entropy_production_half_draws,
    estimate_transitions,
    jackknife,
    of_stationary_fluxes,
)
from triptych.cycles.whole_chain import entropy_production_of_images, whole_chain_dataset
from triptych.runtime.monitor import Monitor, NullMonitor

Array = NDArray[np.float64]

FEWEST_STATES = 3.0
"""Effective states below which a model is collapsed: a cycle needs three."""

CYCLING = 0.1
"""Net circulation, per chain step, from which on a model counts as cycling."""

LABELS = {
    **COLUMNS,
    "log_likelihood": ("mean log-likelihood of training images", "nat"),
    "pi": ("stationary state", "1"),
    "self_transition": ("self-transition probability", "1"),
    "autocorrelation_time": ("integrated autocorrelation time of the latent state", "chain step"),
    "kl_classes": ("KL divergence of the model's classes from the data's", "nat"),
}
"""Name and unit of what is jackknifed. The likelihood is of all images, not as while training."""

Quantity = Callable[[Array], Array]
"""A function of latent kernels (..., K, K)."""


@dataclass(frozen=True)
class Evaluation:
    """Settings of the evaluation.

    Attributes
    ----------
    draws : int
        Images a state for the latent kernel; a multiple of ``blocks``.
    blocks : int
        Blocks of the jackknife.
    class_draws : int
        Images a state that are classified.
    cycles : int
        Cycles kept, of the strongest; shorter lists are padded.
    reversible : float
        A model whose σ is below this, in nats a step, counts as nearly reversible.
        Self-transition alone does not tell: two states taking turns are reversible, too.
    images : int
        Images a state that the entropy production of the whole z–x chain is estimated from.
    seed : int
    tied : bool
        The population is the detailed-balance reference: its stationary state is known in closed
        form and used for likelihood, classes, effective states and the whole z–x chain. What
        follows from fluxes is measured like any other's, so that σ shows what noise the estimator
        leaves of an exact zero.
    """

    draws: int
    blocks: int
    class_draws: int
    cycles: int
    reversible: float
    images: int
    seed: int
    tied: bool


class DataSplit(NamedTuple):
    """What models are compared with.

    Attributes
    ----------
    images, held_out : Tensor of shapes (n, N) and (m, N)
        Zeros and ones, of the type of the parameters.
    class_histogram : ndarray of shape (10,)
        Of the training images.
    """

    images: Tensor
    held_out: Tensor
    class_histogram: Array


def evaluate(
    population: Population,
    coordinates: Mapping[str, xr.DataArray],
    data: xr.Dataset,
    classifier: xr.Dataset,
    settings: Evaluation,
    monitor: Monitor | None = None,
) -> xr.Dataset:
    """Measure thermodynamics, likelihood, classes, mixing and cycles of every model.

    Scalars and π that follow from the estimated kernel come with a jackknife standard error
    (``…_error``). It is that of the kernel's draws alone: images and their classes are taken as
    given. Only that of ``zx_entropy_production`` covers its images, too. σ also comes with its
    bias (``…_bias``, not subtracted) and its value from half the draws (``…_half_draws``).

    Parameters
    ----------
    population : Population
    coordinates : mapping of str to xarray.DataArray of shape (M,)
        What tells the models apart, as the history has it.
    data : xarray.Dataset
        What the models were trained on, as from
        :func:`triptych.cycles.binary_images.binary_dataset`.
    classifier : xarray.Dataset
        As from :func:`triptych.cycles.classify.fit`.
    settings : Evaluation
    monitor : Monitor, optional
        Gets a report of every model.

    Returns
    -------
    xarray.Dataset
        By ``model``, float64: ``transitions``, ``current`` (state, state_to); ``class_histogram``
        (class); ``pi`` (state); scalars ``log_likelihood``, ``log_likelihood_held_out`` (nats an
        image), ``entropy_production``, ``zx_entropy_production`` (nats a chain step),
        ``self_transition``, ``effective_states``, ``circulation`` (per chain step),
        ``autocorrelation_time`` (chain steps), ``kl_classes`` (nats); ``cycle_states`` (cycle,
        position) int, −1 behind the end; ``cycle_flux``, ``cycle_affinity`` (cycle), NaN where
        there is none; bool ``collapsed``, ``nearly_reversible``, ``cycling``.
    """
    monitor = monitor or NullMonitor()
    images, held_out = (
        torch.from_numpy(flat_images(data, is_held_out)).to(population.W)
        for is_held_out in (False, True)
    )
    split = DataSplit(images, held_out, histogram(labels_of(data, held_out=False)))
    evaluations = []
    for m in range(population.models):
        model = population.model(m)
        evaluation = _evaluate_model(model, split, classifier, settings)
        evaluations.append(evaluation)
        monitor.report(
            m + 1, population.models, entropy_production=float(evaluation.entropy_production)
        )
    result = xr.concat(evaluations, dim="model", combine_attrs="override")
    result = result.assign_coords(
        {name: ("model", coordinate.values) for name, coordinate in coordinates.items()}
    )
    result.attrs.update(
        draws_per_state=settings.draws,
        class_draws_per_state=settings.class_draws,
        reversible_below=settings.reversible,
        collapsed_below=FEWEST_STATES,
        cycling_from=CYCLING,
        tied=settings.tied,
        blocks=settings.blocks,
    )
    return result


def _evaluate_model(
    model: Population, split: DataSplit, classifier: xr.Dataset, settings: Evaluation
) -> xr.Dataset:
    """Return all quantities of one model, without a model dimension."""
    kernels = estimate_transitions(model, settings.draws, settings.blocks, [settings.seed])
    kernel = kernels[0].mean(0)
    fluxes = flux(kernel, stationary(kernel))
    classes = class_given_state(classifier, model, settings.class_draws, settings.seed)
    pi_of = _pi_of(model, settings.tied)
    quantities = _quantities(model, split, classes, settings.class_draws, pi_of)
    result = xr.Dataset(
        {
            "transitions": (("state", "state_to"), kernel),
            "current": (("state", "state_to"), current(fluxes)),
            "class_histogram": ("class", pi_of(kernel) @ classes),
        }
    ).merge(_jackknifed_dataset(kernels, quantities))
    result["entropy_production_half_draws"] = (
        (),
        entropy_production_half_draws(kernels)[0],
        {"units": "nat / chain step"},
    )
    result["collapsed"] = ((), bool(result.effective_states < FEWEST_STATES))
    result["nearly_reversible"] = ((), bool(result.entropy_production < settings.reversible))
    result["cycling"] = ((), bool(result.circulation >= CYCLING))
    image_production = entropy_production_of_images(model, settings.images, settings.seed)
    whole_chain = whole_chain_dataset(image_production, kernels, pi_of)
    return result.merge(whole_chain).merge(_cycle_dataset(fluxes, settings.cycles))


def _quantities(
    model: Population,
    split: DataSplit,
    classes: Array,
    class_draws: int,
    pi_of: Quantity,
) -> dict[str, Quantity]:
    """Return what is jackknifed, as functions of kernels, by the names of :data:`LABELS`."""
    return {
        "pi": pi_of,
        "entropy_production": of_stationary_fluxes(entropy_production),
        "self_transition": of_stationary_fluxes(self_transition),
        "effective_states": lambda kernels: effective_states(pi_of(kernels)),
        "circulation": of_stationary_fluxes(circulation),
        "autocorrelation_time": lambda kernels: autocorrelation_time(kernels, stationary(kernels)),
        "log_likelihood": _mean_log_likelihood(model, split.images, pi_of),
        "log_likelihood_held_out": _mean_log_likelihood(model, split.held_out, pi_of),
        "kl_classes": _class_divergence(split.class_histogram, classes, class_draws, pi_of),
    }


def _jackknifed_dataset(kernels: Array, quantities: Mapping[str, Quantity]) -> xr.Dataset:
    """Return each quantity with its error, and σ with its bias; kernels (1, blocks, K, K)."""
    variables: dict[str, tuple] = {}
    for name, quantity in quantities.items():
        estimate = jackknife(kernels, quantity)
        label, unit = LABELS[name]
        error_label = f"standard error of the {label}, of the kernel's draws"
        dims = ("state",) if name == "pi" else ()
        variables[name] = (dims, estimate.value[0], {"long_name": label, "units": unit})
        variables[f"{name}_error"] = (
            dims,
            estimate.error[0],
            {"long_name": error_label, "units": unit},
        )
        if name == "entropy_production":
            variables[f"{name}_bias"] = ((), estimate.bias[0], {"units": unit})
    return xr.Dataset(variables)


def _pi_of(model: Population, tied: bool) -> Quantity:
    """Return the function from kernels (..., K, K) to the stationary state of the model."""
    if not tied:
        return stationary
    exact = tied_stationary(model)[0]
    return lambda kernels: np.broadcast_to(exact, kernels.shape[:-1])


def _mean_log_likelihood(model: Population, images: Tensor, pi_of: Quantity) -> Quantity:
    """Return the mean log-likelihood as a function of kernels; log B is computed once."""
    log_b = log_visible(model.fields, images)[0].double()
    return lambda kernels: log_density(log_b, torch.tensor(pi_of(kernels))).numpy().mean(-1)


def _class_divergence(
    data_histogram: Array, classes: Array, draws: int, pi_of: Quantity
) -> Quantity:
    """Return KL(data‖model) of classes as a function of kernels, from ``P(class|z)`` (K, 10)."""

    def quantity(kernels: Array) -> Array:
        pi = pi_of(kernels)
        # A mean weighted by π varies like that of so many images, of ``draws`` seen in each state.
        effective_draws = draws / (pi**2).sum(-1)
        return kl_divergence(data_histogram, pi @ classes, effective_draws)

    return quantity


def _cycle_dataset(fluxes: Array, count: int) -> xr.Dataset:
    """Return the strongest cycles; −1 stands behind the end of one, NaN where there is none."""
    strongest = decompose(fluxes)[:count]
    states = np.full((count, len(fluxes)), -1)
    values = np.full((2, count), np.nan)
    for row, cycle in enumerate(strongest):
        states[row, : len(cycle.states)] = cycle.states
        values[:, row] = cycle.flux, cycle.affinity
    return xr.Dataset(
        {
            "cycle_states": (("cycle", "position"), states),
            "cycle_flux": ("cycle", values[0], {"units": "1 / chain step"}),
            "cycle_affinity": ("cycle", values[1], {"units": "nat"}),
        }
    )
