"""One written form for values, so that equal settings are equal text and equal digests."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def canonical(value: Any, place: str = "value") -> Any:
    """Return ``value`` as plain JSON types with sorted keys.

    Snakemake compares parameters by their written form, so two mappings that are equal but were
    filled in another order must come out the same. Errors name the place of what is wrong, such as
    ``value['training']['rate']``.

    Raises
    ------
    TypeError
        If a value has no plain form.
    ValueError
        If a number is not finite: NaN is not equal to itself, so it cannot be compared.
    """
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(k): canonical(value[k], f"{place}[{k!r}]") for k in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [canonical(item, f"{place}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place} is not finite: {value!r}")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{place} has no plain form, as a {type(value).__name__}: {value!r}")


def to_json(value: Any) -> str:
    """Return the canonical JSON text of ``value``."""
    return json.dumps(canonical(value), sort_keys=True, ensure_ascii=False)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON text of ``value`` (64 hexadecimal digits)."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()


def read_mapping(path: Path) -> dict[str, Any]:
    """Return what a JSON file holds.

    Raises
    ------
    ValueError
        If it cannot be read, or holds no mapping; names the file.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if not isinstance(values, dict):
        raise ValueError(f"{path} cannot be read: it holds no mapping")
    return values


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes (64 hexadecimal digits)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
