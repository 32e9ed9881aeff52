"""Fetch raw inputs: mirror, package member or HTTPS, and always the right bytes.

A file is written beside its place, counted and hashed as it comes, and renamed only when it is
right. A source that cannot be reached is passed over; one that gives something else than the
registry says stops everything, for then either the registry or the source is not to be trusted.
"""

from __future__ import annotations

import hashlib
import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from triptych.workflow.raw.models import RawFile, RawInput, RawInputError
from triptych.workflow.raw.sources import Reader, Sink, SourceFailed, TooLong, open_source

LOG = logging.getLogger(__name__)

#: Environment variable that names the mirror where the configuration does not.
MIRROR_VARIABLE = "TRIPTYCH_RAW_MIRROR"


@dataclass(frozen=True)
class FileRecord:
    """A file as it was found: size, digest, kind and address of its source."""

    name: str
    bytes: int
    digest: str
    kind: str
    address: str


@dataclass(frozen=True)
class RawRecord:
    """What became of a raw input; free of local paths, so that it can go into any result."""

    name: str
    available: bool
    files: tuple[FileRecord, ...] = ()
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the record as a dictionary of plain values."""
        return {**asdict(self), "files": [asdict(file) for file in self.files]}


class DigestMismatch(RawInputError):
    """A source gives another file than the registry says."""

    def __init__(self, entry: str, file: RawFile, address: str, got: str, count: int) -> None:
        super().__init__(
            f"raw input {entry!r}: {file.name} from {address} is not the registered file\n"
            f"  expected {file.digest}, {_size(file)}\n"
            f"  received {got}, {count} bytes\n"
            "The source has changed or is damaged: replace the file there, or correct the registry."
        )
        self.entry, self.file, self.address = entry, file.name, address
        self.expected, self.received = file.digest, got


class RawInputUnavailable(RawInputError):
    """No source of an input could be reached.

    Attributes
    ----------
    record : RawRecord
        The input as not available, with the reason.
    attempts : list of str
        Every source that was tried and why it failed.
    """

    def __init__(self, entry: RawInput, missing: list[RawFile], attempts: list[str]) -> None:
        places = [s.place(f.name) for s in entry.sources for f in missing if s.kind == "mirror"]
        advice = "Make one of these sources reachable"
        if places:
            advice += (
                f", or put {', '.join(places)} into a folder and name that folder with the setting "
                f"raw.mirror or the environment variable {MIRROR_VARIABLE}"
            )
        names = ", ".join(f"{f.name} ({_size(f)}, {f.digest})" for f in missing)
        tried = "\n".join(f"  {attempt}" for attempt in attempts)
        super().__init__(
            f"raw input {entry.name!r} cannot be had, missing {names}; tried:\n{tried}\n{advice}."
        )
        self.attempts = attempts
        self.record = RawRecord(entry.name, available=False, reason=str(self))


def _size(file: RawFile) -> str:
    return "size unknown" if file.bytes is None else f"{file.bytes} bytes"


def mirror_folder(setting: str | Path | None) -> Path | None:
    """Return the mirror: the setting `raw.mirror`, or else what the environment variable names."""
    chosen = setting or os.environ.get(MIRROR_VARIABLE)
    return Path(chosen).expanduser() if chosen else None


def _present(file: RawFile, folder: Path) -> FileRecord | None:
    """Record of a file that lies in place already; a wrong one is taken away."""
    path = folder / file.name
    if not path.is_file():
        return None
    with path.open("rb") as handle:
        value = hashlib.file_digest(handle, file.algorithm).hexdigest()
    count = path.stat().st_size
    digest = f"{file.algorithm}:{value}"
    if not file.agrees(digest, count):
        path.unlink()
        return None
    return FileRecord(file.name, count, digest, "present", "present")


def _take(
    entry: str, file: RawFile, folder: Path, kind: str, address: str, read: Reader
) -> FileRecord:
    """Bring one file from a source into its place."""
    part = folder / f".{file.name}.{uuid.uuid4().hex}.part"
    try:
        with part.open("xb") as handle:
            sink = Sink(handle, file.algorithm)
            try:
                read(file, sink)
            except TooLong as error:
                got = "a longer file, not read to its end"
                raise DigestMismatch(entry, file, address, got, sink.count) from error
        if not file.agrees(sink.digest, sink.count):
            raise DigestMismatch(entry, file, address, sink.digest, sink.count)
        os.replace(part, folder / file.name)
    finally:
        part.unlink(missing_ok=True)
    return FileRecord(file.name, sink.count, sink.digest, kind, address)


def fetch(
    entry: RawInput,
    folder: Path,
    mirror: Path | None = None,
    log: Callable[[str], object] = LOG.info,
) -> RawRecord:
    """Bring the files of a raw input into a folder.

    Parameters
    ----------
    entry : RawInput
        The input, from `load_registry`.
    folder : Path
        Where the files go, under their own names; made if it is not there. Right files that are
        there already are kept, wrong ones taken away first.
    mirror : Path, optional
        The mirror, from `mirror_folder`.
    log : callable, optional
        Takes one line of text for each step.

    Returns
    -------
    RawRecord
        Where each file came from.

    Raises
    ------
    DigestMismatch
        At the first source whose file is not the registered one.
    UnsafeArchive
        At the first package archive that is not honest.
    RawInputUnavailable
        If no source has some file; names all that were tried. Complete files stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = {f.name: record for f in entry.files if (record := _present(f, folder))}
    attempts: list[str] = []
    for source in entry.sources:
        missing = [file for file in entry.files if file.name not in done]
        if not missing:
            break
        try:
            with open_source(source, mirror) as read:
                for file in missing:
                    address = source.address(file.name)
                    try:
                        record = _take(entry.name, file, folder, source.kind, address, read)
                    except SourceFailed as why:
                        attempts.append(f"{file.name} from {address}: {why}")
                        log(f"{entry.name}: {attempts[-1]}")
                    else:
                        done[file.name] = record
                        log(
                            f"{entry.name}: {file.name} from {address}: {record.bytes} bytes, right"
                        )
        except SourceFailed as why:
            address = getattr(source, "requirement", source.kind)
            attempts.append(f"{address}: {why}")
            log(f"{entry.name}: {attempts[-1]}")
    if missing := [file for file in entry.files if file.name not in done]:
        raise RawInputUnavailable(entry, missing, attempts)
    return RawRecord(entry.name, available=True, files=tuple(done[f.name] for f in entry.files))
