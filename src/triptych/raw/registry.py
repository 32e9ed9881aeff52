"""The registry of raw inputs: what each file is, and where it can be had."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from triptych.config.base import Count, Name, Section, Text
from triptych.config.load import read_section
from triptych.raw.sources import (
    FileName,
    HttpsSource,
    MirrorSource,
    PackageSource,
    ShippedSource,
)

Digest = Annotated[str, Field(pattern=r"^(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})$")]
REGISTRY = "config/raw_inputs.yaml"
"""Where it lies, from the project's folder."""
RawSource = ShippedSource | MirrorSource | PackageSource | HttpsSource


class RawFile(Section):
    """One file of an input; None is an unknown size, or a digest that was never published."""

    name: FileName
    bytes: Count | None
    digest: Digest | None


class RawInput(Section):
    """A raw input: its files, where they can be had, and whom to thank for them."""

    description: Text
    licence: Text
    citation: Text
    files: list[RawFile] = Field(min_length=1)
    sources: list[Annotated[RawSource, Field(discriminator="kind")]] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> RawInput:
        names = [file.name for file in self.files]
        without_digest = [file.name for file in self.files if file.digest is None]
        # Compared without case, so that the files can lie in one folder on every system.
        if len({name.lower() for name in names}) < len(names):
            raise ValueError(f"names of files must differ: {', '.join(names)}")
        for source in self.sources:
            if isinstance(source, PackageSource) and set(source.members) != set(names):
                given, expected = ", ".join(source.members), ", ".join(names)
                raise ValueError(f"members of {source.requirement} are {given}, not {expected}")
            pinned = isinstance(source, HttpsSource) and re.search("/[0-9a-f]{40}/", source.base)
            if without_digest and not pinned:
                name = without_digest[0]
                raise ValueError(
                    "a file without digest needs https, at an address with a revision: "
                    f"{name} may come from {source.kind} {source.address(name)}"
                )
        return self

    @property
    def identity(self) -> dict[str, Any]:
        """What its files are, whatever is said of them: a job that had them need not run again.

        A file without digest is what lies at its address; where others come from is of no account.
        """
        unknown = any(file.digest is None for file in self.files)
        pinned = [s.base for s in self.sources if isinstance(s, HttpsSource)] if unknown else []
        return {"files": [file.model_dump() for file in self.files], "pinned": pinned}


class Registry(Section):
    """All raw inputs by name."""

    inputs: dict[Name, RawInput]


def load_raw_inputs(path: Path) -> dict[str, RawInput]:
    """Return the inputs by name, in the order of the file.

    Raises
    ------
    ConfigurationError
        If the file is no YAML, or with one line for every key that is wrong.
    """
    return read_section(Registry, path, key="inputs").inputs
