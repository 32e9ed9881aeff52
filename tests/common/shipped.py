"""The tables that ship with the project."""

from __future__ import annotations

import gzip
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "resources" / "raw"


def shipped(name: str) -> bytes:
    """Return the bytes of a table, unpacked."""
    return gzip.decompress((FOLDER / f"{name}.gz").read_bytes())
