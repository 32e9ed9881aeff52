"""Where a result came from: the chain of steps back to the raw inputs, from the records alone.

Every result carries the digests of what it was made from; the results that have these digests are
looked up in the same folder, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from triptych.inspect.inventory import Result, inventory, job_of, with_changes
from triptych.runtime.layout import relative_to_here, scale_folder
from triptych.runtime.provenance import RECORD_FIELDS
from triptych.runtime.store import DamagedResult

NOT_READ = {"figures", "pages"}
"""What no later step reads."""

SHOWN = 2
"""Of the results that one step made, how many are named."""


@dataclass(frozen=True)
class Link:
    """A result of the chain, with the digests of what it was made from by the step's names.

    The path is empty if nothing in the folder has its digest any more. The record is that of the
    run that made it; for a raw input, what was fetched from where.
    """

    path: str = ""
    record: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, list[str]] = field(default_factory=dict)

    @property
    def maker(self) -> str:
        """The step that made it, or the place that a raw input is from."""
        if files := self.record.get("files"):
            names = ", ".join(file["name"] for file in files)
            return f"raw input: {names}, from {files[0]['kind']} {files[0]['address']}"
        return str(self.record.get("step", "a result that is not there, or damaged"))


Chain = dict[str, Link]
"""A result and all behind it, each once, by digest; the result itself is the first."""


def explain(path: Path) -> Chain:
    """Return the chain behind a store, a weights file, a figure, or a JSON result.

    It is looked for in the scale's folder. Of equal results there the
    first by name is taken: a test set and the same one asked for by its resolution, say.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If it carries no record.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    result = Result(path.resolve())
    if "files" not in result.record and not result.record.keys() >= set(RECORD_FIELDS):
        raise ValueError(f"{path} carries no record of where it came from")
    folder = scale_folder(result.path) or result.path.parent
    read = [result for result in inventory(folder) if result.kind not in NOT_READ]
    present = {_digest(made): made for made in reversed(read)} | {result.digest: result}
    links: Chain = {}
    waiting = [result.digest]
    for digest in waiting:
        if digest not in links:
            made = present.get(digest)
            links[digest] = Link(str(made.path), made.record, made.inputs) if made else Link()
            waiting += chain.from_iterable(links[digest].inputs.values())
    return links


def _digest(result: Result) -> str:
    """Return the digest of a result; nothing of a damaged one, which is as good as gone."""
    try:
        return result.digest
    except DamagedResult:
        return ""


def as_text(links: Chain) -> str:
    """Return the chain for people: one paragraph for all results that one step made for another."""
    return "\n".join(_paragraph(links, [next(iter(links))], "", set())) + "\n"


def _paragraph(links: Chain, digests: Sequence[str], margin: str, seen: set[str]) -> Iterator[str]:
    """Say what results of one step are, and what they were made from; each result once."""
    number = f"{len(digests)} × " if len(digests) > 1 else ""
    head = f"{margin}{number}{links[digests[0]].maker}"
    fresh = [digest for digest in digests if digest not in seen]
    if not fresh:
        yield f"{head}, see above"
        return
    seen.update(fresh)
    results = [links[digest] for digest in digests]
    yield f"{head}{_when(results)}"
    inner = margin + "   "
    paths = [relative_to_here(Path(link.path)) for link in results if link.path]
    yield from (f"{inner}{path}" for path in paths[:SHOWN])
    if len(paths) > SHOWN:
        yield f"{inner}and {len(paths) - SHOWN} more"
    behind: dict[str, dict[str, None]] = {}
    for below in chain.from_iterable(chain.from_iterable(links[d].inputs.values()) for d in fresh):
        behind.setdefault(links[below].maker, {})[below] = None
    for group in behind.values():
        yield from _paragraph(links, list(group), inner, seen)


def _when(results: Sequence[Link]) -> str:
    """Say when results were made, in how many seconds, with which commit."""
    records = [link.record for link in results if "step" in link.record]
    if not records:
        return ""
    created = sorted(str(record["created"])[:16].replace("T", " ") for record in records)
    days = created[0] if created[0] == created[-1] else f"{created[0]} to {created[-1]}"
    # All that a job wrote carries the seconds since it began.
    by_job: dict[str, float] = {}
    for record in records:
        job, seconds = job_of(record), float(record["wall_time_s"])
        by_job[job] = max(seconds, by_job.get(job, 0.0))
    commits = sorted({str(record["commit"])[:7] + with_changes(record) for record in records})
    return f" · {days} · {sum(by_job.values()):.0f} s · commit {', '.join(commits)}"
