"""Which trainings the comparisons of paper 1 ask for. The rules read this: it imports no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triptych.ssno.names import DEFAULT, LEADING


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
class Candidate:
    """One training of the search on one system: on all trajectories, from the first seed.

    Attributes
    ----------
    model : str
    candidate : str
        ``rate0`` and so on are declared rates, ``beyond0`` and so on rates beyond the edge.
    """

    model: str
    candidate: str

    @classmethod
    def of(cls, wildcards: Any) -> Candidate:
        """Return the candidate that a rule's wildcards of the same names say."""
        return cls(wildcards.model, wildcards.candidate)


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
        return ["ssno", *self.baselines]

    def first_run(self, model: str, variant: str = DEFAULT) -> Run:
        """Return a model's run on all trajectories from the first seed."""
        return Run(model, variant, self.trajectories, self.seeds[0])


def ssno_sizes(architecture: Mapping[str, Any], dt: float, *, scored: bool) -> dict[str, Any]:
    """Return the sizes of the SSNO on a system, for :class:`triptych.ssno.specs.ModelSpec`.

    Parameters
    ----------
    architecture : mapping of str to object
        As ``model`` in the configuration, with ``longest_step`` and ``rollout_step``.
    dt : float
        Time between two states of the system, in the units of these steps.
    scored : bool
        Whether it is for the rollouts that are scored or for the training.

    Returns
    -------
    dict of str to object
        With ``substeps`` in place of both steps: as many as the one that counts asks for.
    """
    sizes = dict(architecture)
    longest, rollout = sizes.pop("longest_step"), sizes.pop("rollout_step")
    # The small excess keeps 0.28 / 0.04 = 7.000…01 from becoming 8.
    substeps = math.ceil(dt / (rollout if scored else longest) - 1e-9)
    return {**sizes, "substeps": substeps}


@dataclass(frozen=True)
class Design:
    """All trainings of the paper.

    Attributes
    ----------
    systems : mapping of str to Comparison
    focus : str
        The system of the ablations, the other resolutions and the steps.
    sweep_systems : sequence of str
    sweep : sequence of int
        Numbers of training trajectories.
    variants : sequence of str
        Ablations.
    learning_rates : mapping of str to sequence of float
        What the search tries, by model, on every system alike.
    extensions : int
        How often a rate beyond the edge of these is tried.
    budget : float
        By which all iterations are multiplied.
    """

    systems: Mapping[str, Comparison]
    focus: str
    sweep_systems: Sequence[str]
    sweep: Sequence[int]
    variants: Sequence[str]
    learning_rates: Mapping[str, Sequence[float]]
    extensions: int
    budget: float

    @property
    def main(self) -> Run:
        """The SSNO of the focus that other grids and steps are tried with."""
        return self.systems[self.focus].first_run("ssno")

    def runs(self, system: str) -> list[Run]:
        """Return every training of a system: the comparison, the sweep and the ablations.

        Parameters
        ----------
        system : str
        """
        comparison = self.systems[system]
        first_seed, *further_seeds = comparison.seeds
        runs = [comparison.first_run(model) for model in comparison.models]
        runs += [
            Run(model, DEFAULT, comparison.trajectories, seed)
            for seed in further_seeds
            for model in ("ssno", LEADING)
        ]
        if system in self.sweep_systems:
            runs += [
                Run(model, DEFAULT, trajectories, first_seed)
                for trajectories in self.sweep
                if trajectories != comparison.trajectories
                for model in ("ssno", LEADING)
            ]
        if system == self.focus:
            runs += [comparison.first_run("ssno", variant) for variant in self.variants]
        return runs

    def candidate_rates(self, model: str) -> dict[Candidate, float | None]:
        """Return a model's candidates in the order in which they depend on each other.

        The value is the declared rate; None for one beyond the edge, which the outcome of all
        before it decides.
        """
        declared = {f"rate{i}": rate for i, rate in enumerate(self.learning_rates[model])}
        beyond = dict.fromkeys(f"beyond{i}" for i in range(self.extensions))
        return {Candidate(model, name): rate for name, rate in (declared | beyond).items()}

    def earlier(self, system: str, candidate: Candidate) -> list[Candidate]:
        """Return the candidates whose outcome decides what this one is.

        Raises
        ------
        ValueError
            If the system does not have it.
        """
        if candidate not in self.candidates(system):
            raise ValueError(f"{system}: no candidate {candidate.candidate} of {candidate.model}")
        rates = self.candidate_rates(candidate.model)
        in_order = list(rates)
        return in_order[: in_order.index(candidate)] if rates[candidate] is None else []

    def candidates(self, system: str) -> list[Candidate]:
        """Return every candidate of a system's search, model by model."""
        models = self.systems[system].models
        return [candidate for model in models for candidate in self.candidate_rates(model)]

    def possible_models(self, system: str, model: str) -> list[str]:
        """Return the models that a run's model may turn out to be.

        Raises
        ------
        ValueError
            If the system does not have it.
        """
        comparison = self.systems[system]
        if model == LEADING:
            return list(comparison.baselines)
        if model not in comparison.models:
            known = ", ".join([*comparison.models, LEADING])
            raise ValueError(f"{system} has no model {model}: it has {known}")
        return [model]

    def eligible_candidates(self, system: str, run: Run) -> list[Candidate]:
        """Return the candidates among which a training's settings are selected.

        They are its own model's, whatever its variant, seed and number of trajectories; of the
        leading baseline all baselines', for which it is will be known by their full trainings.

        Raises
        ------
        ValueError
            If the system lacks the run's model, or has fewer trajectories than it asks for.
        """
        available = self.systems[system].trajectories
        if not 1 <= run.trajectories <= available:
            raise ValueError(
                f"{system} has {available} training trajectories, and not {run.trajectories}"
            )
        models = self.possible_models(system, run.model)
        return [candidate for model in models for candidate in self.candidate_rates(model)]

    def contenders(self, system: str, run: Run) -> list[Run]:
        """Return the trainings whose validation says which model a run's model turns out to be."""
        if run.model != LEADING:
            return []
        comparison = self.systems[system]
        return [comparison.first_run(model) for model in comparison.baselines]

    def training_settings(
        self, system: str, model: str, settings: Mapping[str, Any], sizes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return what a training is handed beside the names of system and run.

        Parameters
        ----------
        system, model : str
            Which training.
        settings : mapping of str to object
            The system's sections ``grid``, ``iterations`` and ``baselines``, as plain values.
        sizes : mapping of str to object
            Those of the SSNO.

        Returns
        -------
        dict of str to object
            ``grid``, and ``models``: by name the ``iterations`` and ``sizes`` of those that the
            run's model may turn out to be.
        """
        all_sizes = {"ssno": sizes, **settings["baselines"]}
        return {
            "grid": settings["grid"],
            "models": {
                name: {
                    "iterations": max(1, round(self.budget * settings["iterations"][name])),
                    "sizes": all_sizes[name],
                }
                for name in self.possible_models(system, model)
            },
        }
