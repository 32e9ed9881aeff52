"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PROJECT = Path(__file__).resolve().parents[1]

# A folder of raw files beside the checkout serves as the mirror when it is there.
_MIRROR = PROJECT.parent / "shared" / "raw"
if _MIRROR.is_dir():
    os.environ.setdefault("TRIPTYCH_RAW_MIRROR", str(_MIRROR))

# Timing is for benchmarks: a slow machine is no reason for a test to fail. In continuous
# integration the examples are always the same: a failure there is one of the change.
settings.register_profile(
    "untimed",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("untimed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a file's tests in one process, and all that need the finished smoke results."""
    for item in items:
        shared = "smoke" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("smoke" if shared else str(item.path)))


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the checkout's folder."""
    return PROJECT
