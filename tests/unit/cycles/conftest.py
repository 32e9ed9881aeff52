"""Models small enough to be enumerated, and images for them."""

import pytest
import torch

from triptych.cycles.model import Population


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def random_population(models=2, states=3, pixels=6, seed=0, tied=False, scale=1.0):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)

    W = normal(models, states, pixels)
    V = W.clone() if tied else normal(models, states, pixels)
    return Population(W=W, b=normal(models, states), V=V, a=normal(models, pixels))


@pytest.fixture
def population():
    return random_population()


@pytest.fixture
def tied_population():
    return random_population(states=4, tied=True)


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(5)
    return torch.randint(0, 2, (40, 6), generator=generator).double()


@pytest.fixture
def make_population():
    return random_population
