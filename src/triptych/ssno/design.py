"""Which trainings the comparisons of paper 1 ask for. The rules read this: it imports no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SSNO = "ssno"
DEFAULT = "default"
"""The variant of a model that nothing is left out of."""

_OF_THE_SSNO = ("iterations", "learning_rate", "mask_penalty")
"""What a system's section on training says of the SSNO alone."""


@dataclass(frozen=True)
class Run:
    """One training on one system.

    Attributes
    ----------
    model : str
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
    """What is compared on one system: the SSNO and baselines, from every seed.

    Attributes
    ----------
    baselines : sequence of str
    trajectories : int
        All that there are for training.
    seeds : sequence of int
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


@dataclass(frozen=True)
class Design:
    """All trainings of the paper.

    Attributes
    ----------
    systems : mapping of str to Comparison
    focus : str
        The system of the sweep and of the ablations.
    sweep : sequence of int
        Numbers of training trajectories.
    sweep_models : sequence of str
    variants : mapping of str to float
        Learning rates of the ablations.
    learning_rates : mapping of str to sequence of float
        From which validation chooses a baseline's.
    """

    systems: Mapping[str, Comparison]
    focus: str
    sweep: Sequence[int]
    sweep_models: Sequence[str]
    variants: Mapping[str, float]
    learning_rates: Mapping[str, Sequence[float]]

    @property
    def main(self) -> Run:
        """The SSNO of the focus that other grids and steps are tried with."""
        return self.systems[self.focus].first(SSNO)

    def runs(self, system: str) -> list[Run]:
        """Return every training of a system: the comparison; on the focus the sweep and ablations.

        Parameters
        ----------
        system
            Its name.
        """
        compared = self.systems[system]
        models, most = compared.models, compared.trajectories
        runs = [Run(model, DEFAULT, most, seed) for seed in compared.seeds for model in models]
        if system == self.focus:
            runs += [
                Run(model, DEFAULT, trajectories, compared.seeds[0])
                for trajectories in self.sweep
                if trajectories != most
                for model in self.sweep_models
                if model in models
            ]
            runs += [compared.first(SSNO, variant) for variant in self.variants]
        return runs

    def rate_runs(self, system: str, run: Run) -> list[Run]:
        """Return the run whose learning rate another takes: none, or one.

        A baseline chooses its learning rate once: in its first run, on all trajectories. The SSNO
        has its own.
        """
        first = self.systems[system].first(run.model)
        chooses = (run.trajectories, run.seed) == (first.trajectories, first.seed)
        return [] if run.model == SSNO or chooses else [first]

    def training(self, system: str, run: Run, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a training is handed beside the names of system and run.

        Parameters
        ----------
        system, run
            Which training.
        settings
            The system's sections ``grid``, ``model``, ``training`` and ``baselines``, as plain
            values.

        Returns
        -------
        dict
            ``settings``, those of the system that count for this run; for a baseline its
            ``iterations`` and ``sizes`` too, and the ``learning_rates`` where it chooses.
        """
        training = dict(settings["training"])
        if run.model == SSNO:
            if run.variant != DEFAULT:
                training["learning_rate"] = self.variants[run.variant]
            parts = {"grid": settings["grid"], "model": settings["model"], "training": training}
            return {"settings": parts}
        for name in _OF_THE_SSNO:
            del training[name]
        handed: dict[str, Any] = {"settings": {"grid": settings["grid"], "training": training}}
        handed |= settings["baselines"][run.model]
        if not self.rate_runs(system, run):
            handed["learning_rates"] = self.learning_rates[run.model]
        return handed
