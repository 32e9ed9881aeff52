"""What the tests of paper 1 share."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from reference_ssno import ReferenceSSNO


@pytest.fixture
def reference() -> type[ReferenceSSNO]:
    return ReferenceSSNO


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
