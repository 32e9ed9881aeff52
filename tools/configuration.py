"""Write the files that are made from the configuration model: YAML, JSON schema, table in docs."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel

from triptych.config.load import load_config
from triptych.config.model import Config

PROJECT = Path(__file__).resolve().parents[1]
WIDTH = 100
SCALES = ("laptop", "smoke", "workstation", "paper")


def main(words: list[str] | None = None) -> int:
    """Write what is stale, or only say so; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if one is stale")
    check = parser.parse_args(words).check
    stale = {
        path: text
        for path, text in rendered(PROJECT).items()
        if not path.exists() or path.read_text() != text
    }
    for path, text in stale.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        print(f"{'stale' if check else 'written'}: {path.relative_to(PROJECT)}")
    return int(check and bool(stale))


def rendered(project: Path) -> dict[Path, str]:
    """Return the text of every generated file by its path below the project's folder."""
    return {
        project / "config" / "config.default.yaml": default_yaml(),
        project / "config" / "schema" / "config.schema.json": schema_json(),
        project / "docs" / "configuration.md": settings_table(project / "config"),
    }


def default_yaml() -> str:
    """Return the default configuration as YAML, each setting with what it means."""
    head = (
        "# The laptop scale: every setting with its default. Made from the typed model by\n"
        "# `make config`. No run reads this file: a change here has no effect.\n"
        "# To change a setting, copy its key, with the sections above it, to config.yaml.\n\n"
    )
    return head + "\n".join(map(_yaml, _entries(Config()))) + "\n"


def schema_json() -> str:
    """Return the JSON schema, for editors that complete and check YAML."""
    return json.dumps(Config.model_json_schema(), indent=2, ensure_ascii=False) + "\n"


def settings_table(folder: Path) -> str:
    """Return the page that lists every setting with its value at each scale."""
    configs = [load_config(scale_values(folder, scale)) for scale in SCALES]
    scales = [{".".join(s.path): s for s in _entries(c) if not s.is_section} for c in configs]
    head = [
        "# Settings",
        "",
        "Made from the typed model by `make config`. What you change goes into",
        "`config/config.yaml`, which is yours; `config/config.default.yaml` has every key to copy.",
        "In YAML a key is written as nested sections; on the command line as",
        "`--config 'cycles={training: {chains: 50}}'`.",
        "",
        "Numbers of record may be of earlier settings: those of the commit that",
        "`reference/<scale>/<paper>.json` names.",
        "",
        _row("setting", *SCALES, "meaning"),
        "|---|" + "---|" * (len(SCALES) + 1),
    ]
    rows = []
    for key in dict.fromkeys(key for scale in scales for key in scale):
        values = [_shown(scale[key].value) if key in scale else "" for scale in scales]
        meaning = next(scale[key].meaning for scale in scales if key in scale)
        rows.append(_row(f"`{key}`", *values, meaning))
    return "\n".join(head + rows) + "\n"


def scale_values(folder: Path, scale: str) -> dict[str, Any]:
    """Return what a scale's file sets; the laptop scale is all defaults."""
    if scale == "laptop":
        return {}
    return dict(yaml.safe_load((folder / f"{scale}.yaml").read_text()) or {})


class Entry(NamedTuple):
    """A setting, or a section, named after all the sections that it is in."""

    path: tuple[str, ...]
    value: Any
    meaning: str
    is_section: bool


def _entries(section: Any, path: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Yield all that is in a model, or in a mapping of names to models, in order."""
    if isinstance(section, BaseModel):
        fields = type(section).model_fields.items()
        parts = [(name, getattr(section, name), field.description or "") for name, field in fields]
    else:
        parts = [(name, model, "") for name, model in section.items()]
    for name, value, meaning in parts:
        values = value.values() if isinstance(value, dict) else [value]
        is_section = any(isinstance(one, BaseModel) for one in values)
        yield Entry((*path, name), value, meaning, is_section)
        if is_section:
            yield from _entries(value, (*path, name))


def _yaml(entry: Entry) -> str:
    """Return an entry's line, with its meaning behind it or, where that is long, above."""
    *sections, name = entry.path
    indent, line = "  " * len(sections), f"{name}:"
    if not entry.is_section:
        text = yaml.safe_dump(entry.value, default_flow_style=True, width=10_000, sort_keys=False)
        line += f" {text.splitlines()[0]}"
    if not entry.meaning:
        return f"{indent}{line}"
    behind = f"{indent}{line}  # {entry.meaning}"
    return behind if len(behind) <= WIDTH else f"{indent}# {entry.meaning}\n{indent}{line}"


def _row(*cells: str) -> str:
    """Return a row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _shown(value: Any) -> str:
    whole = isinstance(value, list) and all(isinstance(item, int) for item in value)
    if whole and len(value) > 6 and value == list(range(value[0], value[-1] + 1)):
        return f"{value[0]} … {value[-1]}"
    return "–" if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
