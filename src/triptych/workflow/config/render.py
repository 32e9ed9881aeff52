"""The files that are made from the configuration model: YAML, JSON schema, table in the docs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from triptych.workflow.config.load import load_config
from triptych.workflow.config.model import Config

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
        project / "config" / "config.yaml": config_yaml(),
        project / "config" / "schema" / "config.schema.json": schema_json(),
        project / "docs" / "configuration.md": settings_table(project / "config"),
    }


def config_yaml() -> str:
    """Return the default configuration as YAML, each setting with what it means."""
    head = (
        "# The laptop scale: every setting with its default. Made from the typed model by\n"
        "# `python -m triptych config`; to change a setting, edit it here or put the keys that\n"
        "# differ into a file of your own and run `snakemake --configfile my.yaml`.\n\n"
    )
    return head + "\n".join(_yaml_lines(Config(), "")) + "\n"


def _yaml_lines(model: BaseModel, indent: str) -> Iterator[str]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield f"{indent}{name}:  # {field.description}"
            yield from _yaml_lines(value, indent + "  ")
            continue
        text = yaml.safe_dump(value, default_flow_style=True, width=10_000).split("\n")[0]
        line = f"{indent}{name}: {text}"
        comment = f"# {field.description}"
        if len(line) + len(comment) + 2 > WIDTH:
            yield f"{indent}{comment}"
            yield line
        else:
            yield f"{line}  {comment}"


def schema_json() -> str:
    """Return the JSON schema, for editors that complete and check YAML."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def settings_table(folder: Path) -> str:
    """Return the page that lists every setting with its value at each scale."""
    scales = [load_config(scale_values(folder, scale)).model_dump() for scale in SCALES]
    rows = [
        f"| `{key}` | {' | '.join(_shown(_at(scale, key)) for scale in scales)} | {meaning} |"
        for key, meaning in _settings(Config)
    ]
    head = [
        "# Settings",
        "",
        "Made from the typed model by `python -m triptych config`. In YAML a key is written as",
        "nested sections; on the command line as `--config 'cycles={training: {chains: 50}}'`.",
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


def _settings(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _settings(kind, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.description or ""


def _at(values: Mapping[str, Any], dotted: str) -> Any:
    found: Any = values
    for key in dotted.split("."):
        found = found[key]
    return found


def _shown(value: Any) -> str:
    if isinstance(value, list) and len(value) > 6 and value == list(range(value[0], value[-1] + 1)):
        return f"{value[0]} … {value[-1]}"
    return "–" if value is None else str(value)
