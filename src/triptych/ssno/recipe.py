"""From the settings that the search selected to a network, and to its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import nn

from triptych.runtime.monitor import Monitor
from triptych.ssno.adapt import model_spec
from triptych.ssno.design import DEFAULT, SSNO, equal_cost
from triptych.ssno.frames import Frames, channel_scale, select_frames
from triptych.ssno.models import build_model, count_parameters
from triptych.ssno.specs import ModelSpec, TrainingSpec, variant_of
from triptych.ssno.system import System
from triptych.ssno.training import Trained, train


@dataclass(frozen=True)
class Recipe:
    """Which network, and what was selected for it.

    Attributes
    ----------
    model, variant
        Names.
    sizes
        Of the baseline, or of the SSNO.
    learning_rate
        Peak of its training.
    padding, substeps
        Of the SSNO; 0 for a baseline.
    """

    model: str
    variant: str
    sizes: Mapping[str, Any]
    learning_rate: float
    padding: float = 0.0
    substeps: int = 0

    def options(self, system: System) -> ModelSpec | Mapping[str, Any]:
        """Return what the network is built from."""
        if self.model != SSNO:
            return self.sizes
        whole = model_spec(
            self.sizes, system.domain, padding=self.padding, substeps=self.substeps
        )
        return variant_of(whole, self.variant)

    def build(
        self, system: System, seed: int, device: torch.device | str = "cpu"
    ) -> nn.Module:
        """Return the network with fresh weights.

        Parameters
        ----------
        system
            At its scale.
        seed
            Of the weights.
        device
            Where they are.
        """
        return build_model(
            self.model, system, seed=seed, options=self.options(system), device=device
        )

    def iterations(self, count: int, reference: Mapping[str, Any], system: System) -> int:
        """Return the iterations that cost as much as so many at the reference.

        Parameters
        ----------
        count
            Of the model's; at the reference where it is the SSNO.
        reference
            Padding and substeps of the SSNO that they are counted at.
        """
        options = self.options(system)
        if not isinstance(options, ModelSpec):
            return count
        return equal_cost(count, reference, self.padding, options.substeps)


@dataclass(frozen=True)
class Data:
    """What a model is trained on.

    Attributes
    ----------
    training, validation
        Scaled frames.
    scale
        Of every channel in the training data, ``(channels,)``.
    """

    training: Frames
    validation: Frames
    scale: np.ndarray

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
        scale = channel_scale(chosen, system.alike)
        held_out = select_frames(validation, system.dt)
        return cls(Frames(chosen, scale, device), Frames(held_out, scale, device), scale)


def training_spec(settings: Mapping[str, Any], iterations: int, rate: float) -> TrainingSpec:
    """Return how a model is trained.

    Parameters
    ----------
    settings
        As ``training`` in the configuration.
    iterations, rate
        Of this model.
    """
    lengths = tuple(settings["unroll_lengths"])
    return TrainingSpec(
        **{**settings, "unroll_lengths": lengths}, iterations=iterations, learning_rate=rate
    )


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
    """Build a network and train it.

    Parameters
    ----------
    recipe, system, data, spec
        Which network, for what, on what, how.
    seed
        Of the weights, and of the windows drawn.
    device
        Where to compute.
    monitor
        As for :func:`triptych.ssno.training.train`.

    Returns
    -------
    Trained
        Its history has as attributes all that it takes to rebuild the network, what the training
        took and the number of ``parameters``.
    """
    network = recipe.build(system, seed, device)
    trained = train(
        network, data.training, data.validation, spec, seed=seed, monitor=monitor
    )
    history = trained.history.assign_attrs(
        model=recipe.model,
        learning_rate=recipe.learning_rate,
        padding=recipe.padding,
        substeps=recipe.substeps,
        cpu_seconds=trained.cpu_seconds,
        restarts=trained.restarts,
        parameters=count_parameters(network),
        channel_scale=data.scale.tolist(),
    )
    history["validation_error"] = ((), trained.best, {"long_name": "of the weights kept"})
    return replace(trained, history=history)


def rebuilt(
    history: Mapping[str, Any],
    sizes: Mapping[str, Mapping[str, Any]],
    system: System,
    weights: Mapping[str, torch.Tensor],
    *,
    variant: str = DEFAULT,
    substeps: int | None = None,
    integrating_factor: bool = True,
    device: torch.device | str = "cpu",
) -> nn.Module:
    ...
