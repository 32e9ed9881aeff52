"""Every result of a scale's folder, with the record and the digest that it carries.

All that reads finished results starts here: whether two runs agree, where a result came from, what
is damaged, what an archive holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from triptych.runtime.canonical import digest
from triptych.runtime.integrity import with_checksums
from triptych.runtime.layout import CRATE_FILE, JOB_FOLDERS
from triptych.runtime.provenance import RECORD_FIELDS
from triptych.runtime.store import (
    DIGEST,
    RECORD_FILE,
    DamagedResult,
    content_digest,
    file_digests,
    weights_record,
)

NO_RESULTS = {*JOB_FOLDERS, CRATE_FILE}
"""What lies among results: folders that jobs leave, and the description of the whole folder."""

FIELDS = (*RECORD_FIELDS, "name", "description", "licence", "citation", "files")
"""Of a record: those of a run, and those of a raw input that was fetched."""

COMPOUND = ("params", "inputs", "seed", "versions")
"""Fields that are kept as JSON text."""

KINDS = {
    ".zarr": "stores",
    ".safetensors": "weights",
    ".pdf": "figures",
    ".png": "figures",
    ".json": "JSON results",
}
"""By the end of a name; other folders are folders, and other files pages, made for people."""


@dataclass(frozen=True, order=True)
class Result:
    """A file or a folder that a job made; what it carries is read when it is asked for."""

    path: Path

    @property
    def kind(self) -> str:
        """What it is, in the words of :data:`KINDS`."""
        return KINDS.get(self.path.suffix, "folders" if self.path.is_dir() else "pages")

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record of the run that made it, compound values as such; empty if it has none.

        For a raw input it is what was fetched from where.

        Raises
        ------
        DamagedResult
            If it cannot be read.
        """
        fields = {k: self._attributes[k] for k in FIELDS if k in self._attributes}
        texts = {name for name in COMPOUND if isinstance(fields.get(name), str)}
        try:
            return {k: json.loads(v) if k in texts else v for k, v in fields.items()}
        except ValueError as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def digest(self) -> str:
        """The digest of its content that later steps record; of a figure, of its pixels.

        A store of another program has none: it is that of its files.

        Raises
        ------
        DamagedResult
            If a weights file cannot say its own, or attributes cannot be read.
        """
        carried = self._attributes.get(DIGEST)
        if carried is None and self.kind == "stores":
            return digest(file_digests(self.path))
        return str(carried or content_digest(self.path))

    @cached_property
    def values(self) -> Any:
        """What a JSON result holds.

        Raises
        ------
        DamagedResult
            If it cannot be read.
        """
        return _parsed(self.path, self.path)

    @property
    def inputs(self) -> dict[str, list[str]]:
        """The digests of what it was made from, by the name that its step knows them by."""
        inputs = self.record.get("inputs", {})
        return {k: v if isinstance(v, list) else [v] for k, v in inputs.items()}

    @cached_property
    def _attributes(self) -> Mapping[str, Any]:
        """Record and digest as they are written in it; of a raw input, beside it."""
        if self.kind == "weights":
            return weights_record(self.path)
        if self.kind == "figures":
            from triptych.figures.save import read_record

            try:
                return read_record(self.path)
            except DamagedResult:
                raise
            except ValueError:  # a picture of somebody else
                return {}
        if self.kind == "stores":
            attributes = self.path / ".zattrs"  # another program's may have none
            return _mapping(self.path, attributes) if attributes.exists() else {}
        if self.kind == "JSON results":
            record = self.values.get("record") if isinstance(self.values, dict) else None
            return record if isinstance(record, dict) else {}
        if self.kind == "folders":
            files = (self.path / RECORD_FILE, _beside(self.path))
            return next((_mapping(self.path, file) for file in files if file.exists()), {})
        return {}


def inventory(results: Path) -> list[Result]:
    """Return every result of a scale's folder, sorted by path.

    A folder that is one result (a store, a raw input, a folder with a record) stands for all that
    is in it, and for the record beside it.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    """
    paths = set(_below(results))
    return sorted(Result(path) for path in paths - set(map(_beside, paths)))


def with_lost(results: Path) -> list[Result]:
    """Return every result of a folder, and those that are gone but left checksums, by path.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    """
    return sorted({*inventory(results), *map(Result, with_checksums(results))})


def job_of(record: Mapping[str, Any]) -> str:
    """Return what tells one job from another; all that a job wrote has it in common."""
    return digest([record[name] for name in ("step", "params", "code", "inputs")])[:16]


def with_changes(record: Mapping[str, Any]) -> str:
    """Return what follows the commit in words, where the sources were not just those of it."""
    return " with changes" if str(record["dirty"]) == "True" else ""


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NO_RESULTS or path.name.startswith("."):
            continue
        if path.is_dir() and not _is_one_result(path):
            yield from _below(path)
        else:
            yield path


def _beside(folder: Path) -> Path:
    """Return the file beside a raw input that says what was fetched from where."""
    return folder.parent / f"{folder.name}.json"


def _is_one_result(folder: Path) -> bool:
    is_raw = folder.parent.name == "raw"
    return folder.suffix == ".zarr" or is_raw or (folder / RECORD_FILE).exists()


def _mapping(result: Path, file: Path) -> dict[str, Any]:
    """Return what a JSON file of a result holds; empty if that is no mapping."""
    values = _parsed(result, file)
    return values if isinstance(values, dict) else {}


def _parsed(result: Path, file: Path) -> Any:
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise _unreadable(result, error) from error


def _unreadable(result: Path, error: Exception) -> DamagedResult:
    return DamagedResult(result, f"carries no record that can be read ({error})")
