"""Which results are not what was written, by the digests that every job leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triptych.runtime.integrity import SUFFIX, verify
from triptych.runtime.places import rebuild_command
from triptych.runtime.results import contents
from triptych.runtime.store import DamagedResult


@dataclass(frozen=True)
class Check:
    """What a look at all results found.

    Attributes
    ----------
    checked
        How many results were compared with their digests.
    damaged
        What is wrong with each that differs, with the command that rebuilds it.
    unsealed
        Results that carry no digest: no job of this workflow left them so.
    """

    checked: int
    damaged: list[str]
    unsealed: list[Path]


def check(results: Path) -> Check:
    """Check every result below a folder.

    Raises
    ------
    OSError
        If there is no such folder.
    """
    checked, damaged, unsealed = 0, [], []
    for path in _results_below(results):
        try:
            if verify(path):
                checked += 1
            else:
                unsealed.append(path)
        except DamagedResult as error:
            checked += 1
            damaged.append(f"{error}; rebuild it with: {rebuild_command(path)}")
    return Check(checked, damaged, unsealed)


def _results_below(folder: Path) -> list[Path]:
    """Return the results in a folder, also those that are gone but have a seal."""
    seals = folder.rglob(f"jobs/*{SUFFIX}")
    sealed = {seal.parents[1] / seal.name.removesuffix(SUFFIX) for seal in seals}
    return sorted(sealed.union(contents(folder)))
