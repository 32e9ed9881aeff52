"""Read one member of an archive, and nothing else of it.

Archives come from elsewhere, so nothing is ever unpacked: the wanted member is streamed to whoever
asked for it, and an archive that tries something (paths that climb out, links, two members of one
name, more data than was announced) is refused as a whole.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import posixpath
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, cast

from triptych.workflow.raw.models import RawInputError, climbs

#: Bytes that are read at once.
CHUNK = 1 << 16

#: Most bytes taken from a member of unknown size, and from a whole compressed tar.
LARGEST = 4 << 30


#: What the readers of the standard library raise on archives that are not what they should be.
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    ValueError,
)


class UnsafeArchive(RawInputError):
    """An archive holds a member that no honest archive would; nothing was taken from it."""

    def __init__(self, archive: str, member: str, reason: str) -> None:
        super().__init__(f"archive {archive} is not safe: member {member!r} {reason}")
        self.archive, self.member, self.reason = archive, member, reason


class ArchiveUnreadable(RawInputError):
    """An archive is damaged, of an unknown form, or lacks the member."""


def copy_member(
    archive: Path, member: str, write: Callable[[bytes], object], size: int | None
) -> None:
    """Stream one member of a zip (wheel) or tar.gz archive.

    Parameters
    ----------
    archive : Path
        The archive; its form is told from its name (``.whl``, ``.zip``, ``.tar.gz``, ``.tgz``).
    member : str
        Path of the member, with ``/`` between its parts.
    write : callable
        Takes the chunks of the member one after the other. What it got counts only if this
        function returns: some faults show after the last byte.
    size : int or None
        Size that the member should have, in bytes. One that is larger, by its header or in fact,
        is refused.

    Raises
    ------
    UnsafeArchive
        With the names of the archive and of the member that is at fault.
    ArchiveUnreadable
        If the archive is damaged or has no such member.
    """
    if climbs(member):
        raise UnsafeArchive(archive.name, member, "climbs out of the archive")
    try:
        if archive.name.endswith((".whl", ".zip")):
            _copy_from_zip(archive, member, write, size)
        elif archive.name.endswith((".tar.gz", ".tgz")):
            _copy_from_tar(archive, member, write, size)
        else:
            raise ArchiveUnreadable(f"{archive.name}: neither a zip nor a tar.gz archive")
    except _DAMAGED as error:
        raise ArchiveUnreadable(f"{archive.name} is damaged: {error}") from error
    except OSError as error:
        # A broken offset or a broken bzip2 stream; every other code is trouble of this machine.
        if error.errno not in (None, errno.EINVAL):
            raise
        raise ArchiveUnreadable(f"{archive.name} is damaged: {error}") from error


def _check_names(archive: str, names: list[str], member: str) -> None:
    for name in names:
        if climbs(name):
            raise UnsafeArchive(archive, name, "climbs out of the archive")
    found = [name for name in names if posixpath.normpath(name) == member]
    if not found:
        raise ArchiveUnreadable(f"{archive} has no member {member!r}")
    if len(found) > 1:
        raise UnsafeArchive(archive, member, f"is there {len(found)} times")


def _check_size(archive: str, member: str, declared: int, size: int | None) -> None:
    limit = LARGEST if size is None else size
    if declared > limit:
        raise UnsafeArchive(archive, member, f"has {declared} bytes, at most {limit} expected")


def _pour(stream: IO[bytes], write: Callable[[bytes], object], check: Callable[[int], None]) -> int:
    """Copy a stream chunk by chunk; `check` sees the count before each chunk is written."""
    count = 0
    while chunk := stream.read(CHUNK):
        count += len(chunk)
        check(count)
        write(chunk)
    return count


def _copy_from_zip(
    archive: Path, member: str, write: Callable[[bytes], object], size: int | None
) -> None:
    with zipfile.ZipFile(archive) as content:
        infos = content.infolist()
        _check_names(archive.name, [info.orig_filename for info in infos], member)
        info = next(i for i in infos if posixpath.normpath(i.orig_filename) == member)
        # The upper half of external_attr is the Unix mode; zero where the archiver left it out.
        if info.is_dir() or stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise UnsafeArchive(archive.name, member, "is not a regular file (a link, a folder …)")
        if info.flag_bits & 0x1:
            raise ArchiveUnreadable(f"{archive.name}: member {member!r} is encrypted")
        _check_size(archive.name, member, info.file_size, size)
        with content.open(info) as stream:
            _pour(stream, write, lambda n: _check_size(archive.name, member, n, size))


class _Capped:
    """A reader that refuses to go on after `LARGEST` bytes."""

    def __init__(self, stream: IO[bytes], archive: str) -> None:
        self.stream, self.archive, self.left = stream, archive, LARGEST

    def read(self, count: int) -> bytes:
        chunk = self.stream.read(count)
        self.left -= len(chunk)
        if self.left < 0:
            raise UnsafeArchive(self.archive, "*", f"unpacks to more than {LARGEST} bytes")
        return chunk


def _copy_from_tar(
    archive: Path, member: str, write: Callable[[bytes], object], size: int | None
) -> None:
    names: list[str] = []
    with gzip.open(archive) as plain:
        # "r|" never seeks, so the archive is decompressed once and held nowhere.
        capped = cast("IO[bytes]", _Capped(cast("IO[bytes]", plain), archive.name))
        with tarfile.open(fileobj=capped, mode="r|") as content:
            for info in content:
                names.append(info.name)
                if posixpath.normpath(info.name) != member or names.count(info.name) > 1:
                    continue
                if not info.isreg() or info.issparse():
                    raise UnsafeArchive(archive.name, member, "is not a regular file (a link …)")
                _check_size(archive.name, member, info.size, size)
                stream = cast("IO[bytes]", content.extractfile(info))
                _pour(stream, write, lambda n: _check_size(archive.name, member, n, size))
    _check_names(archive.name, names, member)
