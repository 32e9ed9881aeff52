"""Which runs a configuration of paper 2 asks for.

A *population* is what trains as one batch, for each K, and the folder of its results. Its models
belong to *designs*, a coordinate of its stores. A design's learning *rates* are its own, from the
configuration, or the one that the search chose. *Claims* are measured on designs.

* population ``search``: design ``search``, at rates of its own; by it the selected and the contrast
  rate are chosen;
* population ``free``: design ``selected``, at the selected rate. These are the models of record, in
  figure 7 the *cycle models* of full length; claims C1 to C3, C6 and C7 are on them;
* population ``variants``: design ``contrast``, at the contrast rate, behind claims C4 and C5;
  designs ``one_step`` to ``all_steps``, at the selected rate, of which ``one_step`` stands beside
  references of the same length; and design ``memoryless``, the control W ≡ 0, at its own rates;
* population ``tied``: design ``tied``, the reference in detailed balance, at rates of its own.

``selected`` and ``contrast`` are each the name of a design and that of the rate it has. The
populations ``search`` and ``tied`` are called like their only design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

SEARCH, FREE, VARIANTS, TIED = "search", "free", "variants", "tied"
POPULATIONS = (SEARCH, FREE, VARIANTS, TIED)
"""The trials of the search for rates, the models at the rate it selects, the designs that vary one
thing, and the reference in detailed balance."""

WALKED = (FREE, TIED)
"""Populations of which one model is shown walking."""

SELECTED_RATE, CONTRAST_RATE = "selected", "contrast"
"""The two learning rates that the search yields, by the names that runs give them."""

AT_CHOSEN_RATES = (FREE, VARIANTS)
"""Populations whose runs name them."""

SELECTED, CONTRAST, MEMORYLESS = "selected", "contrast", "memoryless"
"""Designs: the models of record, those of the contrast within one rate, and the control W ≡ 0."""

PAPER_STEPS = 1
"""Latent steps that the paper keeps in the gradient: its last two half steps."""

STEP_DESIGNS: dict[int | None, str] = {
    PAPER_STEPS: "one_step",
    2: "two_steps",
    4: "four_steps",
    None: "all_steps",
}
"""By the latent steps kept in the gradient; None keeps all."""


@dataclass(frozen=True)
class Run:
    """One model of a population.

    Attributes
    ----------
    design : str
        What it is trained for.
    learning_rate : float or str
        Of RMSprop; before the search its name, :data:`SELECTED_RATE` or
        :data:`CONTRAST_RATE`.
    seed : int
        Of its initial weights and chains.
    steps : int or None
        Latent steps kept in the gradient; None is all of them.
    memoryless : bool, optional
        Keep W at zero: the next latent state then does not depend on the image.
    """

    design: str
    learning_rate: float | str
    seed: int
    steps: int | None
    memoryless: bool = False

    @property
    def rate(self) -> float:
        """The learning rate as a number.

        Raises
        ------
        ValueError
            If it is a name still.
        """
        return float(self.learning_rate)


def runs_at_rates(
    design: str, learning_rates: Sequence[float], seeds: Sequence[int], memoryless: bool = False
) -> list[Run]:
    """Return models of one design at rates of their own: every rate with every seed.

    Parameters
    ----------
    design : str
        Its name.
    learning_rates : sequence of float
        At least one.
    seeds : sequence of int
        At least one.
    memoryless : bool, optional
        Whether the next latent state does not depend on the image, W ≡ 0.

    Returns
    -------
    list of Run
        By rate, then seed.
    """
    return [
        Run(design, rate, seed, PAPER_STEPS, memoryless)
        for rate, seed in product(learning_rates, seeds)
    ]


def free_runs(seeds: Sequence[int]) -> list[Run]:
    """Return the models of record, at the selected rate."""
    return [Run(SELECTED, SELECTED_RATE, seed, PAPER_STEPS) for seed in seeds]


def variant_runs(
    contrast_seeds: Sequence[int], seeds: Sequence[int], memoryless_rates: Sequence[float]
) -> list[Run]:
    """Return the designs that vary one thing.

    Many seeds at the contrast rate; gradients with 1, 2, 4 and all latent steps at the selected
    rate; the memoryless control at rates of its own.
    """
    return [
        *(Run(CONTRAST, CONTRAST_RATE, seed, PAPER_STEPS) for seed in contrast_seeds),
        *(
            Run(name, SELECTED_RATE, seed, steps)
            for steps, name in STEP_DESIGNS.items()
            for seed in seeds
        ),
        *runs_at_rates(MEMORYLESS, memoryless_rates, seeds, memoryless=True),
    ]


def shared_training(
    population: str, training: Mapping[str, Any], comparison: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings that all models of a population share.

    Parameters
    ----------
    population : str
        One of :data:`POPULATIONS`.
    training : mapping of str to object
        Settings of the models of record, ``free``, which train the longest.
    comparison : mapping of str to object
        What replaces some of them in the other populations.

    Returns
    -------
    dict of str to object
        The fields of :class:`triptych.cycles.train.Training` but for ``states``.
    """
    replaced = {} if population == FREE else comparison
    return {**training, **replaced, "tied": population == TIED}


def with_rates(runs: Iterable[Run], rates: Mapping[str, float]) -> list[Run]:
    """Return runs with numbers in place of the names of learning rates.

    Raises
    ------
    KeyError
        If a name is not among the rates.
    """
    return [
        replace(run, learning_rate=rates[run.learning_rate])
        if isinstance(run.learning_rate, str)
        else run
        for run in runs
    ]
