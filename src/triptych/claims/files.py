"""Measured and judged claims as JSON files, with the record of the run that wrote them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from triptych.workflow.provenance import current_attributes
from triptych.workflow.store import atomic


def write_json(values: Any, path: Path) -> None:
    """Write values and the running step's record; numbers that JSON lacks become text."""
    held = {"record": current_attributes(), "claims": _plain(values)}
    with atomic(path) as sibling:
        sibling.write_text(json.dumps(held, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Return the values that :func:`write_json` wrote."""
    return _numbers(json.loads(path.read_text())["claims"])


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value) if value in ("inf", "-inf", "nan") else value
