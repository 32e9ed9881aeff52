"""What the index page of a scale says of the run that drew its figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from triptych.figures.save import read_record


def made_with(figures: Sequence[Path]) -> dict[str, Any]:
    """Return what PNG figures were made with, by their records.

    Returns
    -------
    dict
        ``commits``, ``devices``, ``versions`` and ``dates``: the different values, in order; of the
        dates the first and the last day.

    Raises
    ------
    ValueError
        If a figure carries no record.
    """
    records = [read_record(path) for path in figures]
    libraries: dict[str, set[str]] = {}
    for record in records:
        for library, version in json.loads(record["versions"]).items():
            libraries.setdefault(library, set()).add(version)
    days = sorted(record["created"][:10] for record in records)
    return {
        "commits": sorted({record["commit"][:12] for record in records}),
        "devices": sorted({record["device"] for record in records}),
        "versions": {
            name: ", ".join(sorted(versions)) for name, versions in sorted(libraries.items())
        },
        "dates": sorted({days[0], days[-1]}) if days else [],
    }
