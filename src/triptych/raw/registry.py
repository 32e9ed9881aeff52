"""Read the registry of raw inputs, ``config/raw_inputs.yaml``."""

from __future__ import annotations

from pathlib import Path

import yaml

from triptych.config.base import Name, Section
from triptych.config.load import validated
from triptych.raw.models import RawInput


class Registry(Section):
    """All raw inputs by name."""

    inputs: dict[Name, RawInput]


def load_registry(path: Path) -> dict[str, RawInput]:
    """Return the inputs by name, in the order of the file.

    Raises
    ------
    ConfigurationError
        With one line for every key that is wrong.
    """
    with path.open(encoding="utf-8") as text:
        return validated(Registry, {"inputs": yaml.safe_load(text)}, str(path)).inputs
