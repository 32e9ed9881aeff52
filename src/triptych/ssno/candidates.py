"""What the search tries, and what it costs. The rules read this: it imports no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

RATE, BEYOND = "rate", "beyond"
"""Kinds of candidates: a declared rate, and a rate beyond the edge."""

BESIDE_SUBSTEPS = 0.3
"""Cost of a step of Adam beside its substeps, in substeps. Measured on five systems: 0.1 to 0.4."""


@dataclass(frozen=True)
class Candidate:
    """One training of the search on one system: on all trajectories, from the first seed.

    Attributes
    ----------
    model : str
    candidate : str
        Kind and number of it, such as ``rate0``.
    """

    model: str
    candidate: str

    @classmethod
    def of(cls, wildcards: Any) -> Candidate:
        """Return the candidate that a rule's wildcards of the same names say."""
        return cls(wildcards.model, wildcards.candidate)

    @property
    def kind(self) -> str:
        """What is tried: ``rate`` or ``beyond``."""
        return re.sub(r"\d+$", "", self.candidate)

    @property
    def number(self) -> int:
        """Its place among those of its kind."""
        return int(self.candidate.removeprefix(self.kind))


def mean_substeps(substeps: int, coarse_share: float, unroll_lengths: Sequence[int]) -> float:
    """Return the substeps in a ``dt``, in the mean over all steps of a training's windows.

    Parameters
    ----------
    substeps
        After the coarse share; one before.
    coarse_share
        First share of the iterations.
    unroll_lengths
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
    iterations
        With one substep.
    substeps
        In one ``dt``, as from :func:`mean_substeps`.
    """
    return max(1, round(iterations * (BESIDE_SUBSTEPS + 1) / (BESIDE_SUBSTEPS + substeps)))
