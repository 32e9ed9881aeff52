"""What every section of the configuration is made of."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from triptych.runtime.layout import JOB_FOLDERS

T = TypeVar("T")

PLAIN_WORDS = {**yaml.SafeLoader.bool_values, "null": None, "~": None}
"""What words mean in YAML."""


class Strict(BaseModel):
    """Named values: unknown keys are errors, and so are values of another type than declared."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Section(Strict):
    """A section: text is also taken for what it says, where it is not wanted as text."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _typed(cls, value: Any, check: ValidatorFunctionWrapHandler) -> Any:
        # Snakemake hands over everything inside ``--config key={...}`` as text, and YAML takes
        # ``1e-3`` for text.
        try:
            return check(value)
        except ValidationError as fault:
            try:
                return check(typed_text(value))
            except ValidationError as other:
                of_type = any(item["type"].endswith("_type") for item in other.errors())
                raise fault if of_type else other from None


def typed_text(value: Any) -> Any:
    """Return what a text, or each in a list or mapping, says: number, truth value, or itself."""
    if isinstance(value, list):
        return [typed_text(item) for item in value]
    if isinstance(value, Mapping):
        return {key: typed_text(item) for key, item in value.items()}
    if not isinstance(value, str):
        return value
    for number in (int, partial(int, base=0), float):
        try:
            return number(value)
        except ValueError:
            continue
    return PLAIN_WORDS.get(value.lower(), value)


def merge(defaults: Mapping[str, Any], given: Any) -> Any:
    """Return defaults with what is given put over them, section by section."""
    if not isinstance(given, Mapping):
        return given
    result = dict(defaults)
    for key, value in given.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merge(result[key], value) if both else value
    return result


def setting(default: T, description: str, **limits: Any) -> T:
    """Declare one setting: its laptop value, what it means, and its limits."""
    return Field(default, description=description, validate_default=True, **limits)


def section(model: type[Section], description: str) -> Any:
    """Declare a sub-section that has only defaults unless something is given."""
    return Field(default_factory=model, description=description)


def plain_path(path: str) -> str:
    """Check that a path means nothing else to Snakemake, and is no option.

    Raises
    ------
    ValueError
        If it does.
    """
    if path.startswith(("-", "~")) or any(character in path for character in "{}<>\n\0"):
        raise ValueError(
            "a path must not start with '-' or '~' (write it in full) or hold any of {}<> "
            "or a line break"
        )
    return path


def no_job_folder(name: str) -> str:
    """Check that what is named does not share a folder with what jobs leave beside results.

    Raises
    ------
    ValueError
        If it would.
    """
    if name in JOB_FOLDERS:
        raise ValueError(f"{name!r} is the name of a folder that jobs leave beside results")
    return name


def did_you_mean(name: str, known: Iterable[str], most: int = 1) -> str:
    """Return the known names that are nearest to one that is none, as the end of a sentence."""
    close = difflib.get_close_matches(name, known, n=most)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""


def refuse_unknown(key: str, names: Iterable[str], what: str, known: Iterable[str]) -> None:
    """Check that names are known.

    Raises
    ------
    ValueError
        If one is not, such as a dataset; names the key, and the names that are known.
    """
    known = list(known)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise ValueError(f"{key}: no {what} {name!r} among {', '.join(known)}{hint}")


def distinct(values: Sequence[T]) -> Sequence[T]:
    """Check that no value comes twice.

    Raises
    ------
    ValueError
        If one does; names it.
    """
    repeated = [value for value in values if list(values).count(value) > 1]
    if repeated:
        raise ValueError(f"values must differ, but {repeated[0]!r} comes more than once")
    return values


def increasing(values: Sequence[Any], *, strict: bool = True) -> Sequence[Any]:
    """Check that every value exceeds the one before it or, if not ``strict``, is not below it.

    Raises
    ------
    ValueError
        If one does not; names it and the one before.
    """
    for before, after in pairwise(values):
        if after < before or (after == before and strict):
            must = "rise" if strict else "not fall"
            raise ValueError(f"values must {must}, but {after!r} follows {before!r}")
    return values


Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
Seeds = Annotated[list[Seed], Field(min_length=1), AfterValidator(distinct)]
Rates = Annotated[list[PositiveFloat], Field(min_length=1), AfterValidator(distinct)]
Counts = Annotated[list[Count], Field(min_length=1), AfterValidator(distinct)]
States = Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1), AfterValidator(distinct)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(no_job_folder)]
Names = Annotated[list[Name], Field(min_length=1), AfterValidator(distinct)]
Text = Annotated[str, Field(min_length=1)]
PlainPath = Annotated[str, Field(min_length=1), AfterValidator(plain_path)]
