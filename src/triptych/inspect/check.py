"""Which results are not what was written, by the checksums that every job leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triptych.inspect.inventory import Result, inventory
from triptych.runtime.integrity import verify, with_checksums
from triptych.runtime.layout import rebuild_command
from triptych.runtime.store import DamagedResult


@dataclass(frozen=True)
class Check:
    """What came out of a look at all results.

    So many were compared with their checksums or the digest they carry. Of each damaged one it says
    what is wrong and how to rebuild it. The unchecked have neither: no job of this workflow left
    them so.
    """

    checked: int
    damaged: list[str]
    unchecked: list[Path]


def check(results: Path) -> Check:
    """Check every result below a folder, also those that are gone but have checksums.

    Raises
    ------
    OSError
        If there is no such folder.
    """
    checked, damaged, unchecked = 0, [], []
    for result in sorted({*inventory(results), *map(Result, with_checksums(results))}):
        try:
            if verify(result.path):
                checked += 1
            else:
                unchecked.append(result.path)
        except DamagedResult as error:
            checked += 1
            damaged.append(f"{error}; rebuild it with: {rebuild_command(result.path)}")
    return Check(checked, damaged, unchecked)
