"""Fetch raw inputs from the first source that has them, and always the right bytes.

An input is written beside its place and checked there, file by file; it takes the place when it is
right. A source that cannot be reached is passed over; one that gives something else than the
registry says stops everything, for then either the registry or the source is not to be trusted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from triptych.raw.registry import REGISTRY, RawFile, RawInput, RawSource
from triptych.raw.sources import LocalFolders, RawInputError, SourceFailed
from triptych.runtime.store import atomic


@dataclass(frozen=True)
class FileRecord:
    """A file as it was received: size, digest, kind and address of its source."""

    name: str
    bytes: int
    digest: str
    kind: str
    address: str


def fetch(
    entry: RawInput, folder: Path, local: LocalFolders, log: Callable[[str], object]
) -> list[FileRecord]:
    """Bring the files of a raw input into a folder of its name, and say where each came from.

    What lies there stays until all files are there anew. The log takes a line for each source.
    Records are free of local paths, so that they can go into any result.

    Raises
    ------
    RawInputError
        At the first source that is not what the registry says, or if none can be reached.
    """
    failures: list[str] = []
    for source in entry.sources:
        try:
            with atomic(folder) as sibling:
                sibling.mkdir()
                source.fetch([file.name for file in entry.files], sibling, local)
                records = [_checked(file, sibling / file.name, source) for file in entry.files]
        except SourceFailed as error:
            failures.append(f"{source.kind}: {error}")
            log(f"{folder.name} not from {failures[-1]}")
        else:
            log(f"{folder.name} from {source.kind}, every digest right")
            return records
    tried = "".join(f"\n  {failure}" for failure in failures)
    raise RawInputError(f"raw input {folder.name} cannot be had; make one reachable:{tried}")


def _checked(file: RawFile, path: Path, source: RawSource) -> FileRecord:
    algorithm = file.digest.partition(":")[0] if file.digest else "sha256"
    with path.open("rb") as stream:
        digest = f"{algorithm}:{hashlib.file_digest(stream, algorithm).hexdigest()}"
    count, address = path.stat().st_size, source.address(file.name)
    if source.kind == "https" and count < (file.bytes or 0):
        raise SourceFailed(f"{address}: cut short: {count} of {file.bytes} bytes came")
    if file.bytes not in (None, count) or file.digest not in (None, digest):
        raise RawInputError(
            f"{file.name} from {source.kind} {address} is not the registered file\n"
            f"  expected {file.digest}, {file.bytes or 'unknown'} bytes\n"
            f"  received {digest}, {count} bytes\n"
            f"Replace the file there, or correct {REGISTRY}."
        )
    return FileRecord(file.name, count, digest, source.kind, address)
