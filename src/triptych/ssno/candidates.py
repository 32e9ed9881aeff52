"""What the search tries, and what it costs. The rules read this: it imports no torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RATE, BEYOND, SETTING = "rate", "beyond", "setting"
"""Kinds of candidates: a declared rate, a rate beyond the edge, other padding or substeps."""

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


def step_cost(padding: float, substeps: int, coarse_share: float) -> float:
    """Return what one step of Adam on the SSNO costs, in units of the same for all settings.

    Declared, so that candidates of the same cost have the same iterations on every machine:
    a part that every step has, and one for each substep that grows with the padded grid.

    Parameters
    ----------
    padding
        Grid of the products, in grids of the state.
    substeps
        In one ``dt``.
    coarse_share
        Of the iterations, in which there is one substep.
    """
    mean = coarse_share + (1 - coarse_share) * substeps
    return BESIDE_SUBSTEPS + mean * padding**GROWTH


def equal_cost(
    iterations: int,
    reference: Mapping[str, Any],
    padding: float,
    substeps: int,
    coarse_share: float,
) -> int:
    """Return the iterations of an SSNO that cost as much as so many at the reference.

    Parameters
    ----------
    iterations
        At the reference.
    reference
        Its ``padding`` and ``substeps``.
    padding, substeps
        Of the SSNO that is to be trained.
    coarse_share
        As for :func:`step_cost`.
    """
    cost = step_cost(padding, substeps, coarse_share)
    return max(1, round(iterations * step_cost(**reference, coarse_share=coarse_share) / cost))
