"""From the settings that the search selected to a network, and to its training."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import xarray as xr

from triptych.runtime.monitor import Monitor
from triptych.ssno.emulator import Emulator
from triptych.ssno.frames import Frames, channel_scale, increment_scale, select_frames
from triptych.ssno.model import SSNO
from triptych.ssno.models import build_model
from triptych.ssno.names import DEFAULT
from triptych.ssno.regression import fit_symbol
from triptych.ssno.specs import FINE_EVERY, VARIANTS, ModelSpec, TrainingSpec
from triptych.ssno.system import System
from triptych.ssno.training import Trained, train
from triptych.training.tensors import count_parameters

OVERHEAD = 0.3
"""Cost of a step of Adam beside its substeps, in substeps. Measured on five systems: 0.1 to 0.4."""


@dataclass(frozen=True)
class Recipe:
    """Which network, and what was selected for it.

    Attributes
    ----------
    model, variant : str
    sizes : mapping of str to object
        Of the baseline, or of the SSNO.
    learning_rate : float
        Peak of its training.
    """

    model: str
    variant: str
    sizes: Mapping[str, Any]
    learning_rate: float

    def options(self, **changes: Any) -> ModelSpec | Mapping[str, Any]:
        """Return what the network is built from; ``changes`` are those of an SSNO's spec."""
        if self.model != "ssno":
            if self.variant != DEFAULT:
                raise ValueError(f"{self.model} has no variant {self.variant!r}")
            return self.sizes
        return replace(ModelSpec(**self.sizes), **{**VARIANTS[self.variant], **changes})

    def coarse_share(self, declared: float) -> float:
        """Return the first share of a training's iterations that take fewer steps than the last.

        It is the declared one for an SSNO with substeps, and else 0. One explicit step in a ``dt``
        is not stable where the linear part is stiff.
        """
        options = self.options()
        if not isinstance(options, ModelSpec) or options.substeps == 1:
            return 0.0
        return declared if options.integrating_factor else 0.0

    def build(
        self,
        system: System,
        seed: int,
        increment_scale: np.ndarray,
        device: torch.device | str = "cpu",
        **changes: Any,
    ) -> Emulator:
        """Return the network with fresh weights, as :func:`.models.build_model` does.

        The parameters are those of that function; ``changes`` are those of :meth:`options`.
        """
        return build_model(
            self.model,
            system,
            seed=seed,
            options=self.options(**changes),
            increment_scale=increment_scale,
            device=device,
        )

    def training(
        self, settings: Mapping[str, Any], iterations: int, share: float, *, mixed: bool = False
    ) -> TrainingSpec:
        """Return how the network is trained, at the cost of so many iterations.

        Parameters
        ----------
        settings : mapping of str to object
            As ``training`` in the configuration.
        iterations : int
            Of the model; where it is the SSNO, with one substep.
        share : float
            Of them, and of the validations: 1, or that of a candidate of the search.
        mixed : bool, optional
            Take substeps in the coarse share, too, at the same cost: see :class:`TrainingSpec`.
        """
        iterations = max(1, round(share * iterations))
        validations = max(1, round(share * settings["validations"]))
        options, coarse_share = self.options(), self.coarse_share(settings["coarse_share"])
        lengths = tuple(settings["unroll_lengths"])
        if isinstance(options, ModelSpec):
            substeps = mean_substeps(options.substeps, coarse_share, lengths, mixed=mixed)
            iterations = equal_cost(iterations, substeps)
        changes = {
            "unroll_lengths": lengths,
            "coarse_share": coarse_share,
            "mixed": mixed,
            "validations": validations,
        }
        return TrainingSpec(
            **{**settings, **changes}, iterations=iterations, learning_rate=self.learning_rate
        )


def mean_substeps(
    substeps: int, coarse_share: float, unroll_lengths: Sequence[int], *, mixed: bool
) -> float:
    """Return the substeps in a ``dt``, in the mean over all steps in a training's losses.

    Pushforward steps are left out: they have no gradient, and every part has as many on average.

    Parameters
    ----------
    substeps : int
        After the coarse share; one before.
    coarse_share : float
        First share of the iterations.
    unroll_lengths : sequence of int
        Steps in the loss, in successive equal parts of the iterations.
    mixed : bool
        Whether one in :data:`.specs.FINE_EVERY` iterations of the coarse share takes them as well.
    """
    count = len(unroll_lengths)
    fine = [max(0.0, (part + 1) / count - max(part / count, coarse_share)) for part in range(count)]
    if mixed:
        fine = [share + (1 / count - share) / FINE_EVERY for share in fine]
    steps = sum(unroll_lengths) / count
    fine_steps = sum(share * length for share, length in zip(fine, unroll_lengths, strict=True))
    return 1 + (substeps - 1) * fine_steps / steps


def equal_cost(iterations: int, substeps: float) -> int:
    """Return the iterations of an SSNO that cost as much as so many with one substep.

    The cost is declared, so that trainings of the same cost have the same iterations on every
    machine: a part that every step of Adam has, and one for each substep.

    Parameters
    ----------
    iterations : int
        With one substep.
    substeps : float
        In one ``dt``, as from :func:`mean_substeps`.
    """
    return max(1, round(iterations * (OVERHEAD + 1) / (OVERHEAD + substeps)))


@dataclass(frozen=True)
class TrainingData:
    """What a model is trained and validated on.

    Attributes
    ----------
    training, validation : Frames
    scale : float32 ndarray of shape (channels,)
        Of every channel in the training data.
    increment_scale : float32 ndarray of shape (channels,)
        Standard deviation of a change in one ``dt``, in units of the scale.
    """

    training: Frames
    validation: Frames
    scale: np.ndarray
    increment_scale: np.ndarray

    @classmethod
    def of(
        cls,
        system: System,
        training: xr.Dataset,
        validation: xr.Dataset,
        trajectories: int,
        device: torch.device | str,
    ) -> TrainingData:
        """Return the first trajectories, and all that are for validation, at the system's step.

        Parameters
        ----------
        system : System
        training, validation : xarray.Dataset
            With ``state`` (trajectory, time, channel, *grid) in its units, and ``time``.
        trajectories : int
            How many of those for training.
        device : torch.device or str
            Where the frames are.

        Raises
        ------
        ValueError
            As in :func:`triptych.ssno.frames.select_frames`.
        """
        selected = select_frames(training, system.dt, trajectories)
        scale = channel_scale(selected, system.shared_scale)
        frames = Frames(selected, scale, device)
        held_out = Frames(select_frames(validation, system.dt), scale, device)
        return cls(frames, held_out, scale, increment_scale(frames))


def fit(
    recipe: Recipe,
    system: System,
    data: TrainingData,
    spec: TrainingSpec,
    *,
    seed: int,
    device: torch.device | str,
    monitor: Monitor,
) -> Trained:
    """Build a network and train it; the linear part of an SSNO is fitted first.

    Not where it is stepped explicitly: the stiff decays of an equation are just what such a step
    does not stand.

    Parameters
    ----------
    recipe : Recipe
    system : System
    data : TrainingData
    spec : TrainingSpec
    seed : int
        Of the weights, and of the windows drawn.
    device : torch.device or str
        Where to compute.
    monitor : Monitor
        As for :func:`triptych.ssno.training.train`.

    Returns
    -------
    Trained
        Its history has as attributes what it takes, beside sizes and variant, to rebuild the
        network, what the training took and the number of ``parameters``.
    """
    started = time.process_time()
    network = recipe.build(system, seed, data.increment_scale, device)
    if isinstance(network, SSNO) and network.spec.integrating_factor:
        fit_symbol(network, data.training)
    seconds = time.process_time() - started
    trained = train(network, data.training, data.validation, spec, seed=seed, monitor=monitor)
    history = trained.history.assign_attrs(
        model=recipe.model,
        learning_rate=recipe.learning_rate,
        substeps=network.spec.substeps if isinstance(network, SSNO) else 0,
        cpu_seconds=seconds + trained.cpu_seconds,
        restarts=trained.divergences,
        parameters=count_parameters(network),
        channel_scale=data.scale.tolist(),
        increment_scale=data.increment_scale.tolist(),
    )
    history["validation_error"] = ((), trained.best, {"long_name": "of the weights kept"})
    return replace(trained, history=history, cpu_seconds=seconds + trained.cpu_seconds)


def train_until_good(
    train: Callable[[str, float, bool], Trained],
    begins_coarse: bool,
    candidate_error: float,
    share: float,
) -> Trained:
    """Return the full training, or what validation prefers of it and those that are tried after it.

    Where the loss of an SSNO diverges too often, as it can when its substeps begin, a training with
    substeps among the iterations before is tried. Where the error is above that of the candidate,
    one as short as that is tried: a few trajectories can be learned by heart.

    Parameters
    ----------
    train : callable
        Trains, given a name, the share of a full training's cost and whether it is mixed: see
        :class:`.specs.TrainingSpec`.
    begins_coarse : bool
        Whether its first iterations take fewer steps in a ``dt`` than its last.
    candidate_error : float
        Validation error of the candidate that was selected.
    share : float
        That of the candidate.

    Returns
    -------
    Trained
        With the CPU time of all. It is in its history's attributes as well, beside the divergences
        of all as ``restarts``, the names of the ``trainings`` and of the one that is ``kept``.
    """
    trainings = {"train": train("train", 1.0, False)}
    if trainings["train"].ended_early and begins_coarse:
        trainings["mixed"] = train("mixed", 1.0, True)
    if all(trained.best > candidate_error for trained in trainings.values()):
        trainings["short"] = train("short", share, False)
    kept = min(trainings, key=lambda name: trainings[name].best)
    seconds = sum(trained.cpu_seconds for trained in trainings.values())
    divergences = sum(trained.divergences for trained in trainings.values())
    history = trainings[kept].history.assign_attrs(
        cpu_seconds=seconds, restarts=divergences, trainings=", ".join(trainings), kept=kept
    )
    return replace(trainings[kept], history=history, cpu_seconds=seconds)
