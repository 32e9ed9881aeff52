"""What a scale's folder holds: its results, without what jobs leave beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from triptych.runtime.store import RECORD_FILE

CRATE_FILE = "ro-crate-metadata.json"
ASIDE = {"jobs", "checkpoints", "logs", "benchmarks", CRATE_FILE}
"""What is no result: folders that jobs leave, and the description of the whole folder."""


def contents(results: Path) -> list[Path]:
    """Return every result of a scale's folder, sorted.

    A folder that is one result (a store, a raw input, a folder with a record) stands for all that
    is in it.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    """
    return sorted(_below(results, results / "raw"))


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _below(folder: Path, raw: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in ASIDE or path.name.startswith("."):
            continue
        if path.is_dir() and not _is_one_result(path, raw):
            yield from _below(path, raw)
        else:
            yield path


def _is_one_result(folder: Path, raw: Path) -> bool:
    return folder.suffix == ".zarr" or folder.parent == raw or (folder / RECORD_FILE).exists()
