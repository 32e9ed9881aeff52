"""The files that are made from the configuration model: YAML, JSON schema, table in the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from triptych.config.load import load_config
from triptych.config.model import Config

SCALES = ("laptop", "smoke", "paper")
WIDTH = 100


def rendered(project: Path) -> dict[Path, str]:
    """Return the text of every generated file by its path.

    Parameters
    ----------
    project
        The project's folder; the scales' own files are read from its ``config``.
    """
    return {
        project / "config" / "config.default.yaml": default_yaml(),
        project / "config" / "schema" / "config.schema.json": schema_json(),
        project / "docs" / "configuration.md": settings_table(project / "config"),
    }


def default_yaml() -> str:
    """Return the default configuration as YAML, each setting with what it means."""
    head = (
        "# The laptop scale: every setting with its default. Made from the typed model by\n"
        "# `python -m triptych config`. No run reads this file: a change here has no effect.\n"
        "# To change a setting, copy its key, with the sections above it, to config.yaml.\n\n"
    )
    return head + "\n".join(_yaml_lines(Config(), "")) + "\n"


def _yaml_lines(model: BaseModel, indent: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield f"{indent}{name}:  # {field.description}"
            yield from _yaml_lines(value, indent + "  ")
        elif _sections(value):
            yield f"{indent}{name}:  # {field.description}"
            for key, part in value.items():
                yield f"{indent}  {key}:"
                yield from _yaml_lines(part, indent + "    ")
        else:
            yield from _yaml_setting(name, value, f"# {field.description}", indent)


def _yaml_setting(name: str, value: Any, comment: str, indent: str) -> Iterator[str]:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    line = f"{indent}{name}: {text.splitlines()[0]}"
    if len(line) + len(comment) + 2 > WIDTH:
        yield f"{indent}{comment}"
        yield line
    else:
        yield f"{line}  {comment}"


def _sections(value: Any) -> bool:
    """Tell whether a value is a mapping of names to sections."""
    return isinstance(value, dict) and any(isinstance(v, BaseModel) for v in value.values())


def schema_json() -> str:
    """Return the JSON schema, for editors that complete and check YAML."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def settings_table(folder: Path) -> str:
    """Return the page that lists every setting with its value at each scale."""
    scales = [dict(_settings(load_config(scale_values(folder, scale)))) for scale in SCALES]
    keys = dict.fromkeys(key for scale in scales for key in scale)
    rows = []
    for key in keys:
        shown = [_shown(scale[key][0]) if key in scale else "" for scale in scales]
        meaning = next(scale[key][1] for scale in scales if key in scale)
        rows.append(f"| `{key}` | {' | '.join(shown)} | {meaning} |")
    head = [
        "# Settings",
        "",
        "Made from the typed model by `python -m triptych config`. What you change goes into",
        "`config/config.yaml`, which is yours; `config/config.default.yaml` has every key to copy.",
        "In YAML a key is written as nested sections; on the command line as",
        "`--config 'cycles={training: {chains: 50}}'`.",
        "",
        f"| setting | {' | '.join(SCALES)} | meaning |",
        "|---|" + "---|" * (len(SCALES) + 1),
    ]
    return "\n".join(head + rows) + "\n"


def scale_values(folder: Path, scale: str) -> dict[str, Any]:
    """Return what a scale's file sets; the laptop scale is all defaults."""
    if scale == "laptop":
        return {}
    values = yaml.safe_load((folder / f"{scale}.yaml").read_text())
    return dict(values)


def _settings(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, tuple[Any, str]]]:
    """Yield every setting's dotted key with its value and meaning."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{prefix}{name}.")
        elif _sections(value):
            for key, part in value.items():
                yield from _settings(part, f"{prefix}{name}.{key}.")
        else:
            yield f"{prefix}{name}", (value, field.description or "")


def _shown(value: Any) -> str:
    whole = isinstance(value, list) and all(isinstance(item, int) for item in value)
    if whole and len(value) > 6 and value == list(range(value[0], value[-1] + 1)):
        return f"{value[0]} … {value[-1]}"
    return "–" if value is None else str(value)
