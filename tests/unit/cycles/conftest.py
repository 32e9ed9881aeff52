"""Models small enough to be enumerated, images for them, and a monitor that stops a training."""

import pytest
import torch

from triptych.cycles.model import Population
from triptych.runtime.monitor import NullMonitor


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


class Keeper(NullMonitor):
    """Keeps all reports, and a copy of the state of one iteration, at which it stops."""

    def __init__(self, stop=None, state=None):
        self.stop, self.state, self.reports = stop, state, []

    def load_checkpoint(self):
        return self.state

    def report(self, iteration, total, **metrics):
        self.reports.append((iteration, total, metrics))

    def save_checkpoint(self, state):
        if self.reports[-1][0] == self.stop:
            self.state = {name: tensor.clone() for name, tensor in state().items()}
            raise InterruptedError


@pytest.fixture
def keeper():
    return Keeper
