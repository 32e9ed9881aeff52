"""The archives of the numbers of record: equal files make equal archives.

Their thousands of small files are compressed as one, which takes a sixth less than each by itself.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path

from triptych.runtime.canonical import file_digest
from triptych.runtime.store import atomic, files_of


def pack(archive: Path, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive of names and contents, in this order, whole or not at all."""
    with atomic(archive) as sibling, tarfile.open(sibling, "w:xz", preset=9) as packed:
        for name, content in entries:
            entry = tarfile.TarInfo(name)  # of no user and dated 1970, whenever it is written
            entry.size = len(content)
            packed.addfile(entry, BytesIO(content))


def entries_of(folder: Path, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield a file of a folder, or each file below one in it, by its path below the folder."""
    for file in files_of(path or folder):
        yield file.relative_to(folder).as_posix(), file.read_bytes()


def unpack(archive: Path, folder: Path, digest: str | None) -> None:
    """Write all files of an archive below a folder, dated now, each whole or not at all.

    Parameters
    ----------
    archive, folder : Path
    digest : str or None
        SHA-256 of the archive's bytes, as its record has it: None where it has no archive.

    Raises
    ------
    ValueError
        If the archive is another, or a file would lie elsewhere.
    """
    if file_digest(archive) != digest:
        raise ValueError(f"{archive} is not what its record was published with")
    with tarfile.open(archive, "r:xz") as packed:
        for entry in packed:
            file = folder / entry.name
            if not file.resolve().is_relative_to(folder.resolve()):
                raise ValueError(f"{archive}: {entry.name!r} would lie outside of {folder}")
            if content := packed.extractfile(entry):  # a folder has none
                with atomic(file) as sibling:
                    sibling.write_bytes(content.read())
