"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]

# A folder of raw files beside the checkout serves as the mirror when it is there.
_MIRROR = PROJECT.parent / "shared" / "raw"
if _MIRROR.is_dir():
    os.environ.setdefault("TRIPTYCH_RAW_MIRROR", str(_MIRROR))


@pytest.fixture(scope="session")
def project() -> Path:
    """Return the checkout's folder."""
    return PROJECT
