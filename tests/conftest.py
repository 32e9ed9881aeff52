"""What all tests share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

PROJECT = Path(__file__).resolve().parents[1]

# There is a process of tests on every core: more threads in each would wait for one another.
# Numeric libraries read this when they are first imported, which is later than here.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# Timing is for benchmarks: a slow machine is no reason for a test to fail. In continuous
# integration the examples are always the same: a failure there is one of the change.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("untimed")


class Scheduling(LoadScopeScheduling):
    """Keep a file's tests in one process, and all that need the finished smoke results."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "smoke" if Path(file).name.startswith("test_smoke") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return the scheduling for all runs in several processes."""
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the checkout's folder."""
    return PROJECT


@pytest.fixture(autouse=True)
def closed_figures() -> Iterator[None]:
    """Close the figures that a test drew: pyplot keeps every one."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
