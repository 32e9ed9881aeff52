"""What the search tries, and what it costs. The rules read this: it imports no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

RATE, BEYOND, SETTING = "rate", "beyond", "setting"
"""Kinds of candidates: a declared rate, a rate beyond the edge, other padding."""

BESIDE_SUBSTEPS, GROWTH = 0.55, 1.5
"""Cost of a step beside its substeps, in unpadded substeps, and the power of the padding.

Measured on five systems: 0.1 to 0.8, and 0.1 (32²) to 2.1 (24³).
"""


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
        """What is tried: one of ``rate``, ``beyond`` and ``setting``."""
        return re.sub(r"\d+$", "", self.candidate)

    @property
    def number(self) -> int:
        """Its place among those of its kind."""
        return int(self.candidate.removeprefix(self.kind))


def step_cost(padding: float, substeps: float) -> float:
    """Return what one step of Adam on the SSNO costs, in units of the same for all settings.

    Declared, so that trainings of the same cost have the same iterations on every machine:
    a part that every step has, and one for each substep that grows with the padded grid.

    Parameters
    ----------
    padding
        Grid of the products, in grids of the state.
    substeps
        In one ``dt``, in the mean over a training.
    """
    return BESIDE_SUBSTEPS + substeps * padding**GROWTH


def equal_cost(iterations: int, reference: float, padding: float, substeps: float) -> int:
    """Return the iterations of an SSNO that cost as much as so many with one substep.

    Parameters
    ----------
    iterations
        At the reference, with one substep.
    reference
        Its padding.
    padding, substeps
        Of the SSNO that is to be trained, as for :func:`step_cost`.
    """
    return max(1, round(iterations * step_cost(reference, 1) / step_cost(padding, substeps)))
