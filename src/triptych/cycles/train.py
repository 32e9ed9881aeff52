"""Training a population: many models, one batch, persistent chains, RMSprop ascent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import xarray as xr
from torch import Tensor

from triptych.cycles.gradient import ChainStep, cycle_gradient, tied_gradient
from triptych.cycles.history import COLUMNS, history_dataset, measure
from triptych.cycles.model import (
    Population,
    initialise,
    latent_logits,
    sample_latent,
    sample_visible,
)
from triptych.cycles.optimise import rmsprop_
from triptych.cycles.streams import stream
from triptych.runtime.monitor import Monitor, NullMonitor


@dataclass(frozen=True)
class Training:
    """Settings shared by all models of a population.

    Attributes
    ----------
    states : int
        Latent states K.
    iterations : int
        RMSprop steps.
    batch_size : int
        Images a step; the minibatches are the same for all models.
    chains : int
        Persistent chains a model; each makes one latent step an iteration.
    steps : int or None
        Latent steps kept in the gradient: 1 is the paper's two half steps, None is all of them.
    tied : bool
        Train the reversible reference, ``V = W``, by persistent contrastive divergence instead.
    cooldown : float
        Last fraction of the iterations over which the learning rates fall linearly to zero, in
        [0, 1]. At constant rates the likelihood of models in or near the reversible trap keeps
        jumping, for their π hangs on transition probabilities far below one visit.
    order_seed : int
        Seed of the order of the images.
    record_every : int
        Iterations between two rows of the history.
    record_draws : int
        Images a state from which the history estimates the latent kernel.
    """

    states: int
    iterations: int
    batch_size: int
    chains: int
    steps: int | None
    tied: bool
    cooldown: float
    order_seed: int
    record_every: int
    record_draws: int

    def __post_init__(self) -> None:
        for name in ("iterations", "batch_size", "chains", "record_every", "record_draws"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.states < 2:
            raise ValueError(f"states is {self.states}; a latent chain needs at least 2 states")
        if self.steps is not None and self.steps < 0:
            raise ValueError(f"steps is {self.steps}; it must be 0 or more, or None for all")
        if not 0.0 <= self.cooldown <= 1.0:
            raise ValueError(f"cooldown is {self.cooldown}; it must lie in [0, 1]")


@dataclass
class Progress:
    """All that changes while training goes on.

    Attributes
    ----------
    population : Population
    moments : dict of str to Tensor
        RMSprop's running mean squares, shaped like the parameters.
    chain_states : Tensor of int64, shape (M, C)
    fluxes : Tensor, shape (M, K, K)
        Mean of ``1[z₋₁ = z] A(z′|x₋₁)`` over the chains at their last step. Its column sums
        estimate π (the last half step summed, not sampled), its rows T.
    generators : list of torch.Generator
        A stream for each model, so that a model does not depend on its company.
    history : Tensor of float64, shape (records, len(COLUMNS), M)
        Rows not yet reached are NaN.
    iteration : int
        Iterations done.
    """

    population: Population
    moments: dict[str, Tensor]
    chain_states: Tensor
    fluxes: Tensor
    generators: list[torch.Generator]
    history: Tensor
    iteration: int = 0

    def state(self) -> dict[str, Tensor]:
        """Return copies of everything as tensors by name, for safekeeping.

        Returns
        -------
        dict of str to Tensor
        """
        return {
            **{f"parameter/{k}": v.clone() for k, v in self.population.tensors().items()},
            **{f"moment/{k}": v.clone() for k, v in self.moments.items()},
            **{f"generator/{i}": g.get_state() for i, g in enumerate(self.generators)},
            "chain_states": self.chain_states.clone(),
            "fluxes": self.fluxes.clone(),
            "history": self.history.clone(),
            "iteration": torch.tensor(self.iteration),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over a state.

        Parameters
        ----------
        state : mapping of str to Tensor
            As from :meth:`state`.
        """
        parameters = {k: state[f"parameter/{k}"].clone() for k in self.moments}
        self.population = Population.from_tensors(parameters)
        self.moments = {k: state[f"moment/{k}"].clone() for k in self.moments}
        for index, generator in enumerate(self.generators):
            generator.set_state(state[f"generator/{index}"])
        self.chain_states = state["chain_states"].clone()
        self.fluxes = state["fluxes"].clone()
        self.history = state["history"].clone()
        self.iteration = int(state["iteration"])


def begin(mean_image: Tensor, seeds: Sequence[int], settings: Training) -> Progress:
    """Return the state before the first iteration: small weights, chains spread over all states.

    Parameters
    ----------
    mean_image : Tensor, shape (N,)
        Mean of the binary training images.
    seeds : sequence of int, length M
    settings : Training

    Returns
    -------
    Progress
    """
    population = initialise(mean_image, settings.states, seeds, settings.tied)
    models, states = population.models, population.states
    records = -(-settings.iterations // settings.record_every)
    return Progress(
        population=population,
        moments={name: torch.zeros_like(p) for name, p in population.tensors().items()},
        chain_states=(torch.arange(settings.chains) % states).repeat(models, 1),
        fluxes=torch.full((models, states, states), states**-2.0, dtype=mean_image.dtype),
        generators=[stream(seed, "chains") for seed in seeds],
        history=torch.full((records, len(COLUMNS), models), torch.nan, dtype=torch.float64),
    )


def train(
    images: Tensor,
    held_out: Tensor,
    learning_rates: Sequence[float],
    seeds: Sequence[int],
    settings: Training,
    monitor: Monitor | None = None,
) -> tuple[Population, xr.Dataset]:
    """Train one model for each pair of a learning rate and a seed.

    The estimator needs π and T inside the gradient (``r`` and ``u``, and the baseline). Both come
    from the persistent chains' preceding step, ``π(z) = mean_c A(z|x_c)``, mixed with a uniform
    part of the weight of one visit, so that a state no chain is in keeps a small, finite ``π`` and
    can be found again. Averaging over more of the past was tried: it lets π lag behind the
    parameters and drives more models into the reversible trap.

    Parameters
    ----------
    images, held_out : Tensor, shapes (n, N) and (m, N)
        Binary images.
    learning_rates, seeds : sequence, length M
        Of each model.
    settings : Training
    monitor : Monitor, optional

    Returns
    -------
    Population
    xarray.Dataset
        The history; see :func:`triptych.cycles.history.history_dataset`.

    Raises
    ------
    ValueError
        If the lengths differ or the batch is larger than the data.
    FloatingPointError
        If a parameter stops being finite; names the parameter, the model and the iteration.
    """
    if len(learning_rates) != len(seeds):
        raise ValueError(f"{len(learning_rates)} learning rates for {len(seeds)} seeds")
    if settings.batch_size > len(images):
        raise ValueError(f"batch_size is {settings.batch_size}, but there are {len(images)} images")
    monitor = monitor or NullMonitor()
    progress = begin(images.mean(0), seeds, settings)
    kept = monitor.load_checkpoint()
    if kept is not None:
        progress.restore(kept)
    rates = torch.tensor(learning_rates, dtype=images.dtype)
    names = [
        f"K = {settings.states}, learning rate {r:g}, seed {s}"
        for r, s in zip(learning_rates, seeds, strict=True)
    ]
    buffer = torch.empty(len(seeds), settings.chains, images.shape[1] + 1, dtype=images.dtype)
    metrics: dict[str, float] = {}
    while progress.iteration < settings.iterations:
        batch = minibatch(images, progress.iteration, settings)
        ascend(progress, batch, buffer, rates * rate_factor(progress.iteration, settings), settings)
        check_finite(progress, names)
        if recording(progress.iteration, settings):
            row = measure(
                progress.population, images, held_out, settings.record_draws, seeds, settings.tied
            )
            progress.history[(progress.iteration - 1) // settings.record_every] = row
            metrics = dict(zip(COLUMNS, row.mean(-1).tolist(), strict=True))
        monitor.report(progress.iteration, settings.iterations, **metrics)
        monitor.save_checkpoint(progress.state)
    recorded = [i for i in range(1, settings.iterations + 1) if recording(i, settings)]
    history = history_dataset(
        progress.history, recorded, learning_rates, seeds, settings.states, settings.record_draws
    )
    return progress.population, history


def recording(iteration: int, settings: Training) -> bool:
    """Say whether the history has a row for this iteration: every so many, and the last.

    Parameters
    ----------
    iteration : int
        From 1.
    settings : Training

    Returns
    -------
    bool
    """
    return iteration % settings.record_every == 0 or iteration == settings.iterations


def rate_factor(iteration: int, settings: Training) -> float:
    """Return what the learning rates are multiplied with: one, then a ramp towards zero.

    Parameters
    ----------
    iteration : int
        From 0.
    settings : Training

    Returns
    -------
    float
        From 0 to 1.
    """
    remaining = settings.iterations - iteration
    ramp = settings.cooldown * settings.iterations
    return min(1.0, remaining / ramp) if ramp else 1.0


def minibatch(images: Tensor, iteration: int, settings: Training) -> Tensor:
    """Return the batch of one iteration; every epoch runs through a new permutation.

    Parameters
    ----------
    images : Tensor, shape (n, N)
    iteration : int
        From 0.
    settings : Training

    Returns
    -------
    Tensor, shape (batch_size, N)
    """
    batches = len(images) // settings.batch_size
    epoch, position = divmod(iteration, batches)
    generator = stream(settings.order_seed, "order", epoch)
    order = torch.randperm(len(images), generator=generator)
    start = position * settings.batch_size
    return images[order[start : start + settings.batch_size]]


def ascend(
    progress: Progress, batch: Tensor, buffer: Tensor, rates: Tensor, settings: Training
) -> None:
    """Advance the chains by one latent step and the parameters by one step uphill, in place.

    Parameters
    ----------
    progress : Progress
    batch : Tensor, shape (n, N)
        Zeros and ones.
    buffer : Tensor, shape (M, C, N + 1)
        Room for the random numbers of a step; it is overwritten.
    rates : Tensor, shape (M,)
        Learning rates of this iteration.
    settings : Training
    """
    population = progress.population
    for uniform, generator in zip(buffer, progress.generators, strict=True):
        uniform.uniform_(generator=generator)
    images = sample_visible(
        torch.sigmoid(population.fields), progress.chain_states, buffer[..., :-1]
    )
    latent = torch.softmax(latent_logits(population, images), dim=-1)
    pi, transitions = smoothed(progress.fluxes, settings.chains)
    step = ChainStep(progress.chain_states, images, latent, pi, transitions)
    if settings.tied:
        gradient = tied_gradient(population, batch, step)
    else:
        gradient = cycle_gradient(population, batch, step, settings.steps)
    rmsprop_(population.tensors(), progress.moments, gradient.tensors(), rates)

    visits = torch.nn.functional.one_hot(progress.chain_states, settings.states).to(latent.dtype)
    progress.fluxes = torch.bmm(visits.transpose(1, 2), latent) / settings.chains
    progress.chain_states = sample_latent(latent, buffer[..., -1])
    progress.iteration += 1


def smoothed(fluxes: Tensor, chains: int) -> tuple[Tensor, Tensor]:
    """Return π and T from fluxes mixed with one uniform visit.

    Parameters
    ----------
    fluxes : Tensor, shape (M, K, K)
        Probability per chain step, from the persistent chains.
    chains : int
        Their number C a model.

    Returns
    -------
    pi : Tensor, shape (M, K)
    transitions : Tensor, shape (M, K, K)
        Row-stochastic and positive.
    """
    states = fluxes.shape[-1]
    mixed = (chains * fluxes + states**-2.0) / (chains + 1.0)
    return mixed.sum(1), mixed / mixed.sum(-1, keepdim=True)


def check_finite(progress: Progress, names: Sequence[str]) -> None:
    """Check that all parameters are finite.

    Parameters
    ----------
    progress : Progress
    names : sequence of str, length M
        How the models are named in the message.

    Raises
    ------
    FloatingPointError
        If a parameter is not finite; names the parameter, the model and the iteration.
    """
    for name, parameter in progress.population.tensors().items():
        # A sum passes on every infinity and NaN, and costs less than a look at each number.
        finite = torch.isfinite(parameter.flatten(1).sum(1))
        if not finite.all():
            model = int((~finite).nonzero()[0])
            raise FloatingPointError(
                f"parameter {name} of model {model} ({names[model]}) is not finite "
                f"after iteration {progress.iteration}"
            )
