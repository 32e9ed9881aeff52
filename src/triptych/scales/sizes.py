"""What groups of jobs are sized by: the common form of the three papers' models of cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Exponents = Mapping[str, float]
"""Exponents of cost by case and size, such as ``solver step, 2D | grid points``."""

Group = tuple[str, ...]
"""The kind of a job, then what tells apart jobs that grow differently: ``("train", "ks2d", …)``."""


@dataclass(frozen=True)
class Sizes:
    """How large the jobs of a group are.

    None of the numbers has a unit: only the ratio of two scales means something.

    Attributes
    ----------
    jobs
        How many there are.
    time
        Work of all of them together.
    memory
        Arrays that one of them holds at once.
    disk
        What they write together.
    longest
        Work of the longest, as a multiple of their mean.
    """

    jobs: int
    time: float
    memory: float = 1.0
    disk: float = 1.0
    longest: float = 1.0


@dataclass(frozen=True)
class PaperSizes:
    """The sizes of a paper's jobs at a scale.

    Attributes
    ----------
    groups
        By group. A kind of job that is in none of them is the same at every scale.
    group_of
        The group of a job by its name without the paper's; None where it is in none.
    stand_in
        The group whose cost, for equal sizes, is taken where a group was not measured.
    """

    groups: Mapping[Group, Sizes]
    group_of: Callable[[str], Group | None]
    stand_in: Callable[[Group], Group] = lambda group: group
