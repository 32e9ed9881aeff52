"""Measuring claims, each by a named function of stored results, and the files they are kept in."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from triptych.claims.measured import Quantity, Unavailable
from triptych.runtime.canonical import read_mapping
from triptych.runtime.provenance import current_attributes
from triptych.runtime.store import write_text


def measure(
    claims: Mapping[str, Mapping[str, Any]], quantities: Mapping[str, Quantity], results: Any
) -> dict[str, dict[str, Any]]:
    """Measure every claim.

    Parameters
    ----------
    claims : mapping of str to mapping of str to object
        ``quantity`` and ``arguments`` of each claim, by its short name.
    quantities : mapping of str to callable
        The functions of a paper by name; each takes ``results`` and the arguments.
    results : object
        What a paper stored, in the class that its quantities take.

    Returns
    -------
    dict of str to dict of str to object
        By claim the fields of :class:`.measured.Measured`, or ``reason`` why it has none.

    Raises
    ------
    ValueError
        If a quantity is not known; the message names the claim and lists those that are.
    """
    measurements: dict[str, dict[str, Any]] = {}
    for name, claim in claims.items():
        quantity = quantities.get(claim["quantity"])
        if quantity is None:
            known = ", ".join(sorted(quantities))
            raise ValueError(
                f"claim {name}: unknown quantity {claim['quantity']!r}; known: {known}"
            )
        try:
            measurements[name] = asdict(quantity(results, **claim["arguments"]))
        except Unavailable as missing:
            measurements[name] = {"reason": str(missing)}
        except Exception as error:
            error.add_note(f"claim {name}: {claim['quantity']} of {claim['arguments']}")
            raise
    return measurements


def write_json(claims: Any, path: Path) -> None:
    """Write measured or evaluated claims as JSON, with the running step's record.

    Infinities and NaN, which JSON lacks, become text.
    """
    content = {"record": current_attributes(), "claims": _encode(claims)}
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(f"{text}\n", path)


def read_json(path: Path) -> Any:
    """Return the claims that :func:`write_json` wrote; infinities and NaN are numbers again."""
    return _decode(read_mapping(path)["claims"])


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
