"""Whether two runs computed the same: their results, digest by digest.

The digests are those that results carry, once their bytes are found to be what was written. They
cover the content alone, not when and where it was computed, so two runs of the same settings are
expected to agree in every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from triptych.inspect.inventory import Result, with_lost
from triptych.runtime.canonical import digest
from triptych.runtime.integrity import verify


@dataclass(frozen=True)
class Comparison:
    """How many results two folders both have, by kind, and which differ or are in one alone.

    Results are named by their paths in the folders.
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
    """Compare the results of two folders of a scale.

    Raises
    ------
    OSError
        If one of them is not a folder.
    DamagedResult
        If a result is not what was written, or is gone.
    ValueError
        If one of them holds no results.
    """
    ours, theirs = _compared(left), _compared(right)
    shared = sorted(ours.keys() & theirs.keys())
    return Comparison(
        counts=dict(sorted(Counter(ours[path].kind for path in shared).items())),
        differing=[path for path in shared if _digest(ours[path]) != _digest(theirs[path])],
        only_left=sorted(ours.keys() - theirs.keys()),
        only_right=sorted(theirs.keys() - ours.keys()),
    )


def as_text(comparison: Comparison, left: Path, right: Path) -> str:
    """Return what differs, a line each, and how many results were compared."""
    lines = [f"differs: {path}" for path in comparison.differing]
    lines += [f"only in {left}: {path}" for path in comparison.only_left]
    lines += [f"only in {right}: {path}" for path in comparison.only_right]
    counts = comparison.counts
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts.items()) or "nothing"
    differing = len(comparison.differing) or "none"
    lines.append(f"compared {kinds}: {differing} of {sum(counts.values())} differ")
    return "\n".join(lines) + "\n"


def _compared(results: Path) -> dict[str, Result]:
    """Return the results of a folder that are compared, by their path in it: all but pages."""
    compared = [result for result in with_lost(results) if result.kind != "pages"]
    for result in compared:
        verify(result.path)
    if not compared:
        raise ValueError(f"{results} holds no results")
    return {result.path.relative_to(results).as_posix(): result for result in compared}


def _digest(result: Result) -> str:
    """Return the digest of a result's content; of JSON, without the record in it."""
    if result.kind != "JSON results":
        return result.digest
    values = result.values
    if isinstance(values, dict):
        values = {key: value for key, value in values.items() if key != "record"}
    try:
        return digest(values)
    except ValueError as error:
        raise ValueError(f"{result.path}: {error}") from None
