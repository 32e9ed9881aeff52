"""Checksums: the digest of every byte that a job wrote, by which later damage is found.

A job that is done leaves ``jobs/<output>.digests`` for each of its outputs, whatever their kind.
Steps check their inputs against them before they compute, and ``python -m triptych check`` checks
a whole folder of results. The digest inside of a store or a weights file is another: it says what
was computed, and is equal for two runs whose bytes differ in time and machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from triptych.runtime.canonical import read_mapping
from triptych.runtime.layout import job_file
from triptych.runtime.store import (
    DIGEST,
    DamagedResult,
    content_digest,
    file_digests,
    open_store,
    read_weights,
    weights_record,
    write_text,
)

SUFFIX = ".digests"


def write_checksums(path: Path) -> None:
    """Record the digests of an output, a file or a folder, as it is now."""
    write_text(json.dumps(file_digests(path), indent=1), job_file(path, SUFFIX))


def invalidate(path: Path) -> None:
    """Forget the checksums of an output: it is about to be written anew."""
    job_file(path, SUFFIX).unlink(missing_ok=True)


def with_checksums(folder: Path) -> Iterator[Path]:
    """Yield the results below a folder that have checksums, also those that are gone."""
    for checksums in folder.rglob(f"jobs/[!.]*{SUFFIX}"):
        yield checksums.parents[1] / checksums.name.removesuffix(SUFFIX)


def verify(path: Path) -> bool:
    """Compare a result with its checksums, or else with the digest that it carries.

    False if it has neither, as the files of others.

    Raises
    ------
    DamagedResult
        If a byte differs, or a file of a folder is missing or one too many.
    """
    checksums = job_file(path, SUFFIX)
    if not checksums.exists():
        return path.exists() and _by_carried_digest(path)
    try:
        recorded = read_mapping(checksums)
    except ValueError:
        raise DamagedResult(path, f"is damaged: its {SUFFIX} file cannot be read") from None
    fault = _difference(recorded, file_digests(path)) if path.exists() else "it is gone"
    if fault:
        raise DamagedResult(path, f"is damaged: {fault}")
    return True


def verified_digest(path: Path) -> str:
    """Verify an input, and return its content digest; with checksums, its bytes are read once.

    Raises
    ------
    DamagedResult
        As :func:`verify`, or if a store or a weights file cannot say its digest.
    FileNotFoundError
        If there is nothing at ``path``.
    """
    verify(path)
    checksums = job_file(path, SUFFIX)
    return content_digest(path, read_mapping(checksums) if checksums.exists() else None)


def _by_carried_digest(path: Path) -> bool:
    attributes = path / ".zattrs"
    # Searched as text, which can be done where they are damaged, too.
    if (
        path.suffix == ".zarr"
        and attributes.exists()
        and f'"{DIGEST}"' in attributes.read_text("utf-8", "replace")
    ):
        open_store(path)
        return True
    if path.suffix == ".safetensors" and DIGEST in weights_record(path):
        read_weights(path)
        return True
    return False


def _difference(recorded: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Say in words how the files present differ from those recorded; empty if they do not."""
    names = sorted(recorded.keys() | present.keys())
    wrong = [name for name in names if recorded.get(name) != present.get(name)]
    if not wrong:
        return ""
    first = wrong[0]
    how = "is missing" if first not in present else "is not of it" if first not in recorded else ""
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"{first} {how or 'is not what was written'}{more}"
