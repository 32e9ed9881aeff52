"""Settings of paper 2, nonequilibrium latent cycles."""

from __future__ import annotations

from operator import attrgetter
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from triptych.config.base import (
    Count,
    Counts,
    Fraction,
    Name,
    PositiveFloat,
    Rates,
    Section,
    Seed,
    Seeds,
    States,
    increasing,
    section,
    setting,
)

StepCounts = Annotated[
    list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(increasing)
]
Share = Annotated[float, Field(ge=0, le=1)]


class Data(Section):
    """The digits."""

    dataset: Name = setting("mnist_5k", "the digits: digits, mnist_5k, mnist_full or your own")
    threshold: Fraction = setting(0.5, "share of the grey range above which a pixel is on")
    held_out: Count = setting(1000, "images held out, the same share of every class")
    split_seed: Seed = setting(1, "seed of the split")


class Population(Section):
    """The free models of record: at the rate that training likelihood selects in the search."""

    states: States = setting([10, 20, 30], "numbers K of latent states")
    seeds: Seeds = setting([*range(1000, 1012)], "seeds of initial weights and chains")


class Search(Section):
    """The trials that two learning rates are chosen by: the selected one and the contrast's."""

    learning_rates: Rates = setting(
        [0.004, 0.005, 0.006, 0.007, 0.008, 0.009, 0.01, 0.012, 0.014, 0.016],
        "RMSprop learning rates",
    )
    seeds: Seeds = setting([2000, 2001], "seeds of initial weights and chains")


class Variants(Section):
    """Designs that vary one thing, in one batch."""

    contrast_seeds: Seeds = setting(
        [*range(3100, 3108)],
        "models at the rate where cycling and nearly reversible ones both occur",
    )
    seeds: Seeds = setting(
        [4000, 4001], "models a number of steps in the gradient, and a rate of the control"
    )
    memoryless_rates: Rates = setting([0.006, 0.01], "RMSprop learning rates of the control, W = 0")


class Tied(Section):
    """The detailed-balance reference for the same K, trained by sampling too, at its own rates."""

    learning_rates: Rates = setting([0.0005, 0.001, 0.002, 0.004], "RMSprop learning rates")
    seeds: Seeds = setting([5000], "seeds of initial weights and chains")


class Comparison(Section):
    """Length of all trainings but those of record, beside which figures say or mark it."""

    iterations: Count = setting(1000, "RMSprop steps")
    chains: Count = setting(100, "persistent chains a model")
    record_every: Count = setting(200, "iterations between two records of the curves")


class Training(Section):
    """How populations are trained; iterations, chains and records of the models of record."""

    iterations: Count = setting(1500, "RMSprop steps")
    batch_size: Count = setting(500, "images a step")
    chains: Count = setting(100, "persistent chains a model")
    cooldown: Share = setting(
        0.5, "last share of the iterations over which learning rates fall to zero"
    )
    order_seed: Seed = setting(1, "seed of the order of the images")
    record_every: Count = setting(50, "iterations between two records of the curves")
    record_draws: Count = setting(100, "images a state behind each record")


class Evaluation(Section):
    """How trained models are measured."""

    draws: Count = setting(2000, "images a state that the latent kernel is estimated from")
    blocks: int = setting(10, "blocks of the jackknife; divides the draws", ge=2)
    class_draws: Count = setting(200, "images a state that are classified")
    cycles: Count = setting(8, "strongest cycles kept")
    reversible: PositiveFloat = setting(
        0.01, "entropy production, nats a step, below which a model counts as nearly reversible"
    )
    images: int = setting(
        100, "images a state behind the entropy production of the whole chain", ge=2
    )
    seed: Seed = setting(1, "seed of all draws")

    @model_validator(mode="after")
    def _whole_blocks(self) -> Evaluation:
        if self.draws % self.blocks:
            raise ValueError(f"draws {self.draws} is not a multiple of blocks {self.blocks}")
        return self


class Classifier(Section):
    """The independent classifier of generated images."""

    hidden: Count = setting(128, "hidden units")
    epochs: Count = setting(60, "passes over the training images")
    seed: Seed = setting(1, "seed of weights and batches")


class Mixture(Section):
    """The mixture of Bernoullis by EM, the upper reference."""

    iterations: Count = setting(150, "EM iterations a start")
    seeds: Seeds = setting([5, 6, 7, 8, 9], "random starts; that of the highest posterior is kept")
    smoothing: PositiveFloat = setting(0.1, "pseudo-counts of the prior")


class Rbm(Section):
    """The Bernoulli RBM with as many parameters as a free model."""

    iterations: Count = setting(4000, "steps of persistent contrastive divergence")
    learning_rate: PositiveFloat = setting(0.005, "initial RMSprop learning rate")
    batch_size: Count = setting(500, "images a step")
    chains: Count = setting(500, "persistent chains")
    temperatures: Count = setting(10000, "temperatures of annealed importance sampling")
    annealed: int = setting(200, "chains of annealed importance sampling", ge=2)
    seed: Seed = setting(1, "seed of weights, minibatches and persistent chains")


class Truncation(Section):
    """Truncated gradients against the exact one."""

    steps: StepCounts = setting([0, 1, 2, 3, 4, 6, 8, 16, 32], "latent steps kept, increasing")
    side: int = setting(3, "side of the coarse images of the enumerable model", ge=2, le=3)
    states: int = setting(4, "latent states of the enumerable model", ge=2)
    learning_rate: PositiveFloat = setting(0.01, "of the enumerable model")
    iterations: Counts = setting(
        [30, 100, 300, 1000, 3000], "training lengths at which it is compared"
    )
    seeds: Seeds = setting([4, 5, 6, 7], "enumerable models")
    draws: Count = setting(500, "images a state behind the kernel of the large models")
    chains: Count = setting(10000, "images a large model behind the chain part")
    replicates: int = setting(
        4, "independent estimates of so many images, whose products with each other count", ge=3
    )


class Mixing(Section):
    """Gibbs chains of the RBM whose images' autocorrelation is measured."""

    chains: Count = setting(40, "chains a machine")
    steps: int = setting(2000, "steps a chain", ge=10)
    seed: Seed = setting(1, "seed of the annealing and of the chains that start from it")


class Walk(Section):
    """The model whose latent graph is drawn: the best on training images that is not collapsed."""

    states: int = setting(10, "its number of latent states", ge=2)
    cycles: Count = setting(3, "strongest cycles coloured, with an image of each state")
    steps: Count = setting(24, "steps of the free walk")
    samples: Count = setting(40, "sample images kept of every kind of model")
    seed: Seed = setting(1, "seed of the images")


class Cycles(Section):
    """All of paper 2."""

    data: Data = section(Data, "binary digits")
    population: Population = section(Population, "free models")
    search: Search = section(Search, "search for learning rates")
    variants: Variants = section(Variants, "contrast within a rate, n-step gradients, control")
    tied: Tied = section(Tied, "tied models, in detailed balance")
    training: Training = section(Training, "training")
    comparison: Comparison = section(Comparison, "length of search, variants and tied models")
    evaluation: Evaluation = section(Evaluation, "measurement")
    classifier: Classifier = section(Classifier, "classifier of images")
    mixture: Mixture = section(Mixture, "EM reference")
    rbm: Rbm = section(Rbm, "Bernoulli RBM reference")
    truncation: Truncation = section(Truncation, "gradients")
    mixing: Mixing = section(Mixing, "mixing of the RBM")
    walk: Walk = section(Walk, "graph and walk")

    @model_validator(mode="after")
    def _consistent(self) -> Cycles:
        for key, limit in (
            ("training.record_every", "training.iterations"),
            ("comparison.record_every", "comparison.iterations"),
            ("walk.cycles", "evaluation.cycles"),
            ("walk.samples", "mixing.chains"),  # an RBM keeps one image a chain
        ):
            value, most = attrgetter(key)(self), attrgetter(limit)(self)
            if value > most:
                raise ValueError(f"{key} {value} exceeds {limit} {most}")
        if self.walk.states not in self.population.states:
            raise ValueError(
                f"walk.states {self.walk.states} is not among population.states "
                f"{self.population.states}"
            )
        return self
