"""Reading a configuration, and saying what is wrong with one in words that name the key."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from triptych.config.base import did_you_mean
from triptych.config.model import Config

M = TypeVar("M", bound=BaseModel)

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Every start of a workflow reads the registry, for which PyYAML's own loader takes 0.05 s."""


class _DistinctKeys(LOADER):
    """A loader that refuses a key that stands twice, where YAML's takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):  # the loader itself refuses it
                continue
            if (key.tag, key.value) in seen:
                mark = key.start_mark
                raise yaml.MarkedYAMLError(problem=f"{key.value} twice", problem_mark=mark)
            seen.add((key.tag, key.value))
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class ConfigurationError(ValueError):
    """A configuration or a registry that is wrong; the message names each key, and says why."""


def load_config(values: Mapping[str, Any]) -> Config:
    """Check what the YAML files and the command line gave, and fill in defaults.

    Raises
    ------
    ConfigurationError
        With one line for every key that is wrong.
    """
    return _validated(Config, values, "the configuration cannot be run")


@contextmanager
def refused_in_words() -> Iterator[None]:
    """End the process with what is wrong with a value, a file or a folder, and status 1.

    For rule files: Snakemake writes the file names and lines of the rules behind every error that
    it is shown.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        sys.exit(str(error))


def read_section(model: type[M], path: Path, key: str | None = None) -> M:
    """Read a file such as ``config/claims.yaml`` as a section, or as the one ``key`` of a section.

    Raises
    ------
    ConfigurationError
        With file and line if it is no YAML, or one line for every key that is wrong.
    """
    try:
        with path.open(encoding="utf-8") as file:  # by which a fault of the YAML names it
            values = yaml.load(file, Loader=_DistinctKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no YAML: {error}") from None
    return _validated(model, {key: values} if key else values, f"{path} is wrong")


def _validated(model: type[M], values: Any, fault: str) -> M:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [_line(item, model) for item in error.errors(include_url=False)]
        raise ConfigurationError(f"{fault}:\n  " + "\n  ".join(lines)) from None


def _line(item: Any, model: type[BaseModel]) -> str:
    location = item["loc"]
    # Of a mapping's name that is wrong, pydantic says the name and then "[key]".
    key = ".".join(str(part) for part in location if part != "[key]") or "(top level)"
    if item["type"] == "extra_forbidden":
        return f"{key}: unknown key{_known_keys(location, model)}"
    message = item["msg"].removeprefix("Value error, ")
    value = repr(item["input"])
    if len(value) > 80:
        value = value[:77] + "..."
    return f"{key}: {message} (given: {value})"


def _known_keys(location: tuple[int | str, ...], root: type[BaseModel]) -> str:
    model: type[BaseModel] | None = root
    parts = iter(location[:-1])
    for part in parts:
        field = model.model_fields.get(str(part)) if model else None
        if field is not None:  # otherwise the place in a list
            model = _model_of(field)
            if get_origin(field.annotation) is dict:
                next(parts, None)  # the name of an entry, which may be that of a field
    if model is None:
        return "; this section has no such key"
    keys = sorted(model.model_fields)
    hint = did_you_mean(str(location[-1]), keys)
    return f"{hint or ';'} known keys here: {', '.join(keys)}"


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    candidates = (field.annotation, *get_args(field.annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
