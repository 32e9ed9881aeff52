"""Which trainings the comparisons of paper 1 ask for. The rules read this: it imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triptych.ssno.candidates import BEYOND, RATE, Candidate
from triptych.ssno.names import DEFAULT, LEADING, SSNO


@dataclass(frozen=True)
class Run:
    """One training on one system.

    Attributes
    ----------
    model : str
        A model, or :data:`LEADING`.
    variant : str
        An ablation of the SSNO, or :data:`DEFAULT`.
    trajectories : int
        How many of the training trajectories it sees.
    seed : int
    """

    model: str
    variant: str
    trajectories: int
    seed: int

    @classmethod
    def of(cls, wildcards: Any) -> Run:
        """Return the run that a rule's wildcards of the same names say."""
        return cls(
            wildcards.model, wildcards.variant, int(wildcards.trajectories), int(wildcards.seed)
        )


@dataclass(frozen=True)
class Comparison:
    """What is compared on one system: the SSNO and baselines.

    Attributes
    ----------
    baselines : sequence of str
    trajectories : int
        All that there are for training.
    seeds : sequence of int
        All models are trained from the first, the SSNO and the leading baseline from the others
        too.
    """

    baselines: Sequence[str]
    trajectories: int
    seeds: Sequence[int]

    @property
    def models(self) -> list[str]:
        """The names of the models, the SSNO first."""
        return [SSNO, *self.baselines]

    def first(self, model: str, variant: str = DEFAULT) -> Run:
        """Return a model's run on all trajectories from the first seed."""
        return Run(model, variant, self.trajectories, self.seeds[0])


def ssno_sizes(architecture: Mapping[str, Any], dt: float, *, scored: bool) -> dict[str, Any]:
    """Return the sizes of the SSNO on a system, for :class:`triptych.ssno.specs.ModelSpec`.

    Parameters
    ----------
    architecture
        As ``model`` in the configuration, with ``longest_step`` and ``rollout_step``.
    dt
        Time between two states of the system, in the units of these steps.
    scored
        Whether it is for the rollouts that are scored or for the training.

    Returns
    -------
    dict
        With ``substeps`` in place of both steps: as many as the one that counts asks for.
    """
    sizes = dict(architecture)
    longest, rollout = sizes.pop("longest_step"), sizes.pop("rollout_step")
    # The small excess keeps 0.6 / 0.2 from becoming 4.
    substeps = math.ceil(dt / (rollout if scored else longest) - 1e-9)
    return {**sizes, "substeps": substeps}


@dataclass(frozen=True)
class Grid:
    """What the search tries, on every system alike.

    Attributes
    ----------
    learning_rates : mapping of str to sequence of float
        By model.
    extensions : int
        How often a rate beyond the edge is tried.
    """

    learning_rates: Mapping[str, Sequence[float]]
    extensions: int

    def candidates(self, model: str) -> list[Candidate]:
        """Return a model's candidates in the order in which they depend on each other."""
        counts = {RATE: len(self.learning_rates[model]), BEYOND: self.extensions}
        return [Candidate(model, f"{kind}{i}") for kind, n in counts.items() for i in range(n)]

    def earlier(self, candidate: Candidate) -> list[Candidate]:
        """Return the candidates whose outcome decides what this one is.

        A declared rate waits for none; one beyond the edge for all rates before it.
        """
        if candidate.kind == RATE:
            return []
        known = self.candidates(candidate.model)
        return known[: known.index(candidate)]

    def declared_rate(self, candidate: Candidate) -> float | None:
        """Return the rate of a candidate; None if the outcome of earlier ones decides it."""
        if candidate.kind != RATE:
            return None
        return self.learning_rates[candidate.model][candidate.number]


@dataclass(frozen=True)
class Design:
    """All trainings of the paper.

    Attributes
    ----------
    systems : mapping of str to Comparison
    focus : str
        The system of the ablations.
    sweep_systems : sequence of str
    sweep : sequence of int
        Numbers of training trajectories.
    variants : sequence of str
        Ablations.
    grid : Grid
        What is searched.
    budget : float
        By which all iterations are multiplied.
    """

    systems: Mapping[str, Comparison]
    focus: str
    sweep_systems: Sequence[str]
    sweep: Sequence[int]
    variants: Sequence[str]
    grid: Grid
    budget: float

    @property
    def main(self) -> Run:
        """The SSNO of the focus that other grids and steps are tried with."""
        return self.systems[self.focus].first(SSNO)

    def runs(self, system: str) -> list[Run]:
        """Return every training of a system: the comparison, the sweep and the ablations.

        Parameters
        ----------
        system
            Its name.
        """
        compared = self.systems[system]
        most, seed = compared.trajectories, compared.seeds[0]
        runs = [compared.first(model) for model in compared.models]
        runs += [
            Run(model, DEFAULT, most, further)
            for further in compared.seeds[1:]
            for model in (SSNO, LEADING)
        ]
        if system in self.sweep_systems:
            runs += [
                Run(model, DEFAULT, trajectories, seed)
                for trajectories in self.sweep
                if trajectories != most
                for model in (SSNO, LEADING)
            ]
        if system == self.focus:
            runs += [compared.first(SSNO, variant) for variant in self.variants]
        return runs

    def candidates(self, system: str) -> list[Candidate]:
        """Return every candidate of a system's search, model by model."""
        return [c for model in self.systems[system].models for c in self.grid.candidates(model)]

    def models(self, system: str, model: str) -> list[str]:
        """Return the models that a run's model may turn out to be."""
        return list(self.systems[system].baselines) if model == LEADING else [model]

    def selection(self, system: str, run: Run) -> list[Candidate]:
        """Return the candidates among which a training's settings are selected.

        They are its own model's, whatever its variant, seed and number of trajectories; the
        leading baseline is selected among all baselines'.
        """
        return [c for m in self.models(system, run.model) for c in self.grid.candidates(m)]

    def contenders(self, system: str, run: Run) -> list[Run]:
        """Return the trainings whose validation says which model a run's model turns out to be."""
        compared = self.systems[system]
        return [compared.first(m) for m in compared.baselines] if run.model == LEADING else []

    def training(
        self, system: str, model: str, settings: Mapping[str, Any], sizes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what a training is handed beside the names of system and run.

        Parameters
        ----------
        system, model
            Which training.
        settings
            The system's sections ``grid``, ``iterations`` and ``baselines``, as plain values.
        sizes
            Those of the SSNO.

        Returns
        -------
        dict
            ``grid``, and ``models``: by name the ``iterations`` and ``sizes`` of those that the
            run's model may turn out to be.
        """
        all_sizes = {SSNO: sizes, **settings["baselines"]}
        return {
            "grid": settings["grid"],
            "models": {
                name: {
                    "iterations": max(1, round(self.budget * settings["iterations"][name])),
                    "sizes": all_sizes[name],
                }
                for name in self.models(system, model)
            },
        }
