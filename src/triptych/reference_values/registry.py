"""The reference values: a few numbers behind each figure, and how far they may move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from triptych.claims.registry import FigureName
from triptych.config.base import Name, Section, Text
from triptych.config.load import validated
from triptych.runtime.store import atomic

Reduction = Literal["mean", "median", "min", "max", "sum", "std"]
Value = bool | int | float | str

LEVELS = {"tolerances": 1, "scales": 3}
"""How deep each part of the file is broken over lines: a tolerance and an entry stand on one."""


class Tolerance(Section):
    """How far a number may come out from its reference value, and why that far.

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
        """Return the lowest and the highest number that agree with a reference value."""
        margin = max(self.absolute, self.relative * abs(value))
        low, high = value - margin, value + margin
        if self.factor is None:
            return low, high
        smallest, largest = sorted((value / self.factor, value * self.factor))
        return max(low, smallest), min(high, largest)


class ReferenceValue(Section):
    """One number of one store.

    Attributes
    ----------
    name
        What it is, for people.
    store
        Path of the store below ``results/<scale>``.
    variable
        The variable that is put together into the number.
    select
        The part of it that is taken: by the name of a one-dimensional coordinate or variable, or of
        a dimension, the value or values there.
    first
        Dimensions that are put together before all others, in this order, and how.
    reduce
        How the rest is put together; what is not finite is left out.
    within
        The name of its tolerance.
    value
        The reference value itself; null until it has been measured, and where nothing is finite.
    finite
        The share of the values that were finite; any other share is a change.
    """

    name: Text
    store: Annotated[str, Field(pattern=r"^[^/].*\.zarr$")]
    variable: Text
    select: dict[str, Value | Annotated[list[Value], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    first: dict[str, Reduction] = Field(default_factory=dict)
    reduce: Reduction = "mean"
    within: Name
    value: float | None
    finite: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _number_of_something(self) -> ReferenceValue:
        if self.finite == 0 and self.value is not None:
            raise ValueError("a value needs something finite, but finite is 0")
        return self

    @property
    def measured(self) -> bool:
        """Whether it is known what to expect."""
        return self.value is not None or self.finite == 0


class Registry(Section):
    """Tolerances by name, and reference values by scale and figure."""

    tolerances: dict[Name, Tolerance]
    scales: dict[Name, dict[FigureName, list[ReferenceValue]]]

    @model_validator(mode="after")
    def _complete(self) -> Registry:
        for scale, figures in self.scales.items():
            for figure, entries in figures.items():
                place, names = f"{scale}.{figure}", [entry.name for entry in entries]
                for entry in entries:
                    if names.count(entry.name) > 1:
                        raise ValueError(f"{place}: {entry.name!r} comes more than once")
                    if entry.within not in self.tolerances:
                        raise ValueError(
                            f"{place}: {entry.name!r} is within {entry.within!r}, which is no "
                            f"tolerance; known: {', '.join(self.tolerances)}"
                        )
        return self

    def of_scale(self, scale: str) -> dict[str, list[ReferenceValue]]:
        """Return the reference values of a scale, by figure.

        Raises
        ------
        ValueError
            If none are kept of it; the message names the scales that have some.
        """
        if scale not in self.scales:
            raise ValueError(
                f"no reference values are kept of the scale {scale!r}; "
                f"known: {', '.join(self.scales)}"
            )
        return self.scales[scale]


def load_registry(path: Path) -> Registry:
    """Read the file of reference values.

    Raises
    ------
    ValueError
        If it is no JSON, or with one line for every key that is wrong.
    """
    try:
        values = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    return validated(Registry, values, str(path))


def save_registry(registry: Registry, path: Path) -> None:
    """Write the file, one reference value a line, so that a difference shows each that changed."""
    values = registry.model_dump(exclude_defaults=True)
    parts = [f' "{part}": {_text(values[part], levels, " ")}' for part, levels in LEVELS.items()]
    with atomic(path) as sibling:
        sibling.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def _text(value: Any, levels: int, margin: str) -> str:
    """Return JSON with the outer containers broken over lines and the inner ones on one."""
    if not levels:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = margin + " "
    if isinstance(value, list):
        ends, parts = "[]", [_text(item, levels - 1, inner) for item in value]
    else:
        ends = "{}"
        parts = [f"{json.dumps(k)}: {_text(v, levels - 1, inner)}" for k, v in value.items()]
    lines = ",\n".join(inner + part for part in parts)
    return f"{ends[0]}\n{lines}\n{margin}{ends[1]}"
