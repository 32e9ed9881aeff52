"""What figures and tables call models, variants and systems, and say of seeds and trajectories."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import xarray as xr

from triptych.ssno.names import ModelName
from triptych.ssno.tables import main_runs

MODEL_LABELS: dict[ModelName, str] = {
    "ssno": "SSNO",
    "ffno": "FFNO",
    "cnext": "ConvNeXt",
    "percnn": "PeRCNN",
    "sfno": "SFNO",
    "dpot": "DPOT",
    "factformer": "FactFormer",
    "fno": "FNO",
}
"""Of every model, in the order in which every figure shows them."""
VARIANT_LABELS: dict[str, str] = {
    "default": "SSNO",
    "explicit": "explicit step",
    "no_products": "no products Π",
    "no_local": "no local part",
    "free_sign": "Re λ of any sign",
}
"""Of the SSNO as it is and of its ablations."""


def short_title(title: str) -> str:
    """Return a system's title for a tight axis: ``NS 2D`` of ``Navier–Stokes, 2D``."""
    name, _, domain = title.rpartition(", ")
    initials = "".join(word[0].upper() for word in re.split("[ –-]", name) if word)
    return f"{initials} {domain}".strip()


def time_units(system: str) -> str:
    """Return the units of a system's time, ``d`` for days; empty if it has no dimension.

    Not those of a store: that of record was written before stores of times had their units.
    """
    from triptych.ssno.systems import get_system  # torch: a second that no other label needs

    units = get_system(system).time_units
    return "" if units == "1" else units


def time_label(system: str) -> str:
    """Return what an axis of a system's time is called: ``time (d)``, or ``time``."""
    units = time_units(system)
    return f"time ({units})" if units else "time"


def at_time(system: str, time: float) -> str:
    """Return what a picture of that time says of it: ``t = 2.5 d``, or ``t = 5``."""
    return f"t = {time:g} {time_units(system)}".rstrip()


def two_digits(number: float) -> str:
    """Return a number from 0 on with two digits, or its whole part; ``∞`` if it is not finite."""
    if not 0 < number < math.inf:
        return "0" if number == 0 else "∞"
    return f"{number:.0f}" if number >= 9.95 else f"{number:#.2g}"


def in_order(models: Iterable[str]) -> list[ModelName]:
    """Return the distinct models in the order in which every figure shows them."""
    present = set(models)
    return [model for model in MODEL_LABELS if model in present]


def models_of(stores: Iterable[xr.Dataset]) -> list[ModelName]:
    """Return the distinct models of several stores, in the order of :func:`in_order`.

    Parameters
    ----------
    stores : iterable of xarray.Dataset
        Each with ``model`` (run) or (candidate).
    """
    return in_order(model for store in stores for model in store.model.values)


def sample_note(systems: Sequence[xr.Dataset], splits: Sequence[str] = ("test",)) -> str:
    """Say how many seeds and trajectories are behind the scores of the comparison.

    Parameters
    ----------
    systems : sequence of xarray.Dataset
        Scores of each; see :func:`triptych.ssno.evaluate.score_runs`.
    splits : sequence of str, optional
        The sets that are shown.

    Returns
    -------
    str
        Such as ``2 seeds of SSNO, FFNO (KS 2D, NS 2D), 1 of all others; 5 test trajectories``; a
        model without titles has so many on every system.
    """
    titles: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for scores in systems:
        runs = main_runs(scores)
        for model, number in runs.seed.to_series().groupby(runs.model.values).nunique().items():
            titles[int(number)][str(model)].append(short_title(scores.attrs["title"]))
    seeds = _seeds_note(titles, len(systems))
    return f"{seeds}; {trajectories_note(systems, splits)}"


def trajectories_note(systems: Iterable[xr.Dataset], splits: Sequence[str] = ("test",)) -> str:
    """Say how many trajectories are behind scores, such as ``5 test trajectories``.

    Parameters are those of :func:`sample_note`.
    """
    counts = {
        int(scores.mean_error.sel(split=split).notnull().any("run").sum())
        for scores in systems
        for split in splits
    }
    unit = "test trajectories" if tuple(splits) == ("test",) else "trajectories a set"
    return f"{span(counts)} {unit}"


def span(counts: Collection[int]) -> str:
    """Return the least and the largest of some counts, such as ``1 to 3``; one if they agree."""
    return " to ".join(map(str, sorted({min(counts), max(counts)})))


def _seeds_note(titles: Mapping[int, Mapping[str, Sequence[str]]], systems: int) -> str:
    """Name the models that have more seeds than the others, by how many these are, and where."""
    *numbers, least = sorted(titles, reverse=True)
    more = []
    for number in numbers:
        of_model = titles[number]
        titles_by_label = ((MODEL_LABELS[model], of_model[model]) for model in in_order(of_model))
        named = [
            name if len(where) == systems else f"{name} ({', '.join(where)})"
            for name, where in titles_by_label
        ]
        more.append(f"{number} seeds of {', '.join(named)}")
    if not more:
        return f"{least} seed{'s' * (least > 1)} of every model"
    return f"{', '.join(more)}, {least} of all others"
