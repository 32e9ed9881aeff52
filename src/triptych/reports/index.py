"""What the index page of a scale says of the run that drew its figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from triptych.figures.save import read_record


def made_with(figures: Sequence[Path]) -> dict[str, Any]:
    """Return what PNG figures were made with, by their records.

    Returns
    -------
    dict of str to object
        ``commits``, ``devices``, ``versions`` and ``dates``: the different values, in order; of the
        dates the first and the last day.

    Raises
    ------
    ValueError
        If a figure carries no record.
    """
    records = pd.DataFrame([read_record(path) for path in figures])
    libraries = pd.DataFrame(map(json.loads, records.versions))
    days = sorted(records.created.str[:10])
    return {
        "commits": sorted(set(records.commit.str[:12])),
        "devices": sorted(set(records.device)),
        "versions": {
            name: ", ".join(sorted(set(versions.dropna())))
            for name, versions in sorted(libraries.items())
        },
        "dates": sorted({days[0], days[-1]}),
    }
