"""Sizes of paper 2's jobs."""

from __future__ import annotations

from statistics import mean

from triptych.scales.sizes import Exponents, Group, PaperSizes, Sizes
from triptych.workflow.config.cycles import Cycles

IMAGES = {"digits": 1797, "mnist_5k": 5000, "mnist_full": 70000}


def sizes(section: Cycles, exponents: Exponents) -> PaperSizes:
    """Return what populations, their measurement and the references are sized by.

    - Training: iterations, and models, chains and latent states with their exponents.
    - Measuring: draws of every state of every model, and every image against every state.
    - Mixtures: EM iterations, starts, images, states. RBMs: steps and annealing, batches and
      chains. The classifier: passes over the images.
    """
    images, states = IMAGES[section.data.dataset], section.population.states
    training, evaluation, rbm = section.training, section.evaluation, section.rbm

    def power(size: float, what: str) -> float:
        return float(size ** exponents[f"population | {what}"])

    groups: dict[Group, Sizes] = {}
    for coupling in ("free", "tied"):
        told = section.population if coupling == "free" else section.tied
        models, jobs = len(told.learning_rates) * len(told.seeds), len(states)
        by_states = [power(k, "states") for k in states]
        work = sum(by_states) * power(training.chains, "chains")
        groups["train", coupling] = Sizes(
            jobs,
            training.iterations * power(models, "models") * work,
            models * (training.chains + max(states)),
            models * sum(states),
            longest=max(by_states) / mean(by_states),
        )
        drawn = sum(k * evaluation.draws + k * images for k in states)
        groups["evaluate", coupling] = Sizes(
            jobs,
            models * drawn,
            max(images, evaluation.draws),
            models * sum(states),
            longest=max(states) / mean(states),
        )
    groups["prepare",] = Sizes(1, images, images, images)
    groups["classifier",] = Sizes(1, images * section.classifier.epochs, images)
    starts = section.mixture.iterations * len(section.mixture.seeds)
    groups["mixture",] = Sizes(1, starts * images * sum(states), images)
    annealing = rbm.temperatures * rbm.annealed
    steps = rbm.iterations * (rbm.batch_size + rbm.chains)
    groups["rbm",] = Sizes(
        len(states),
        (steps + annealing) * sum(states),
        rbm.annealed,
        longest=max(states) / mean(states),
    )
    return PaperSizes(groups, group_of)


def group_of(job: str) -> Group | None:
    """Return the group of such as ``train_free_K10``."""
    kind, _, rest = job.partition("_")
    if kind in ("train", "evaluate"):
        return kind, rest.partition("_")[0]
    return (kind,) if kind in ("prepare", "classifier", "mixture", "rbm") else None
