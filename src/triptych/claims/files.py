"""Measured and evaluated claims as JSON files, with the record of the run that wrote them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from triptych.runtime.provenance import current_attributes
from triptych.runtime.store import atomic


def write_json(values: Any, path: Path) -> None:
    """Write values and the running step's record.

    Parameters
    ----------
    values : Any
        Lists, dictionaries, text and numbers. Infinities and NaN, which JSON lacks, become text.
    path : Path
    """
    content = {"record": current_attributes(), "claims": _encode(values)}
    with atomic(path) as sibling:
        sibling.write_text(
            json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        )


def read_json(path: Path) -> Any:
    """Return the values that :func:`write_json` wrote.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Any
        Infinities and NaN are numbers again.
    """
    return _decode(json.loads(path.read_text())["claims"])


def _encode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return float(value) if value in ("inf", "-inf", "nan") else value
