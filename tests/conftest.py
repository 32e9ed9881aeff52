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

# Timing is for benchmarks: a slow machine is no reason for a test to fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the checkout's folder."""
    return PROJECT
