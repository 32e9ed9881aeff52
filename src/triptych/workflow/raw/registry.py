"""Read the registry of raw inputs, ``config/raw_inputs.yaml``; its errors say what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from triptych.workflow.raw.models import (
    HttpsSource,
    MirrorSource,
    PackageSource,
    RawFile,
    RawInput,
    RawInputError,
)

_SOURCES: dict[str, type[BaseModel]] = {
    "mirror": MirrorSource,
    "package": PackageSource,
    "https": HttpsSource,
}


class RegistryError(RawInputError, ValueError):
    """The registry has an entry that is not valid; the message lists every one."""


def _allowed_keys(loc: tuple[int | str, ...]) -> str:
    """List the allowed keys of the model that the location of an unknown key lies in."""
    model: type[BaseModel] = RawInput
    if loc[0] == "files" and len(loc) > 1:
        model = RawFile
    elif loc[0] == "sources" and len(loc) > 2:
        model = _SOURCES[str(loc[2])]
    return ", ".join(key for key in model.model_fields if model is not RawInput or key != "name")


def _line(entry: str, error: Mapping[str, Any]) -> str:
    """One line of a registry error: entry, key, what was given, what is allowed."""
    loc = error["loc"]
    # Pydantic puts the kind of a source into its location; it is no key of the file.
    keys = [k for i, k in enumerate(loc) if not (loc[0] == "sources" and i == 2)]
    key = "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in keys).lstrip(".")
    given = error["input"]
    shown = repr(given) if isinstance(given, str | int | float | None) else type(given).__name__
    context = error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        said = f"unknown key, given {shown}; allowed: {_allowed_keys(loc)}"
    elif error["type"] == "missing":
        said = "required, given nothing"
    elif error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        said = f"kind: given {context.get('tag', 'nothing')!r}; allowed: {', '.join(_SOURCES)}"
    else:
        said = f"given {shown}; {error['msg'].removeprefix('Value error, ')}"
    return f"{entry}{': ' + key if key else ''}: {said}"


class _UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader that refuses a key given twice instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := sorted({str(key) for key in keys if keys.count(key) > 1}):
            place = f"line {node.start_mark.line + 1}"
            raise RegistryError(f"{place}: key given twice: {', '.join(twice)}")
        return super().construct_mapping(node, deep)


def _mirror_clashes(registry: Mapping[str, RawInput]) -> list[str]:
    """Files of different content that would lie at the same place of a mirror."""
    places: dict[str, tuple[str, str]] = {}
    clashes = []
    for entry in registry.values():
        for source in (s for s in entry.sources if isinstance(s, MirrorSource)):
            for file in entry.files:
                place = source.place(file.name)
                other, digest = places.setdefault(place, (entry.name, file.digest))
                if digest != file.digest:
                    clashes.append(
                        f"{entry.name}: sources (mirror): given place {place!r}, which {other} has "
                        "for another file; allowed: a folder of its own (folder: ...)"
                    )
    return clashes


def load_registry(source: Path | str | Mapping[str, Any]) -> dict[str, RawInput]:
    """Read and validate a registry of raw inputs.

    Parameters
    ----------
    source : path or mapping
        A YAML file, or its content.

    Returns
    -------
    dict of str to RawInput
        The inputs by name, in the order of the file.

    Raises
    ------
    RegistryError
        With one line for every fault: the entry, the key, what was given and what is allowed.
    """
    title = "registry of raw inputs"
    if isinstance(source, Mapping):
        content: Any = source
    else:
        title = Path(source).name
        try:
            content = yaml.load(Path(source).read_text("utf-8"), _UniqueKeyLoader)
        except (yaml.YAMLError, RegistryError, UnicodeDecodeError) as error:
            raise RegistryError(f"{title}: {error}") from error
        except OSError as error:
            raise RegistryError(f"{title}: cannot be read: {error.strerror}") from error
    if not isinstance(content, Mapping):
        raise RegistryError(f"{title}: given {type(content).__name__}; allowed: inputs by name")
    registry: dict[str, RawInput] = {}
    faults: list[str] = []
    for name, body in content.items():
        if not isinstance(body, Mapping):
            faults.append(f"{name}: given {body!r}; allowed keys: {_allowed_keys(('',))}")
        elif "name" in body:
            faults.append(f"{name}: name: unknown key; allowed: {_allowed_keys(('',))}")
        else:
            try:
                registry[name] = RawInput.model_validate({"name": name, **body})
            except ValidationError as error:
                faults += [_line(str(name), dict(e)) for e in error.errors()]
    faults += _mirror_clashes(registry)
    if faults:
        raise RegistryError("\n  ".join([f"{title} is not valid:", *faults]))
    return registry
