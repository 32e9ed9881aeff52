"""From the settings that the search selected to a network, and to its training."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from triptych.runtime.monitor import Monitor
from triptych.ssno.frames import Frames, channel_scale, increment_scale, select_frames
from triptych.ssno.model import SSNO as Operator
from triptych.ssno.models import build_model
from triptych.ssno.names import SSNO
from triptych.ssno.regression import fit_symbol
from triptych.ssno.specs import VARIANTS, ModelSpec, TrainingSpec
from triptych.ssno.system import System
from triptych.ssno.training import Trained, train

BESIDE_SUBSTEPS = 0.3
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
        if self.model != SSNO:
            return self.sizes
        return replace(ModelSpec(**self.sizes), **{**VARIANTS[self.variant].changes, **changes})

    def build(
        self,
        system: System,
        seed: int,
        increment_scale: np.ndarray,
        device: torch.device | str = "cpu",
        **changes: Any,
    ) -> nn.Module:
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

    def training(self, settings: Mapping[str, Any], count: int, share: float) -> TrainingSpec:
        """Return how the network is trained, at the cost of so many iterations.

        Parameters
        ----------
        settings : mapping of str to object
            As ``training`` in the configuration.
        count : int
            Iterations of the model; where it is the SSNO, with one substep.
        share : float
            Of them, and of the validations: 1, or that of a candidate of the search.
        """
        count, validations = (max(1, round(share * n)) for n in (count, settings["validations"]))
        options, coarse = self.options(), settings["coarse_share"]
        lengths = tuple(settings["unroll_lengths"])
        if isinstance(options, ModelSpec):
            # One explicit step in a dt is not stable where the linear part is stiff.
            coarse = coarse if options.integrating_factor else 0.0
            count = equal_cost(count, mean_substeps(options.substeps, coarse, lengths))
        chosen = {"unroll_lengths": lengths, "coarse_share": coarse, "validations": validations}
        return TrainingSpec(
            **{**settings, **chosen}, iterations=count, learning_rate=self.learning_rate
        )


def mean_substeps(substeps: int, coarse_share: float, unroll_lengths: Sequence[int]) -> float:
    """Return the substeps in a ``dt``, in the mean over all steps of a training's windows.

    Parameters
    ----------
    substeps : int
        After the coarse share; one before.
    coarse_share : float
        First share of the iterations.
    unroll_lengths : sequence of int
        Steps of a window, in successive equal parts of the iterations.
    """
    count = len(unroll_lengths)
    fine = [max(0.0, (part + 1) / count - max(part / count, coarse_share)) for part in range(count)]
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
    return max(1, round(iterations * (BESIDE_SUBSTEPS + 1) / (BESIDE_SUBSTEPS + substeps)))


@dataclass(frozen=True)
class Data:
    """What a model is trained on.

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
    ) -> Data:
        """Return the first trajectories, and all that are for validation, at the system's step."""
        chosen = select_frames(training, system.dt, trajectories)
        scale = channel_scale(chosen, system.shared_scale)
        frames = Frames(chosen, scale, device)
        held_out = Frames(select_frames(validation, system.dt), scale, device)
        return cls(frames, held_out, scale, increment_scale(frames))


def fit(
    recipe: Recipe,
    system: System,
    data: Data,
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
    data : Data
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
        Its history has as attributes all that it takes to rebuild the network, what the training
        took and the number of ``parameters``.
    """
    started = time.process_time()
    network = recipe.build(system, seed, data.increment_scale, device)
    if isinstance(network, Operator) and network.spec.integrating_factor:
        fit_symbol(network, data.training)
    seconds = time.process_time() - started
    trained = train(network, data.training, data.validation, spec, seed=seed, monitor=monitor)
    history = trained.history.assign_attrs(
        model=recipe.model,
        learning_rate=recipe.learning_rate,
        substeps=network.spec.substeps if isinstance(network, Operator) else 0,
        cpu_seconds=seconds + trained.cpu_seconds,
        restarts=trained.restarts,
        parameters=sum(p.numel() for p in network.parameters()),
        channel_scale=data.scale.tolist(),
        increment_scale=data.increment_scale.tolist(),
    )
    history["validation_error"] = ((), trained.best, {"long_name": "of the weights kept"})
    return replace(trained, history=history, cpu_seconds=seconds + trained.cpu_seconds)


def better(full: Trained, short: Trained) -> Trained:
    """Return the training whose weights validation prefers, at the cost of both.

    Parameters
    ----------
    full, short : Trained
        Of one network, on the same data. Among equals it is the first.
    """
    chosen = short if short.best < full.best else full
    seconds = full.cpu_seconds + short.cpu_seconds
    history = chosen.history.assign_attrs(cpu_seconds=seconds)
    return replace(chosen, history=history, cpu_seconds=seconds)
