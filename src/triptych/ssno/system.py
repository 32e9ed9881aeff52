"""What a system is: an equation with all that is needed to make data and to train on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from triptych.ssno.domains import Domain
from triptych.ssno.equations import Equation
from triptych.ssno.transforms import Transform
from triptych.ssno.wavenumbers import DEALIAS_QUADRATIC


class InitialCondition(Protocol):
    """A law of initial fields."""

    def sample(
        self, domain: Domain, transform: Transform, count: int, rng: np.random.Generator
    ) -> Tensor:
        """Return the coefficients of random fields.

        Parameters
        ----------
        domain : Domain
            Where the fields live.
        transform : Transform
            Of the grid and band that the coefficients are for.
        count : int
            Number of fields.
        rng : numpy.random.Generator
            What they are drawn from.

        Returns
        -------
        complex128 Tensor of shape (count, channels, *modes)
            In the units of the state.
        """


@dataclass(frozen=True)
class Split:
    """One set of trajectories.

    Attributes
    ----------
    trajectories : int
        How many.
    horizon : float
        Last time stored.
    initial : InitialCondition, optional
        Law of the initial fields; the system's own when None.
    """

    trajectories: int
    horizon: float
    initial: InitialCondition | None = None


@dataclass(frozen=True)
class System:
    """An equation together with all that is needed to make data and to train on them.

    Attributes
    ----------
    name, title : str
        Identifier and what to print over a panel.
    equation : Equation
    domain : Domain
        Where it lives.
    initial : InitialCondition
        Law of its initial fields.
    channels : tuple of str, optional
        Names of the state's components.
    source_points, points : int
        Grid of the solver and of the stored data, points along an axis (latitudes on the sphere).
    shared_scale : tuple of str, optional
        Channels of the same units, which share one scale.
    dealias_fraction : float, optional
        Fraction of Nyquist that the solver keeps: 2/3 for quadratic, 1/2 for cubic terms.
    solver_step, storage_step, dt : float
        Step of the solver, of the stored frames and of the model; each a multiple of the one
        before.
    onset : int, optional
        How often the solver's very first step is halved; more where a rough initial field is stiff.
    splits : mapping of str to Split
        The sets by name: ``train``, ``val``, ``test`` and the out-of-distribution ones.
    depends_on_place : bool, optional
        Whether the equation does, by a forcing or, on the sphere, by a rotation about the poles.
    time_units : str, optional
        Of all its times, such as ``d`` for days; ``1`` where it has no dimensions.

    Raises
    ------
    ValueError
        If the source grid is no multiple of the model's, a step or horizon none of the step before,
        a shared scale names no channel, or a set has no trajectories.
    """

    name: str
    title: str
    equation: Equation
    domain: Domain
    initial: InitialCondition
    source_points: int
    points: int
    dt: float
    solver_step: float
    storage_step: float
    splits: Mapping[str, Split]
    channels: tuple[str, ...] = ("u",)
    shared_scale: tuple[str, ...] = ()
    dealias_fraction: float = DEALIAS_QUADRATIC
    onset: int = 2
    depends_on_place: bool = False
    time_units: str = "1"

    def __post_init__(self) -> None:
        if self.source_points % self.points:
            raise ValueError(
                f"{self.name}: the source grid of {self.source_points} points is not divisible by "
                f"the model grid of {self.points}"
            )
        multiple(self.storage_step, self.solver_step, f"{self.name}: storage_step", "solver_step")
        multiple(self.dt, self.storage_step, f"{self.name}: dt", "storage_step")
        unknown = set(self.shared_scale) - set(self.channels)
        if unknown:
            raise ValueError(f"{self.name}: shared_scale names no channel: {sorted(unknown)}")
        for name, split in self.splits.items():
            multiple(split.horizon, self.dt, f"{self.name}: horizon of {name}", "dt")
            if split.trajectories < 1:
                raise ValueError(f"{self.name}: split {name} has no trajectories")

    @property
    def source_cutoff(self) -> int:
        """Largest index that the solver keeps."""
        return self.domain.cutoff(self.source_points, self.dealias_fraction)

    @property
    def cutoff(self) -> int:
        """Largest index that stored frames hold: the solver's, or all that their grid resolves."""
        return min(self.source_cutoff, self.domain.cutoff(self.points, 1.0))

    @property
    def band_points(self) -> int:
        """Points along an axis of the coarsest grid that holds all modes of the stored frames."""
        return self.domain.points(self.cutoff)

    def frames(self, split: str) -> int:
        """Return how many frames of a trajectory are stored, the initial one among them.

        Raises
        ------
        KeyError
            If there is no such split; the message lists those known.
        """
        if split not in self.splits:
            known = ", ".join(self.splits)
            raise KeyError(f"system {self.name} has no split {split!r}; known: {known}")
        horizon = self.splits[split].horizon
        return multiple(horizon, self.storage_step, "horizon", "storage_step") + 1


def multiple(value: float, unit: float, name: str, unit_name: str) -> int:
    """Return ``value / unit`` if it is a whole number of at least one.

    Raises
    ------
    ValueError
        Otherwise; the message has their names ``name`` and ``unit_name``.
    """
    ratio = value / unit if unit > 0 else 0.0
    if ratio < 0.5 or not math.isclose(ratio, round(ratio), rel_tol=1e-9):
        raise ValueError(f"{name} {value:g} is not a multiple of {unit_name} {unit:g}")
    return round(ratio)


def standard_splits(
    horizon: float,
    training_trajectories: int,
    variants: Mapping[str, InitialCondition],
    *,
    test_horizon: float | None = None,
) -> dict[str, Split]:
    """Return training, validation and test sets, one set a variant, and one of twice the horizon.

    Five trajectories are for each test set and two for validation, as published.
    """
    scored_horizon = horizon if test_horizon is None else test_horizon
    splits = {
        "train": Split(training_trajectories, horizon),
        "val": Split(2, horizon),
        "test": Split(5, scored_horizon),
        "long": Split(5, 2 * scored_horizon),
    }
    return splits | {name: Split(5, scored_horizon, law) for name, law in variants.items()}
