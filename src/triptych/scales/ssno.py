"""Sizes of paper 1's jobs, by system and model."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean

from triptych.scales.sizes import Exponents, Group, PaperSizes, Sizes
from triptych.ssno.etdrk4 import count_steps
from triptych.ssno.models import BASELINES
from triptych.ssno.splits import SCORED
from triptych.ssno.systems import get_system
from triptych.workflow.config.ssno import Architecture, Ssno, System

TESTED = 5
"""Trajectories of a test split."""
HORIZONS = {**dict.fromkeys(("train", "val", *SCORED), 1), "long": 2}
"""Every split with its length in horizons."""


def sizes(section: Ssno, exponents: Exponents) -> PaperSizes:
    """Return what solving, training and scoring are sized by."""
    groups: dict[Group, Sizes] = {}
    for name in section.include:
        system, costs = section.systems[name], _Costs(name, exponents)
        groups["generate", name] = _solved(system, costs, _resolutions(section, name))
        for model in ("ssno", *system.baselines):
            groups["train", name, model] = _trained(section, name, model, costs)
        runs = sum(sizes.jobs for group, sizes in groups.items() if group[:2] == ("train", name))
        groups["evaluate", name] = _scored(system, runs, costs)
    return PaperSizes(groups, group_of, like_ffno)


def group_of(job: str) -> Group | None:
    """Return the group of such as ``ks2d/train_ffno_default_n5_s0``."""
    system, _, name = job.partition("/")
    kind, _, rest = name.partition("_")
    if kind == "train":
        return kind, system, rest.partition("_")[0]
    return (kind, system) if kind in ("generate", "evaluate") else None


def like_ffno(group: Group) -> Group:
    """Return the group that stands in: of the baselines, FFNO was measured on every system."""
    return (*group[:2], "ffno") if group[0] == "train" else group


class _Costs:
    """What grid points, batch and steps of a system cost."""

    def __init__(self, name: str, exponents: Exponents) -> None:
        published = get_system(name)
        self.domain, self.onset = published.domain, published.onset
        self.channels = len(published.channels)
        self._exponents = exponents

    def cells(self, points: int) -> float:
        """Return the grid points in all, of so many along an axis."""
        return float(math.prod(self.domain.grid(points)))

    def of(self, step: str, points: int, batch: float) -> float:
        """Return the relative cost of a step on a grid and a batch."""
        grid = self._exponents[f"{step}, {self.domain.dim}D | grid points"]
        return float(self.cells(points) ** grid * batch ** self._exponents[f"{step}, 2D | batch"])

    def width(self, width: float) -> float:
        return float(width ** self._exponents["FFNO training step, 2D | width"])

    def windows(self, steps: float) -> float:
        return float(steps ** self._exponents["SSNO training step, 2D | steps"])


def _resolutions(section: Ssno, name: str) -> int:
    return len(section.resolutions) if name == section.focus else 0


def _solved(system: System, costs: _Costs, resolutions: int) -> Sizes:
    """Count solver steps, the short ones at the onset included, and stored frames."""
    grid, frames = system.grid, 0.0
    works: list[float] = []
    for split, horizons in HORIZONS.items():
        horizon = horizons * (grid.horizon if split in ("train", "val") else grid.test_horizon)
        count = {"train": grid.trajectories, "val": 2}.get(split, TESTED)
        repeats = 1 + (resolutions if split == "test" else 0)
        steps = count_steps(round(horizon / grid.solver_step), costs.onset)
        works += [steps * costs.of("solver step", grid.source_points, count)] * repeats
        frames += repeats * count * (horizon / grid.storage_step + 1)
    return Sizes(
        jobs=len(works),
        time=sum(works),
        memory=costs.cells(grid.source_points),
        disk=frames * costs.cells(grid.points),
        longest=max(works) / mean(works),
    )


def _trained(section: Ssno, name: str, model: str, costs: _Costs) -> Sizes:
    """Count iterations of every run at every learning rate.

    Validation is left out: some rollouts, against thousands of iterations.
    """
    system = section.systems[name]
    training, points = system.training, system.grid.points
    told = _told(section, name, model, costs)
    batches = _batches(section, name, model)
    # The first run tries every learning rate.
    runs = [costs.of("SSNO training step", points, batch) for batch in batches]
    runs[0] *= told.rates
    window = costs.windows(training.supervised + training.warmup / 2)
    held = max(batches) * costs.cells(points) * training.supervised
    return Sizes(
        jobs=len(batches),
        time=told.iterations * window * told.cost * sum(runs),
        memory=held * told.fields,
        disk=len(batches) * told.fields,
        longest=max(runs) / mean(runs),
    )


@dataclass(frozen=True)
class _Told:
    """What a training is told of its model: its fields on the grid, what they cost, how long."""

    fields: float
    cost: float
    iterations: int
    rates: int = 1


def _told(section: Ssno, name: str, model: str, costs: _Costs) -> _Told:
    system = section.systems[name]
    for known, baseline in system.baselines.items():
        if known == model:
            width = baseline_width(model, baseline.sizes)
            rates = len(section.baseline_learning_rates[known])
            return _Told(width, costs.width(width), baseline.iterations, rates)
    fields = model_size(system.model, costs.channels)
    return _Told(fields, fields, system.training.iterations)


def _batches(section: Ssno, name: str, model: str) -> list[int]:
    """Return the trajectories of every run of a model, that of the comparison first."""
    system = section.systems[name]
    most = system.grid.trajectories
    batches = [most] * len(system.seeds)
    if name == section.focus:
        if model in section.sweep_models:
            batches += [count for count in section.sweep if count != most]
        if model == "ssno":
            batches += [most] * len(section.variants)
    return batches


def _scored(system: System, runs: int, costs: _Costs) -> Sizes:
    """Count the frames that every run rolls out on the test splits."""
    horizons = sum(HORIZONS[split] for split in SCORED)
    frames = horizons * system.grid.test_horizon / system.grid.dt
    cost = costs.of("SSNO training step", system.grid.points, TESTED)
    return Sizes(1, runs * frames * cost, frames * costs.cells(system.grid.points), runs * frames)


def model_size(model: Architecture, channels: int) -> float:
    """Return transforms in a stage of a step, times the steps of one dt.

    Inverse ones: two a product; eight a product of gradients, which is two of two fields of two
    components; one a channel for ``f_u``, none for ``f_x``. All go forward together, by one a
    channel and output.
    """
    of_channels = channels * (model.outputs + int(model.local > 0))
    fields = 2 * model.products + 8 * model.gradient_products + of_channels
    return float(model.substeps * fields)


def baseline_width(model: str, given: Mapping[str, int]) -> float:
    """Return the width that is set, or the model's own."""
    default = inspect.signature(BASELINES[model]).parameters["width"].default
    return float(given.get("width", default))
