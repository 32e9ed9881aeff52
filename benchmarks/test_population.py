"""Paper 2, a population: one batch against one model after another, and against a process each.

The size is that of a population of the laptop scale: 16 models, 4000 images of digits' size.
"""

from __future__ import annotations

from statistics import median

import pytest
import torch
from readings import faster

from triptych.config.model import Config
from triptych.cycles.design import Run
from triptych.cycles.train import Training, train

LAPTOP = Config().cycles.training
MODELS, STATES, ITERATIONS = 16, 20, 30
SUBJECT, CASE = "population", f"{MODELS} models, K = {STATES}"
WHOLE = LAPTOP.iterations
"""Iterations of a training at laptop scale, which a process's start is spread over."""

SETTINGS = {
    **LAPTOP.model_dump(),
    "states": STATES,
    "tied": False,
    "iterations": ITERATIONS,
    "record_every": ITERATIONS,
}

ALONE = """
import time
import torch
from triptych.cycles.design import Run
from triptych.cycles.train import Training, train
torch.set_num_threads({threads})
images = (torch.rand(4000, 784, generator=torch.Generator().manual_seed(0)) < 0.13).float()
settings = Training(**{settings})
started = time.perf_counter()
train(images, images[:1000], [Run("alone", 0.005, 0, 1)], settings)
print(time.perf_counter() - started)
"""
"""One model in a process of its own, which says what its training took."""


@pytest.fixture
def population():
    """Return what trains models of some seeds for a few iterations."""
    images = (torch.rand(4000, 784, generator=torch.Generator().manual_seed(0)) < 0.13).float()
    settings = Training(**SETTINGS)

    def run(seeds: range) -> None:
        train(images, images[:1000], [Run("batch", 0.005, s, 1) for s in seeds], settings)

    return run


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
def test_one_batch(measure, population, python, threads):
    words = {"threads": threads, "settings": SETTINGS}
    inside: list[float] = []

    def one_process() -> None:
        inside.append(float(python("-c", ALONE.format(**words))))

    def one_by_one() -> None:
        for seed in range(MODELS):
            population(range(seed, seed + 1))

    process, apart, together = measure(
        one_process, one_by_one, lambda: population(range(MODELS)), least=3
    )
    inside = inside[1:]  # the first was to warm up
    starts = [whole - training for whole, training in zip(process, inside, strict=True)]
    measure.reads(SUBJECT, CASE, f"{ITERATIONS} iterations", "time", median(together))
    measure.reads(
        SUBJECT, CASE, "against one by one in one process", "speed-up", faster(apart, together)
    )
    measure.reads(
        SUBJECT, CASE, "against a process a model, without its start", "speed-up",
        MODELS * faster(inside, together), target=2,
        note=f"one process timed, {MODELS} times",
    )  # fmt: skip

    def training(start: float, seconds: float) -> float:
        return start + WHOLE / ITERATIONS * seconds

    separate = [MODELS * training(*pair) for pair in zip(starts, inside, strict=True)]
    one = [training(*pair) for pair in zip(starts, together, strict=True)]
    measure.reads(
        SUBJECT, CASE, "against a process a model, starts included", "speed-up",
        faster(separate, one), target=2,
        note=f"{WHOLE} iterations, extrapolated from {ITERATIONS}; "
        f"a start takes {median(starts):.1f} s",
    )  # fmt: skip
