"""Whether a run agrees with the numbers of record of its scale: a few behind each figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
import xarray as xr
from pydantic import Field, model_validator

from triptych.config.base import Name, Section, Text
from triptych.config.load import read_section
from triptych.config.papers import FigureName
from triptych.inspect.published import Numbers, Record
from triptych.runtime.step import all_paths
from triptych.runtime.store import read_store

AGREES, MOVED, MISSING = "agrees", "moved", "missing"

SINCE = (
    "settings may have changed since a run of record: git diff COMMIT -- config src/triptych/config"
)

Reduction = Literal["mean", "median", "min", "max", "sum", "std"]
Value = bool | int | float | str

Measurement = tuple[float | None, float]
"""A number, and the share of the values behind it that were finite; None where nothing was."""


class Tolerance(Section):
    """How far a number may be from that of record, and why that far.

    Attributes
    ----------
    relative, absolute
        The larger of the two counts; without any the number has to come out exactly.
    factor
        How many times larger or smaller it may be at most, within what the others leave: for
        numbers that a margin would let vanish.
    because
        What moves such a number on another machine, or that nothing does.
    """

    relative: float = Field(default=0.0, ge=0)
    absolute: float = Field(default=0.0, ge=0)
    factor: float | None = Field(default=None, gt=1)
    because: Text

    def band(self, value: float) -> tuple[float, float]:
        """Return the lowest and the highest number that agree with one of record."""
        margin = max(self.absolute, self.relative * abs(value))
        low, high = value - margin, value + margin
        if self.factor is None:
            return low, high
        smallest, largest = sorted((value / self.factor, value * self.factor))
        return max(low, smallest), min(high, largest)


class Number(Section):
    """One number of each of a figure's stores that a pattern names.

    Attributes
    ----------
    name
        What it is, for people.
    stores
        Pattern of the paths of stores below ``results/<scale>``.
    variable
        The variable that is put together into the number.
    select
        The part of it that is taken: by the name of a one-dimensional coordinate or variable, or of
        a dimension, the value or values there.
    last
        A dimension of which the end is taken.
    first
        Dimensions that are put together before all others, in this order, and how.
    reduce
        How the rest is put together; what is not finite is left out.
    within
        The name of its tolerance.
    """

    name: Text
    stores: Annotated[str, Field(pattern=r"^[^/].*\.zarr$")]
    variable: Text
    select: dict[str, Value | Annotated[list[Value], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    last: str | None = None
    first: dict[str, Reduction] = Field(default_factory=dict)
    reduce: Reduction = "mean"
    within: Name


class Tolerances(Section):
    """Tolerances by name; which are narrower at a scale; the numbers of each figure."""

    tolerances: dict[Name, Tolerance]
    narrower: dict[Name, dict[Name, Name]] = Field(default_factory=dict)
    numbers: dict[FigureName, list[Number]]

    @model_validator(mode="after")
    def _complete(self) -> Tolerances:
        named = [number.within for numbers in self.numbers.values() for number in numbers]
        for others in self.narrower.values():
            named += [*others, *others.values()]
        if unknown := set(named) - set(self.tolerances):
            known = ", ".join(self.tolerances)
            raise ValueError(f"no tolerance {', '.join(sorted(unknown))}; known: {known}")
        return self

    def tolerance(self, scale: str, name: str) -> str:
        """Return the name of the tolerance that takes the place of one at a scale."""
        return self.narrower.get(scale, {}).get(name, name)


class NotAtThisScale(ValueError):
    """A label that a store lacks: another scale's may have it."""


class Outcome(NamedTuple):
    """What a number came out as, and in words what was expected or lacks."""

    figure: str
    name: str
    state: str
    reason: str
    value: float | None
    reference: float | None


def load_tolerances(path: Path) -> Tolerances:
    """Read ``config/tolerances.yaml``.

    Raises
    ------
    ConfigurationError
        If the file is no YAML, or with one line for every key that is wrong.
    """
    return read_section(Tolerances, path)


def numbers_of(
    registry: Tolerances, figures: Mapping[str, Mapping[str, Any]], results: Path
) -> dict[str, Numbers]:
    """Return the numbers behind figures, as a record keeps them.

    Parameters
    ----------
    figures : mapping of str to mapping of str to object
        As in a record.
    results : Path
        The scale's folder, of which all stores are what was written.

    Raises
    ------
    ValueError
        If a number asks for a variable or a dimension that its store lacks.
    """
    opened = cache(read_store)
    numbers: dict[str, Numbers] = {}
    for figure, drawn in figures.items():
        of_figure = numbers[figure] = {}
        for label, number, store in _numbers(registry, figure, drawn):
            try:
                of_figure[label] = value_of(opened(results / store), number)
            except NotAtThisScale:
                of_figure[label] = None
            except (KeyError, IndexError, ValueError) as error:
                raise ValueError(f"{figure}: {label} asks for what is not there: {error}") from None
    return numbers


def compare(registry: Tolerances, records: Mapping[str, Record], results: Path) -> list[Outcome]:
    """Return the outcome of every number of the papers that have a record, figure by figure.

    Parameters
    ----------
    records : mapping of str to Record
        By paper.
    results : Path
        A scale's folder.
    """
    return [
        outcome
        for record in records.values()
        for figure in record.figures
        for outcome in _compared(registry, record, figure, results)
    ]


def as_text(
    runs: Mapping[str, str],
    outcomes: Sequence[Outcome],
    not_published: Iterable[str] = (),
    full: bool = False,
) -> str:
    """Return by figure how many numbers agree, and what of the others, or in ``full`` of all.

    Runs of record are named by paper, and papers and figures that are not published.
    """
    lines = [f"{paper} of record: {run}" for paper, run in runs.items()]
    for figure, group in groupby(outcomes, key=lambda outcome: outcome.figure):
        of_figure = list(group)
        lines.append(f"{figure}: {_count(of_figure)} agree")
        shown = (outcome for outcome in of_figure if full or outcome.state != AGREES)
        lines += [f"  {o.state}: {o.name}: {o.reason}" for o in shown]
    lines += [f"{name}: not published yet" for name in not_published]
    counts = Counter(outcome.state for outcome in outcomes)
    others = "".join(f", {counts[s]} {s}" for s in (MOVED, MISSING) if counts[s])
    lines.append(f"{_count(outcomes)} numbers of record agree{others}")
    if counts[MOVED]:
        lines.append(SINCE)
    return "\n".join(lines) + "\n"


def value_of(store: xr.Dataset, number: Number) -> Measurement:
    """Return a number of a store in its variable's unit, and the share of values that were finite.

    Raises
    ------
    NotAtThisScale
        If the store lacks a label that is asked for.
    KeyError, ValueError
        If it lacks a variable or a dimension.
    """
    for name, given in number.select.items():
        given_labels, labels = np.atleast_1d(given), store[name]
        if labels.ndim != 1:
            raise ValueError(f"{name} has {labels.ndim} dimensions: it labels nothing")
        if absent := set(given_labels.tolist()) - set(labels.values.tolist()):
            raise NotAtThisScale(f"{name} has no {', '.join(sorted(map(repr, absent)))}")
        store = store.isel({labels.dims[0]: np.isin(labels, given_labels)})
    values = store[number.variable].astype(np.float64)
    if number.last:
        values = values.isel({number.last: -1})
    finite = np.isfinite(values)
    values = values.where(finite)
    for dim, reduction in number.first.items():
        # Where nothing is finite there is no number, not even a sum.
        values = getattr(values, reduction)(dim).where(values.notnull().any(dim))
    value = float(getattr(values, number.reduce)()) if finite.any() else None
    return value, float(finite.mean()) if finite.size else 0.0


def agreement(
    of_record: Measurement, measured: Measurement, within: str, tolerance: Tolerance
) -> tuple[str, str]:
    """Return the state of a number against that of record, and why, with its tolerance by name."""
    (expected, expected_share), (value, share) = of_record, measured
    if share != expected_share:
        return MOVED, f"share of finite values {share:.4g}, not {expected_share:.4g}"
    if expected is None or value is None:
        return AGREES, "nothing is finite"
    low, high = tolerance.band(expected)
    why = f"{low:.4g} to {high:.4g} ({within}: {tolerance.because})"
    if low <= value <= high:
        return AGREES, f"{value:.6g}, within {why}"
    return MOVED, f"{value:.6g} instead of {expected:.6g}, outside {why}"


def _compared(
    registry: Tolerances, record: Record, figure: str, results: Path
) -> Iterator[Outcome]:
    """Yield the outcome of every number of a figure that its scale has."""
    opened = cache(read_store)
    of_record = record.numbers[figure]
    unnamed = dict(of_record)
    for label, number, store in _numbers(registry, figure, record.figures[figure]):
        unnamed.pop(label, None)
        expected: Measurement = (None, 0.0)
        measured = expected
        try:
            if label not in of_record:
                raise ValueError("it was not published: publish again")
            if (entry := of_record[label]) is None:
                continue
            expected = entry
            measured = value_of(opened(results / store), number)
            within = registry.tolerance(record.scale, number.within)
            state, reason = agreement(expected, measured, within, registry.tolerances[within])
        except (KeyError, IndexError, ValueError) as error:
            state, reason = MISSING, str(error)
        yield Outcome(figure, label, state, reason, measured[0], expected[0])
    for label, entry in unnamed.items():
        if entry is not None:
            reason = "config/tolerances.yaml does not name it any more: publish again"
            yield Outcome(figure, label, MISSING, reason, None, entry[0])


def _numbers(
    registry: Tolerances, figure: str, drawn: Mapping[str, Any]
) -> Iterator[tuple[str, Number, str]]:
    """Yield what a figure's numbers are called, each with the store that it is of."""
    stores = sorted(set(all_paths(drawn["inputs"])))
    for number in registry.numbers.get(figure, []):
        for store in (path for path in stores if fnmatch(path, number.stores)):
            yield f"{number.name} ({store})", number, store


def _count(outcomes: Sequence[Outcome]) -> str:
    return f"{sum(o.state == AGREES for o in outcomes)} of {len(outcomes)}"
