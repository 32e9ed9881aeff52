"""Training a population: many models, one batch, persistent chains, RMSprop ascent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import xarray as xr
from torch import Tensor

from triptych.cycles.chain_step import ChainStep, advance, estimate_from_chains
from triptych.cycles.design import Run
from triptych.cycles.gradient import cycle_gradient, tied_gradient
from triptych.cycles.history import COLUMNS, history_dataset, measure_row
from triptych.cycles.model import PARAMETER_NAMES, Population, initialise, sample_latent
from triptych.cycles.optimise import rmsprop_
from triptych.cycles.streams import stream
from triptych.runtime.monitor import Monitor, NullMonitor


@dataclass(frozen=True)
class Training:
    """Settings shared by all models of a population.

    Attributes
    ----------
    states : int
        Latent states K, at least 2: with one state there is no chain.
    iterations : int
        RMSprop steps.
    batch_size : int
        Images a step; the minibatches are the same for all models.
    chains : int
        Persistent chains a model; each makes one latent step an iteration.
    tied : bool
        Train the reversible reference, ``V = W``, by persistent contrastive divergence instead.
    cooldown : float
        Last fraction of the iterations over which the learning rates fall linearly to zero, in
        [0, 1]. At constant rates the likelihood of models that are collapsed or nearly reversible
        keeps jumping, for their π hangs on transition probabilities far below one visit.
    order_seed : int
        Seed of the order of the images.
    record_every : int
        Iterations between two rows of the history.
    record_draws : int
        Images a state from which the history estimates the latent kernel.

    Raises
    ------
    ValueError
        If a count is below 1, ``states`` below 2, or ``cooldown`` outside [0, 1].
    """

    states: int
    iterations: int
    batch_size: int
    chains: int
    tied: bool
    cooldown: float
    order_seed: int
    record_every: int
    record_draws: int

    def __post_init__(self) -> None:
        # A script that is run by hand has no configuration that was checked.
        for name in ("iterations", "batch_size", "chains", "record_every", "record_draws"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.states < 2:
            raise ValueError(f"states is {self.states}; a latent chain needs at least 2 states")
        if not 0.0 <= self.cooldown <= 1.0:
            raise ValueError(f"cooldown is {self.cooldown}; it must lie in [0, 1]")


CHECKPOINTED = ("chain_states", "previous_states", "latent", "history")
"""Tensors of :class:`Progress` that a checkpoint has under their own names."""


@dataclass
class Progress:
    """All that changes while training goes on.

    Attributes
    ----------
    population : Population
    moments : dict of str to Tensor
        RMSprop's running mean squares, shaped like the parameters.
    chain_states : int64 Tensor of shape (M, C)
    previous_states : int64 Tensor of shape (M, C)
        Those before the last step.
    latent : Tensor of shape (M, C, K)
        ``A(·|x)`` of the last step, which ``chain_states`` were drawn from.
    generators : list of torch.Generator
        A stream for each model, so that a model does not depend on its company.
    history : float64 Tensor of shape (records, len(COLUMNS), M)
        Rows not yet reached are NaN.
    iteration : int, optional
        Iterations done.
    """

    population: Population
    moments: dict[str, Tensor]
    chain_states: Tensor
    previous_states: Tensor
    latent: Tensor
    generators: list[torch.Generator]
    history: Tensor
    iteration: int = 0

    def state(self) -> dict[str, Tensor]:
        """Return everything as tensors by name.

        The tensors are the live ones, not copies: save them before the next step.

        Returns
        -------
        dict of str to Tensor
            Those of the class in the shapes that it states, parameters and moments one by one;
            ``iteration``, of shape (); of each generator its state, uint8 of shape (bytes,).
        """
        return {
            **{f"parameter/{name}": tensor for name, tensor in self.population.tensors().items()},
            **{f"moment/{name}": moment for name, moment in self.moments.items()},
            **{
                f"generator/{model}": generator.get_state()
                for model, generator in enumerate(self.generators)
            },
            **{name: getattr(self, name) for name in CHECKPOINTED},
            "iteration": torch.tensor(self.iteration),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over what :meth:`state` returned.

        Parameters
        ----------
        state : mapping of str to Tensor
            In the shapes that :meth:`state` states.

        Raises
        ------
        KeyError
            If a tensor is missing.
        """
        self.population = Population.from_tensors(
            {name: state[f"parameter/{name}"] for name in PARAMETER_NAMES}
        )
        self.moments = {name: state[f"moment/{name}"] for name in PARAMETER_NAMES}
        for model, generator in enumerate(self.generators):
            generator.set_state(state[f"generator/{model}"])
        for name in CHECKPOINTED:
            setattr(self, name, state[name])
        self.iteration = int(state["iteration"])


def begin(mean_image: Tensor, runs: Sequence[Run], settings: Training) -> Progress:
    """Return the state before the first iteration: small weights, chains spread over all states.

    Parameters
    ----------
    mean_image : Tensor of shape (N,)
        Of the binary training images.
    runs : sequence of Run, length M
    settings : Training

    Returns
    -------
    Progress
    """
    seeds = [run.seed for run in runs]
    population = initialise(mean_image, settings.states, seeds, settings.tied)
    for model, run in enumerate(runs):
        if run.memoryless:  # W is never moved from there, see :func:`ascend`
            population.W[model] = 0.0
    models, states = population.models, population.states
    records = -(-settings.iterations // settings.record_every)
    spread = (torch.arange(settings.chains) % states).repeat(models, 1)
    uniform = torch.full((models, settings.chains, states), 1.0 / states, dtype=mean_image.dtype)
    return Progress(
        population=population,
        moments={name: torch.zeros_like(tensor) for name, tensor in population.tensors().items()},
        chain_states=spread,
        previous_states=spread.clone(),
        latent=uniform,
        generators=[stream(seed, "chains") for seed in seeds],
        history=torch.full((records, len(COLUMNS), models), torch.nan, dtype=torch.float64),
    )


def train(
    images: Tensor,
    held_out: Tensor,
    runs: Sequence[Run],
    settings: Training,
    monitor: Monitor | None = None,
) -> tuple[Population, xr.Dataset]:
    """Train one model for each run.

    The estimator needs π and T inside the gradient (``r`` and ``u``, and the baseline). Both come
    from the persistent chains' preceding step, ``π(z) = mean_c A(z|x_c)``, mixed with a uniform
    part of the weight of one visit, so that a state no chain is in keeps a small, finite ``π`` and
    can be found again. What weighs a chain's score leaves out the chain's own ``A(·|x)``
    (:func:`triptych.cycles.chain_step.estimate_from_chains`). Averaging over more of the past was
    tried: it lets π lag behind the parameters and leaves more models collapsed.

    Parameters
    ----------
    images, held_out : Tensor of shapes (n, N) and (m, N)
        Binary images.
    runs : sequence of Run, length M
        With numbers for learning rates.
    settings : Training
    monitor : Monitor, optional

    Returns
    -------
    population : Population
    history : xarray.Dataset
        See :func:`triptych.cycles.history.history_dataset`.

    Raises
    ------
    ValueError
        If the batch is larger than the data, or a learning rate is not a number.
    FloatingPointError
        If a parameter stops being finite; names the parameter, the model and the iteration.
    """
    if settings.batch_size > len(images):
        raise ValueError(f"batch_size is {settings.batch_size}, but there are {len(images)} images")
    monitor = monitor or NullMonitor()
    progress = begin(images.mean(0), runs, settings)
    checkpoint = monitor.load_checkpoint()
    if checkpoint is not None:
        progress.restore(checkpoint)
    rates = torch.tensor([run.rate for run in runs], dtype=images.dtype)
    seeds = [run.seed for run in runs]
    chain_images = torch.empty(len(runs), settings.chains, images.shape[1], dtype=images.dtype)
    metrics: dict[str, float] = {}
    while progress.iteration < settings.iterations:
        batch = minibatch(images, progress.iteration, settings)
        factor = rate_factor(progress.iteration, settings)
        ascend(progress, batch, chain_images, rates * factor, runs, settings)
        check_finite(progress, runs)
        if is_recorded(progress.iteration, settings):
            row = measure_row(
                progress.population, images, held_out, settings.record_draws, seeds, settings.tied
            )
            progress.history[(progress.iteration - 1) // settings.record_every] = row
            metrics = dict(zip(COLUMNS, row.mean(-1).tolist(), strict=True))
        monitor.report(progress.iteration, settings.iterations, **metrics)
        monitor.save_checkpoint(progress.state)
    recorded = [i for i in range(1, settings.iterations + 1) if is_recorded(i, settings)]
    history = history_dataset(progress.history, recorded, runs, settings.states)
    history.attrs.update(
        draws_per_state=settings.record_draws, constant_until=constant_until(settings)
    )
    return progress.population, history


def is_recorded(iteration: int, settings: Training) -> bool:
    """Say whether the history has a row for this iteration, from 1: every so many, and the last."""
    return iteration % settings.record_every == 0 or iteration == settings.iterations


def rate_factor(iteration: int, settings: Training) -> float:
    """Return the factor of the learning rates at an iteration, from 0: one, then a ramp to zero."""
    remaining = settings.iterations - iteration
    ramp = settings.cooldown * settings.iterations
    return min(1.0, remaining / ramp) if ramp else 1.0


def constant_until(settings: Training) -> int:
    """Return the last iteration, from 1, that is made at the full learning rates."""
    full = (i for i in range(settings.iterations, 0, -1) if rate_factor(i - 1, settings) == 1.0)
    return next(full, 0)


def minibatch(images: Tensor, iteration: int, settings: Training) -> Tensor:
    """Return the batch of one iteration.

    Every epoch draws a new permutation; images beyond its last whole batch are not used.

    Parameters
    ----------
    images : Tensor of shape (n, N)
    iteration : int
        From 0.
    settings : Training
        Batch size and seed of the order.

    Returns
    -------
    Tensor of shape (batch_size, N)
        Some of the images.
    """
    batches = len(images) // settings.batch_size
    epoch, position = divmod(iteration, batches)
    generator = stream(settings.order_seed, "order", epoch)
    order = torch.randperm(len(images), generator=generator)
    start = position * settings.batch_size
    return images[order[start : start + settings.batch_size]]


def ascend(
    progress: Progress,
    batch: Tensor,
    chain_images: Tensor,
    rates: Tensor,
    runs: Sequence[Run],
    settings: Training,
) -> None:
    """Advance the chains by one latent step and the parameters by one step uphill, in place.

    Parameters
    ----------
    progress : Progress
    batch : Tensor of shape (n, N)
        Zeros and ones.
    chain_images : Tensor of shape (M, C, N)
        It is overwritten by the images of the chains.
    rates : Tensor of shape (M,)
        Learning rates of this iteration.
    runs : sequence of Run, length M
    settings : Training
    """
    population = progress.population
    latent, uniform = advance(population, progress.chain_states, progress.generators, chain_images)
    if settings.tied:
        gradient = tied_gradient(population, batch, chain_images, latent)
    else:
        estimates = estimate_from_chains(progress.latent, progress.previous_states)
        step = ChainStep(progress.chain_states, chain_images, latent, *estimates)
        gradient = cycle_gradient(population, batch, step, [run.steps for run in runs])
        for model, run in enumerate(runs):
            if run.memoryless:
                gradient.W[model] = 0.0
    rmsprop_(population.tensors(), progress.moments, gradient.tensors(), rates)

    progress.previous_states, progress.latent = progress.chain_states, latent
    progress.chain_states = sample_latent(latent, uniform)
    progress.iteration += 1


def check_finite(progress: Progress, runs: Sequence[Run]) -> None:
    """Check that all parameters are finite.

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
            run, states = runs[model], progress.population.states
            raise FloatingPointError(
                f"parameter {name} of model {model} (K = {states}, {run.design}, learning rate "
                f"{run.rate:g}, seed {run.seed}) is not finite after iteration {progress.iteration}"
            )
