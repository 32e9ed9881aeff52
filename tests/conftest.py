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


LONGEST = (
    "smoke",
    "test_kills.py",
    "slurm",
    "test_disks.py",
    "test_missing_inputs.py",
    "test_streaming.py",
    "test_systems.py",
    "test_hostile.py",
    "test_tutorial_system.py",
)
"""The scopes and files that take minutes, the longest first."""

APART = ("test_kills.py", "test_disks.py", "test_missing_inputs.py", "test_systems.py")
"""Files of long tests that share nothing: each test may run in another process."""


def scope_of(nodeid: str) -> str:
    """Return what a test is to be in one process with.

    That is its file; all that need the finished smoke results, or the one Slurm, are together.
    """
    file = nodeid.partition("::")[0]
    if Path(file).name.startswith("test_smoke"):
        return "smoke"
    if "/slurm/" in file:
        return "slurm"
    return nodeid if Path(file).name in APART else file


class Scheduling(LoadScopeScheduling):
    """Keep the tests of a scope in one process."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return the scheduling for all runs in several processes.

    Scopes are handed out in the order in which they were collected, not by their numbers of tests.
    """
    config.option.loadscopereorder = False
    return Scheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take what is long first: at the end, no process then waits for another for minutes."""
    if hasattr(config, "workerinput"):  # one of several processes
        items.sort(key=lambda item: place(item.nodeid))


def place(nodeid: str) -> int:
    """Return where a test belongs in the order; unit tests start no processes, and come last."""
    scope = scope_of(nodeid)
    names = (scope, Path(scope.partition("::")[0]).name)
    others = len(LONGEST) + ("/unit/" in scope)
    return next((number for number, long in enumerate(LONGEST) if long in names), others)


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
