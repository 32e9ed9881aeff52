"""Whether two runs computed the same: their results, digest by digest.

The digests are those that results carry. They cover the content alone, not when and where it was
computed, so two runs of the same settings are expected to agree in every one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from triptych.inspect.explain import record_of
from triptych.runtime.canonical import digest
from triptych.runtime.results import contents
from triptych.runtime.store import DIGEST, content_digest

KINDS = {
    ".zarr": "stores",
    ".safetensors": "weights",
    ".pdf": "figures",
    ".png": "figures",
    ".json": "JSON results",
}
"""What is compared besides folders, by the end of its name; pages made for people are not."""


@dataclass(frozen=True)
class Comparison:
    """How the results of two folders stand to each other, by their paths in the folders.

    Attributes
    ----------
    counts
        How many results both have, by kind.
    differing
        Those of them that are not the same.
    only_left, only_right
        Results that one folder has alone.
    """

    counts: Mapping[str, int]
    differing: list[str]
    only_left: list[str]
    only_right: list[str]

    @property
    def same(self) -> bool:
        """Whether both folders have the same results."""
        return not (self.differing or self.only_left or self.only_right)


def compare(left: Path, right: Path) -> Comparison:
    """Compare the results of two folders.

    Parameters
    ----------
    left, right
        Folders of a scale: ``results/<scale>``.

    Raises
    ------
    OSError
        If one of them is not a folder.
    ValueError
        If one of them holds no results.
    """
    ours, theirs = digests(left), digests(right)
    shared = sorted(ours.keys() & theirs.keys())
    return Comparison(
        counts=dict(sorted(Counter(_kind(Path(path)) for path in shared).items())),
        differing=[path for path in shared if ours[path] != theirs[path]],
        only_left=sorted(ours.keys() - theirs.keys()),
        only_right=sorted(theirs.keys() - ours.keys()),
    )


def digests(results: Path) -> dict[str, str]:
    """Return the digest of every result in a scale's folder, by its path there.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    ValueError
        If it holds no results.
    """
    compared = filter(_is_compared, contents(results))
    found = {path.relative_to(results).as_posix(): _digest(path) for path in compared}
    if not found:
        raise ValueError(f"{results} holds no results")
    return found


def as_text(found: Comparison, left: Path, right: Path) -> str:
    """Return what differs, a line each, and how many results were compared."""
    return "\n".join(_lines(found, left, right)) + "\n"


def _lines(found: Comparison, left: Path, right: Path) -> Iterator[str]:
    yield from (f"differs: {path}" for path in found.differing)
    yield from (f"only in {left}: {path}" for path in found.only_left)
    yield from (f"only in {right}: {path}" for path in found.only_right)
    kinds = ", ".join(f"{number} {kind}" for kind, number in found.counts.items()) or "nothing"
    total = sum(found.counts.values())
    yield f"compared {kinds}: {len(found.differing) or 'none'} of {total} differ"


def _is_compared(path: Path) -> bool:
    """Leave out what is made for people, and the records that lie beside raw inputs."""
    beside = path.parent.name == "raw" and path.with_suffix("").is_dir()
    return path.is_dir() or (path.suffix in KINDS and not beside)


def _digest(path: Path) -> str:
    if path.suffix == ".json":
        values = json.loads(path.read_text())
        told = isinstance(values, dict) and "record" in values
        return digest({k: v for k, v in values.items() if k != "record"} if told else values)
    return str(record_of(path).get(DIGEST) or content_digest(path))


def _kind(path: Path) -> str:
    return KINDS.get(path.suffix, "folders")
