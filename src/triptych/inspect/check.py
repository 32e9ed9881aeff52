"""Which results are not what was written, by the checksums that every job leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from triptych.inspect.inventory import with_lost
from triptych.runtime.integrity import verify
from triptych.runtime.layout import rebuild_command
from triptych.runtime.store import DamagedResult


@dataclass(frozen=True)
class Damage:
    """What is wrong with a result, and the command that makes it again."""

    path: str
    fault: str
    rebuild: str


@dataclass(frozen=True)
class Check:
    """What came out of a look at all results.

    So many were compared with their checksums or the digest they carry. The unchecked have neither:
    no job of this workflow left them so.
    """

    checked: int
    damaged: list[Damage]
    unchecked: list[str]


def check(results: Path) -> Check:
    """Check every result below a folder, also those that are gone but have checksums.

    Raises
    ------
    OSError
        If there is no such folder.
    """
    checked, damaged, unchecked = 0, list[Damage](), list[str]()
    for result in with_lost(results):
        try:
            if verify(result.path):
                checked += 1
            else:
                unchecked.append(str(result.path))
        except DamagedResult as error:
            checked += 1
            command = rebuild_command(result.path)
            damaged.append(Damage(str(result.path), str(error), command))
    return Check(checked, damaged, unchecked)


def as_text(report: Check) -> str:
    """Return a line for each result that is unchecked or damaged, and their numbers."""
    lines = [f"{path} carries no digest: not checked" for path in report.unchecked]
    damaged = [f"{damage.fault}; rebuild it with: {damage.rebuild}" for damage in report.damaged]
    numbers = f"{report.checked} results checked, {len(report.damaged)} damaged"
    return "\n".join([*lines, *damaged, numbers]) + "\n"
