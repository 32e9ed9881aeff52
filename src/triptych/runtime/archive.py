"""Results in ZIP archives: equal files make equal archives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from triptych.runtime.store import OF_OTHERS, atomic


def pack(archive: Path, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write an archive of names and contents, in this order, whole or not at all."""
    with atomic(archive) as sibling, ZipFile(sibling, "w", ZIP_DEFLATED) as packed:
        for name, content in entries:
            entry = ZipInfo(name)  # dated 1980, whenever it is written
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, ZIP_DEFLATED)


def entries_of(folder: Path, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield a file of a folder, or each file below one in it, by its path below the folder."""
    path = path or folder
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file() and file.name not in OF_OTHERS:
            yield file.relative_to(folder).as_posix(), file.read_bytes()


def unpack(archive: Path, name: str, path: Path) -> None:
    """Write a file or folder of an archive to a path, whole or not at all.

    Raises
    ------
    FileNotFoundError
        If the archive has nothing of that name.
    """
    with ZipFile(archive) as packed, atomic(path) as sibling:
        for entry in packed.namelist():
            if entry == name or entry.startswith(f"{name}/"):
                file = Path(f"{sibling}{entry.removeprefix(name)}")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(packed.read(entry))
        if not sibling.exists():
            raise FileNotFoundError(f"{archive} has no {name}")
