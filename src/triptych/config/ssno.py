"""Settings of paper 1, the stable spectral neural operator."""

from __future__ import annotations

import math
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from triptych.config.base import (
    Count,
    Counts,
    Fraction,
    Name,
    Names,
    PositiveFloat,
    Rates,
    Section,
    Seed,
    Seeds,
    distinct,
    increasing,
    merge,
    refuse_unknown,
    section,
    setting,
)
from triptych.config.ssno_laptop import LAPTOP, LEARNING_RATES
from triptych.ssno.names import BASELINE_SIZES, SPHERES, BaselineName, ModelName, VariantName

Lengths = Annotated[
    list[Count], Field(min_length=1), AfterValidator(partial(increasing, strict=False))
]


LEAST_POINTS = 4
"""Along an axis: fewer leave nothing but the mean within a low-pass."""


class Grid(Section):
    """Where and how often a system is solved, stored and modelled."""

    source_points: Count = setting(64, "points along an axis of the solver's grid")
    points: int = setting(
        32, "points along an axis of the model's grid; divides source_points", ge=LEAST_POINTS
    )
    solver_step: PositiveFloat = setting(0.1, "step of the solver")
    storage_step: PositiveFloat = setting(0.5, "time between stored frames")
    dt: PositiveFloat = setting(0.5, "step of the models")
    horizon: PositiveFloat = setting(5.0, "last time of training and validation trajectories")
    test_horizon: PositiveFloat = setting(5.0, "last time of test trajectories")
    long: int = setting(2, "last time of the trajectories `long`, in times of test_horizon", ge=2)
    trajectories: Count = setting(5, "training trajectories")
    test_trajectories: Count = setting(5, "trajectories of each set that models are scored on")

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


class Architecture(Section):
    """The shape of the SSNO, the same on all systems."""

    multipliers: Count = setting(8, "learned operators (K)")
    products: Count = setting(4, "products of fields a channel (P)")
    hidden: Count = setting(64, "width of the networks over wavenumbers")
    local: Count = setting(32, "width of the pointwise network f_u")
    forcing: Count = setting(32, "width of the network of the coordinates f_x")
    padding: float = setting(
        1.5, "grid of its products, in grids that just hold the training band", ge=1
    )
    longest_step: PositiveFloat = setting(
        0.2, "its longest step in training, after the coarse part; a dt has as many as it needs"
    )
    rollout_step: PositiveFloat = setting(
        0.0625, "its longest step in the rollouts that are scored; no longer than longest_step"
    )

    @model_validator(mode="after")
    def _refined(self) -> Architecture:
        if self.rollout_step > self.longest_step:
            raise ValueError(
                f"rollout_step {self.rollout_step:g} is longer than longest_step "
                f"{self.longest_step:g}"
            )
        return self


class Training(Section):
    """How every model is trained on every system."""

    pushforward_steps: int = setting(
        1, "most steps without gradient before those of the loss", ge=0
    )
    unroll_lengths: Lengths = setting(
        [1, 1, 2, 2], "steps in the loss, in successive equal parts of the iterations"
    )
    coarse_share: float = setting(
        0.75,
        "first share of the iterations, in which the SSNO takes one step in one dt",
        ge=0,
        lt=1,
    )
    mask_penalty: float = setting(
        1e-5, "weight of the L1 norm of the mask of the SSNO's products", ge=0
    )
    validations: Count = setting(
        5, "validation rollouts of every model, while it steps as at the end of its training"
    )
    restarts: int = setting(
        4, "times that a loss of ten, or not finite, sends a training back, at half its rate", ge=0
    )


class Search(Section):
    """What validation chooses from, on every system alike."""

    learning_rates: dict[ModelName, Rates] = setting(
        LEARNING_RATES, "rates that are tried of each model"
    )
    extensions: int = setting(
        1, "how often another rate is tried while the best is the lowest or highest", ge=0
    )
    factor: float = setting(3.0, "by which that other rate is lower or higher", gt=1)
    share: Fraction = setting(0.2, "what a candidate's training takes of a full training's cost")


class System(Section):
    """One system at this scale."""

    grid: Grid = section(Grid, "grid and times")
    iterations: dict[ModelName, Count] = setting(
        {"ssno": 1000},
        "steps of Adam of a full training, by model; the SSNO's with one substep",
    )
    baselines: dict[BaselineName, dict[str, Count]] = setting(
        {}, "the baselines that are compared, each with its sizes, such as width and layers"
    )
    seeds: Seeds = setting(
        [0], "seeds of the SSNO and of the leading baseline; the first of all models"
    )

    @model_validator(mode="after")
    def _complete(self) -> System:
        uncounted = [name for name in ("ssno", *self.baselines) if name not in self.iterations]
        if uncounted:
            raise ValueError(
                f"iterations: none for {uncounted[0]!r}; there are {', '.join(self.iterations)}"
            )
        for name, sizes in self.baselines.items():
            refuse_unknown(f"baselines.{name}", sizes, "size", BASELINE_SIZES[name])
        return self


class Ssno(Section):
    """All of paper 1."""

    include: Names = setting(list(LAPTOP), "the systems that are run")
    model: Architecture = section(Architecture, "the SSNO")
    training: Training = section(Training, "the training of every model")
    search: Search = section(Search, "the search by validation")
    systems: Annotated[dict[Name, System], BeforeValidator(partial(merge, LAPTOP))] = setting(
        {}, "the systems of this scale"
    )
    budget: PositiveFloat = setting(1.0, "by which the iterations of all systems are multiplied")
    data_seed: Seed = setting(
        2046, "seed of the initial fields; 0 for development, another for what is reported"
    )
    focus: Name = setting("ks2d", "system of the ablations, the other resolutions and the steps")
    sweep_systems: Names = setting(["ks2d"], "systems of the sweep")
    sweep: Counts = setting([1, 2, 5], "training trajectories of the sweep")
    variants: Annotated[list[VariantName], AfterValidator(distinct)] = setting(
        ["explicit", "no_products", "no_local"], "ablations of the SSNO"
    )
    resolutions: Counts = setting([16, 32, 64], "grids that a trained model is tested at")
    substeps: Counts = setting(
        [1, 3, 6, 12, 24], "steps in one dt, by integrating factor and explicitly"
    )

    @model_validator(mode="after")
    def _known(self) -> Ssno:
        named = {
            "include": self.include,
            "focus": [self.focus],
            "sweep_systems": self.sweep_systems,
        }
        for key, names in named.items():
            refuse_unknown(key, names, "system", self.systems)
            refuse_unknown(key, names, "system of include", self.include)
        unused = [name for name in self.systems if name not in {*LAPTOP, *self.include}]
        if unused:
            raise ValueError(
                f"systems: {unused[0]!r} is neither of the laptop scale, {', '.join(LAPTOP)}, "
                "nor in include"
            )
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Ssno:
        for name in self.include:
            self._check(name, self.systems[name])
        for name in self.sweep_systems:
            stored = self.systems[name].grid.trajectories
            if max(self.sweep) > stored:
                raise ValueError(
                    f"sweep asks for {max(self.sweep)} trajectories, {name} has {stored}"
                )
        source_points = self.systems[self.focus].grid.source_points
        wrong = [n for n in self.resolutions if source_points % n or n < LEAST_POINTS]
        if wrong:
            raise ValueError(
                f"resolutions: {wrong[0]} does not divide the source grid {source_points}, "
                f"or is below {LEAST_POINTS}"
            )
        return self

    def _check(self, name: str, system: System) -> None:
        """Check a system against what holds for all of them."""
        for model, domain in (("sfno", "spheres"), ("fno", "periodic boxes")):
            if model in system.baselines and (name in SPHERES) is not (domain == "spheres"):
                raise ValueError(f"systems.{name}.baselines: {model} is for {domain}")
        rates = self.search.learning_rates
        unrated = [m for m in ("ssno", *system.baselines) if m not in rates]
        if unrated:
            raise ValueError(
                f"search.learning_rates: none for {unrated[0]!r}, a model of {name}; "
                f"there are {', '.join(rates)}"
            )
        if not system.baselines:
            raise ValueError(f"systems.{name}.baselines: at least one is compared with the SSNO")
        longest = self.training.pushforward_steps + max(self.training.unroll_lengths)
        steps = round(system.grid.horizon / system.grid.dt)
        if steps < longest:
            raise ValueError(
                f"training: windows of {longest} steps (pushforward_steps and unroll_lengths), but "
                f"the trajectories of {name} have {steps}"
            )
