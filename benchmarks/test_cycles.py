"""Paper 2: one batch with a model axis against one model after another."""

import pytest
import torch

from triptych.cycles.train import Training, train

MODELS = 16
SETTINGS = Training(states=20, iterations=30, record_every=30, record_draws=1)


@pytest.fixture(scope="module")
def images():
    """Return binary images of the size and ink of digits."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    return (torch.rand(1000, 784, generator=generator) < 0.13).float()


@pytest.mark.benchmark(group="population of 16 models, 30 iterations")
def test_population_in_one_batch(benchmark, images):
    seeds = list(range(MODELS))
    benchmark(lambda: train(images, images[:100], [0.005] * MODELS, seeds, SETTINGS))


@pytest.mark.benchmark(group="population of 16 models, 30 iterations")
def test_one_model_after_another(benchmark, images):
    def one_by_one():
        for seed in range(MODELS):
            train(images, images[:100], [0.005], [seed], SETTINGS)

    benchmark(one_by_one)
