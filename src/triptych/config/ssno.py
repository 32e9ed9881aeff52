"""Settings of paper 1, the stable spectral neural operator."""

from __future__ import annotations

import math
from typing import Any

from pydantic import Field, field_validator, model_validator

from triptych.config.base import (
    Count,
    Counts,
    Name,
    PositiveFloat,
    Rates,
    Section,
    Seed,
    Seeds,
    over,
    section,
    setting,
)
from triptych.config.ssno_laptop import LAPTOP, LEARNING_RATES
from triptych.ssno.names import BaselineName, ModelName, VariantName


class Grid(Section):
    """Where and how often a system is solved, stored and modelled."""

    source_points: Count = setting(64, "points along an axis of the solver's grid")
    points: Count = setting(32, "points along an axis of the model's grid; divides source_points")
    solver_step: PositiveFloat = setting(0.1, "step of the solver")
    storage_step: PositiveFloat = setting(0.5, "time between stored frames")
    dt: PositiveFloat = setting(0.5, "step of the models")
    horizon: PositiveFloat = setting(5.0, "last time of training and validation trajectories")
    test_horizon: PositiveFloat = setting(5.0, "last time of test trajectories")
    trajectories: Count = setting(5, "training trajectories")

    @model_validator(mode="after")
    def _divisible(self) -> Grid:
        if self.source_points % self.points:
            raise ValueError(
                f"source_points {self.source_points} is not divisible by points {self.points}"
            )
        for value, unit in (
            ("storage_step", "solver_step"),
            ("dt", "storage_step"),
            ("horizon", "dt"),
            ("test_horizon", "dt"),
        ):
            ratio = getattr(self, value) / getattr(self, unit)
            if ratio < 0.5 or not math.isclose(ratio, round(ratio), rel_tol=1e-9):
                raise ValueError(
                    f"{value} {getattr(self, value):g} is not a multiple of {unit} "
                    f"{getattr(self, unit):g}"
                )
        return self


class Training(Section):
    """How the SSNO of a system is trained."""

    iterations: Count = setting(2000, "steps of Adam")
    learning_rate: PositiveFloat = setting(1e-2, "peak of the one-cycle schedule")
    pushforward_steps: int = setting(1, "steps without gradient before those of the loss", ge=0)
    unroll_length: Count = setting(2, "steps in the loss")
    mask_penalty: float = setting(0.0, "weight of the L1 norm of the product mask", ge=0)
    windows: Count = setting(1, "windows of every trajectory in a batch")
    validations: Count = setting(10, "validation rollouts over the second half")


class Architecture(Section):
    """The shape of a system's SSNO."""

    multipliers: Count = setting(8, "learned operators a channel (K)")
    products: int = setting(8, "products of fields (P); 0 leaves the block out", ge=0)
    hidden: Count = setting(64, "width of the networks over wavenumbers")
    local: int = setting(64, "width of the pointwise network; 0 leaves it out", ge=0)
    forcing: int = setting(0, "width of the network of the coordinates; 0 leaves it out", ge=0)
    padding: float = setting(1.5, "points of the products' grid over those of the model's", ge=1)
    substeps: Count = setting(1, "integrating-factor steps in one dt; 1 as published")


class Baseline(Section):
    """One baseline on one system."""

    iterations: Count = setting(500, "steps of Adam at each learning rate")
    sizes: dict[str, int] = setting({}, "its sizes, such as width and modes")


class System(Section):
    """One system at this scale."""

    grid: Grid = section(Grid, "grid and times")
    model: Architecture = section(Architecture, "the SSNO")
    training: Training = section(Training, "its training")
    baselines: dict[BaselineName, Baseline] = Field(
        default_factory=dict, description="the baselines that are compared"
    )
    seeds: Seeds = setting([0], "seeds of the trainings")


class Ssno(Section):
    """All of paper 1."""

    include: list[Name] = setting(list(LAPTOP), "the systems that are run", min_length=1)
    systems: dict[Name, System] = Field(
        default_factory=lambda: {n: System.model_validate(v) for n, v in LAPTOP.items()},
        description="the systems of this scale",
    )
    baseline_learning_rates: dict[BaselineName, Rates] = setting(
        LEARNING_RATES, "grids from which validation selects a baseline's learning rate"
    )
    data_seed: Seed = setting(0, "seed of the initial fields")
    focus: Name = setting("ks2d", "system of the sweep, the ablations and the resolutions")
    sweep: Counts = setting([1, 2, 3, 5], "training trajectories of the sweep")
    sweep_models: list[ModelName] = setting(["ssno", "ffno", "cnext"], "models of the sweep")
    variants: dict[VariantName, PositiveFloat] = setting(
        {"explicit": 2e-2, "no_products": 2e-2, "no_local": 5e-3, "free_sign": 2e-2},
        "ablations of the SSNO, each with its learning rate: not all stand the whole model's",
    )
    resolutions: Counts = setting([16, 32, 64], "grids that a trained model is tested at")
    substeps: Counts = setting(
        [1, 2, 4, 8, 16], "steps in one dt, by integrating factor and explicitly"
    )

    @field_validator("systems", mode="before")
    @classmethod
    def _over_laptop(cls, systems: Any) -> Any:
        """Take what a system does not set from its laptop settings."""
        return over(LAPTOP, systems)

    @model_validator(mode="after")
    def _consistent(self) -> Ssno:
        unknown = [name for name in [*self.include, self.focus] if name not in self.systems]
        if unknown:
            raise ValueError(f"no system {unknown[0]!r} among systems: {', '.join(self.systems)}")
        unused = [name for name in self.systems if name not in {*LAPTOP, *self.include}]
        if unused:
            raise ValueError(
                f"systems: {unused[0]!r} is neither of the laptop scale, {', '.join(LAPTOP)}, "
                "nor in include"
            )
        for name, system in self.systems.items():
            ungridded = [m for m in system.baselines if m not in self.baseline_learning_rates]
            if ungridded:
                raise ValueError(
                    f"baseline_learning_rates: none for {ungridded[0]!r}, a baseline of {name}"
                )
        if self.focus not in self.include:
            raise ValueError(f"focus {self.focus!r} is not among include")
        grid = self.systems[self.focus].grid
        if max(self.sweep) > grid.trajectories:
            raise ValueError(
                f"sweep asks for {max(self.sweep)} trajectories, {self.focus} has "
                f"{grid.trajectories}"
            )
        wrong = [n for n in self.resolutions if grid.source_points % n]
        if wrong:
            raise ValueError(
                f"resolutions: {wrong[0]} does not divide the source grid {grid.source_points}"
            )
        return self
