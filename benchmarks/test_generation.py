"""Paper 1, data generation: the solver as configured against explicit RK4 at equal accuracy.

Both run in the same spectral form: one grid, one dealiasing, double precision, the same nonlinear
term. RK4 has one step throughout, the largest with which it is stable and no less accurate than the
solver after two stored frames, the onset with its short steps among them.
Both are timed on their first steps and extrapolated, by numbers of steps, to whole training
trajectories: every step of a method costs the same. On the published grids in 3D the search for
RK4's step would take days; its largest stable step gives a bound from below.

How far ahead the solver is depends on how stiff a grid is: where RK4's step is bounded by accuracy,
no method of its order is far ahead, and the target is out of reach. So all data sets of a scale are
read together as well.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate, takewhile
from statistics import median

import pytest
from readings import faster
from torch import Tensor

from triptych.config.load import load_config
from triptych.ssno.adapt import adapt
from triptych.ssno.etdrk4 import graded_steps, integrate
from triptych.ssno.names import SPHERES
from triptych.ssno.simulation import split_rng
from triptych.ssno.stepping import explicit_step
from triptych.ssno.system import System, multiple
from triptych.ssno.systems import SYSTEMS, get_system

SUBJECT = "data generation"
TARGETS = {1: 200}
"""What the speed-up should be, by threads: it is asked for on one core."""
STIFF = 10
"""So many times the solver's steps RK4 needs on a stiff grid; elsewhere neither is much faster."""
TIMED_STEPS = 10
FRAMES = 3
"""Stored frames, the initial one among them, at the last of which the errors are compared."""
REFINED = 4
"""How many times smaller than the solver's steps RK4's are at least where it is the reference: its
order is four, so its error is 1/256."""
AT_MOST = 1.1
"""What RK4's steps grow by from try to try: where it is hardly stable its order says little."""
STABLE = 2.78
"""RK4 is stable for ``−2.78 ≤ λ h ≤ 0`` on the real axis."""
PUBLISHED_STEP = {2: 1e-5, 3: 4e-6}
"""The step of the published generators, by dimension; they have none on the sphere."""


def laptop(name: str) -> System:
    return adapt(name, load_config({}).ssno.systems[name].grid.model_dump())


SCALES = {"laptop": laptop, "published": get_system}


@dataclass(frozen=True)
class Problem:
    """A system's training trajectories at a scale."""

    name: str
    scale: str

    @cached_property
    def system(self) -> System:
        return SCALES[self.scale](self.name)

    @cached_property
    def transform(self):
        return self.system.domain.transform(self.system.source_points, self.system.source_cutoff)

    @cached_property
    def start(self) -> Tensor:
        count, rng = self.system.splits["train"].trajectories, split_rng(self.system, "train", 0)
        return self.system.initial.sample(self.system.domain, self.transform, count, rng)

    @cached_property
    def frames(self) -> int:
        horizon = self.system.splits["train"].horizon
        return multiple(horizon, self.system.storage_step, "horizon", "storage_step") + 1

    @cached_property
    def stable_steps(self) -> int:
        """RK4's steps a stored frame, as few as the linear part lets it take."""
        stiffest = float(self.slope[0].abs().max())
        return max(1, math.ceil(self.system.storage_step * stiffest / STABLE))

    @property
    def case(self) -> str:
        grid = "×".join(map(str, self.transform.grid))
        split = self.system.splits["train"]
        trajectories = f"{split.trajectories} trajectories to t = {split.horizon:g}"
        return f"{self.system.name}, {grid}, {trajectories}"

    def in_all(self, steps: Callable[[int], int]) -> int:
        """Return what every trajectory of every split takes, if so many frames take ``steps``."""
        splits = self.system.splits.items()
        return sum(split.trajectories * steps(self.system.frames(name)) for name, split in splits)

    def solver_steps(self, frames: int) -> int:
        """Return the steps of the solver up to a frame."""
        system = self.system
        steps = multiple(system.storage_step, system.solver_step, "storage_step", "solver_step")
        full = steps * (frames - 1) << system.onset
        ends = accumulate(graded_steps(system.onset))
        return 1 + sum(1 for _ in takewhile(lambda end: end < full, ends))

    def solve(self, start: Tensor, frames: int) -> Tensor:
        """Return the last frame of the solver as configured."""
        system = self.system
        steps = multiple(system.storage_step, system.solver_step, "storage_step", "solver_step")
        states = integrate(
            system.equation, self.transform, start, step_size=system.solver_step,
            steps_per_frame=steps, frames=frames, onset=system.onset,
        )  # fmt: skip
        *_, last = states
        return last

    @cached_property
    def slope(self):
        equation, transform = self.system.equation, self.transform
        return equation.linear(transform), equation.nonlinear(transform)

    def explicit(self, state: Tensor, step: float, steps: int) -> Tensor:
        """Return the state after some steps of RK4."""
        symbol, nonlinear = self.slope
        for _ in range(steps):
            state = explicit_step(state, lambda u: symbol * u, nonlinear, step)
        return state

    @cached_property
    def equally_accurate(self) -> tuple[int, float, float]:
        """Return RK4's steps a stored frame, its error, and the solver's that it had to reach.

        One trajectory tells, against RK4 with half the stable step or less. The first guess is the
        bound of the linear part; where that is not enough, the order of the method says how many
        more steps it takes.
        """
        start, span = self.start[:1], self.system.storage_step
        steps = self.stable_steps
        many = max(2 * steps, REFINED * math.ceil(span / self.system.solver_step))
        exact = self.explicit(start, span / many, many * (FRAMES - 1))
        solver_error = distance(self.solve(start, FRAMES), exact)
        while True:
            error = distance(self.explicit(start, span / steps, steps * (FRAMES - 1)), exact)
            if error <= solver_error:
                return steps, error, solver_error
            more = 1.02 * (error / solver_error) ** 0.25
            steps = max(steps + 1, math.ceil(steps * min(more, AT_MOST)))


@lru_cache(maxsize=1)
def problem_of(name: str, scale: str) -> Problem:
    """Return a problem, the same for one thread and two: to find RK4's step takes long."""
    return Problem(name, scale)


def distance(state: Tensor, exact: Tensor) -> float:
    """Return the relative distance in the norm of the coefficients; infinite beyond 1."""
    error = float((state - exact).norm() / exact.norm())
    return error if error < 1 else math.inf


@dataclass(frozen=True)
class Spent:
    """Seconds that all data sets of a system take."""

    solver: float
    rk4: float


@pytest.fixture(scope="module")
def spent() -> dict[tuple[str, int], dict[str, Spent]]:
    """Return what the data sets take, by scale, threads and system: each benchmark adds its own."""
    return defaultdict(dict)


CASES = [
    (name, scale)
    for scale in SCALES
    for name in SYSTEMS
    if not (scale == "published" and name.endswith("3d"))
]

threads = pytest.mark.parametrize("threads", [1, 2], indirect=True)


@threads
@pytest.mark.parametrize(("name", "scale"), CASES)
def test_generation(measure, spent, name, scale):
    problem = problem_of(name, scale)
    steps, error, solver_error = problem.equally_accurate
    note = (
        f"error {error:.1g}; solver step {problem.system.solver_step:g}, error {solver_error:.1g}"
    )
    compare(measure, spent, problem, steps, "against RK4 at equal accuracy", note)


@threads
@pytest.mark.parametrize("name", ["ks3d", "sh3d"])
def test_published_grids_in_3d(measure, spent, name):
    problem = problem_of(name, "published")
    what, note = "against RK4 at its largest stable step", "for equal accuracy none is longer"
    # One trajectory to the first frame: two to the second took minutes a round.
    compare(measure, spent, problem, problem.stable_steps, what, note, trajectories=1, frames=2)


def compare(measure, spent, problem, steps, what, note, *, trajectories=None, frames=FRAMES):
    """Time the solver's first frames and RK4 with so many steps a frame; read what all takes."""
    start, step = problem.start[:trajectories], problem.system.storage_step / steps
    timed, solved = measure(
        lambda: problem.explicit(start, step, TIMED_STEPS),
        lambda: problem.solve(start, frames),
        least=3,
    )
    taken, whole = problem.solver_steps(frames), problem.solver_steps(problem.frames)
    ratio = faster(timed, solved) / TIMED_STEPS * taken / whole
    needed = steps * (problem.frames - 1)
    solver_step = median(solved) / taken / len(start)
    rk4_step = median(timed) / TIMED_STEPS / len(start)
    measure.reads(
        SUBJECT, problem.case, "the solver", "time", solver_step * whole * len(problem.start),
        note=f"extrapolated from the first {taken} of {whole} steps",
    )  # fmt: skip
    measure.reads(
        SUBJECT, problem.case, what, "speed-up", ratio * needed,
        target=TARGETS.get(measure.threads) if needed >= STIFF * whole else None,
        note=f"RK4 step {step:.2g}, {note}; RK4 extrapolated from {TIMED_STEPS} of {needed:,} "
        "steps",
    )  # fmt: skip
    if problem.name not in SPHERES:
        read_published_step(measure, problem, ratio)
    so_far = spent[problem.scale, measure.threads]
    so_far[problem.name] = Spent(
        solver_step * problem.in_all(problem.solver_steps),
        rk4_step * problem.in_all(lambda stored: steps * (stored - 1)),
    )
    read_sum(measure, problem.scale, so_far)


def read_sum(measure, scale, spent):
    """Read what the data sets of all systems take, once the last of them was timed."""
    if spent.keys() != SYSTEMS.keys():
        return
    solver, rk4 = (sum(getattr(s, form) for s in spent.values()) for form in ("solver", "rk4"))
    case = f"all data sets of the {scale} grids"
    measure.reads(SUBJECT, case, "the solver", "time", solver, note="the sum over the systems")
    measure.reads(
        SUBJECT, case, "against RK4 at equal accuracy", "speed-up", rk4 / solver,
        target=TARGETS.get(measure.threads) if scale == "published" else None,
        note=f"{solver / 3600:.2g} hours against {rk4 / 3600:,.3g}",
    )  # fmt: skip


def read_published_step(measure, problem, ratio):
    """Read how much longer RK4 takes with the step of the published generator.

    ``ratio`` is what one of its steps takes, as a share of the solver's whole run.
    """
    published = PUBLISHED_STEP[problem.system.domain.dim]
    steps = problem.system.splits["train"].horizon / published
    measure.reads(
        SUBJECT, problem.case, "against RK4 at the published step", "speed-up", ratio * steps,
        note=f"step {published:g}; extrapolated from {TIMED_STEPS} of {steps:,.0f} steps",
    )  # fmt: skip
