"""Why jobs would run: what differs from what their existing results were made with."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from triptych.inspect.changes import ABSENT, Change, changed_files, changed_params
from triptych.inspect.plan import PlannedJob
from triptych.runtime.canonical import read_mapping
from triptych.runtime.layout import job_file
from triptych.runtime.step import Job, all_paths, read_job
from triptych.runtime.store import content_digest
from triptych.runtime.tracking import code_files

SOURCE = Path("src")
"""Where the rules take the library from, below the folder that Snakemake runs in."""

MOST_LINES = 4
MOST_NAMES = 3
MOST_CHARACTERS = 70


@dataclass(frozen=True)
class Why:
    """Why a planned job would run: outputs that are not there, and what differs for the others.

    The changes are of parameters, code and inputs.
    """

    planned: PlannedJob
    missing: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def follows(self) -> bool:
        """Whether it would run only because an earlier job does."""
        return bool(self.planned.remade) and not self.missing and not self.changes

    def as_json(self) -> dict[str, Any]:
        """Return all that is known, as plain values."""
        return {
            "rule": self.planned.rule,
            "outputs": self.planned.outputs,
            "missing": self.missing,
            "changes": [change.as_json() for change in self.changes],
            "remade": self.planned.remade,
            "reasons": self.planned.reason.split("; "),
        }


def why(planned: PlannedJob) -> Why:
    """Compare a planned job with the record of the one that made the existing result.

    Raises
    ------
    OSError, ValueError
        If the record or an input cannot be read.
    """
    missing = tuple(path for path in planned.outputs if not Path(path).exists())
    record = job_file(Path(planned.outputs[0]), ".json")
    # A record may outlive its results: it is of them only while there are some.
    if len(missing) == len(planned.outputs) or not record.exists():
        return Why(planned, missing, ())
    return Why(planned, missing, tuple(_changes(read_job(record), planned)))


def as_text(jobs: Sequence[Why]) -> str:
    """Return the answer for people: one paragraph for all jobs with one cause."""
    if not jobs:
        return "Nothing would run: what there is was made with just these settings and sources.\n"
    following = [job for job in jobs if job.follows]
    groups = defaultdict(list)
    for job in jobs:
        if not job.follows:
            groups[_cause(job)].append(job)
    paragraphs = [f"{_count(jobs)} would run.", *map(_paragraph, groups.values())]
    if following:
        paragraphs.append(f"{_count(following)} only because of these: {_rules(following)}")
    return "\n\n".join(paragraphs) + "\n"


def _changes(old: Job, new: PlannedJob) -> Iterator[Change]:
    yield from changed_params(old.params, new.params["settings"])
    if old.code != new.params["code"]:
        yield from _changed_code(old, new.params["code"])
    recorded = dict(zip(all_paths(old.inputs), all_paths(old.digests), strict=True))
    yield from changed_files("input", recorded, {path: _digest(path, new) for path in new.inputs})


def _changed_code(old: Job, new: str) -> Iterator[Change]:
    script, record = Path(old.script), old.code_record
    if not script.exists() or not record.exists():
        return iter([Change("code", f"{script} with all it imports", old.code, new)])
    return changed_files("code", read_mapping(record), code_files(script, SOURCE))


def _digest(path: str, planned: PlannedJob) -> str | None:
    """Return the digest of a job's input as it lies there; None if it is to be made first."""
    present = path not in planned.remade and Path(path).exists()
    return content_digest(Path(path)) if present else None


def _cause(job: Why) -> tuple[str, ...]:
    """Return what jobs of one paragraph share: all but, within a rule, the paths of inputs."""
    own_inputs = any(change.kind == "input" for change in job.changes)
    return (job.planned.rule if own_inputs else "", *_lines(job, name_inputs=False))


def _paragraph(jobs: Sequence[Why]) -> str:
    lines, *others = {tuple(_lines(job, name_inputs=True)) for job in jobs}
    if others:
        lines = tuple(_lines(jobs[0], name_inputs=False))
    makers = {rule: None for job in jobs for rule in job.planned.remade.values()}
    if makers and not jobs[0].missing:
        lines = (*lines, f"input  some are made before by {_some(list(makers))}")
    outputs = f"makes  {_some([job.planned.outputs[0] for job in jobs])}"
    return "\n    ".join([_rules(jobs), outputs, *lines])


def _lines(job: Why, name_inputs: bool) -> list[str]:
    """Return a line for each thing that differs; or one for all inputs."""
    if len(job.missing) == len(job.planned.outputs):
        return ["output not there yet"]
    lines = [f"output not there: {', '.join(job.missing)}"] if job.missing else []
    for kind, group in groupby(job.changes, key=lambda change: change.kind):
        changes = list(group)
        if kind == "input" and not name_inputs:
            lines.append(f"input  {len(changes)} changed (--json says which)")
        else:
            lines += map(_line, changes[:MOST_LINES])
            if len(changes) > MOST_LINES:
                lines.append(f"       and {len(changes) - MOST_LINES} more")
    return lines or [f"reason {_cut(job.planned.reason)}"]


def _line(change: Change) -> str:
    old, new = (_side(change, value) for value in (change.old, change.new))
    return f"{change.kind:6} {change.name}: {old} → {new}"


def _side(change: Change, value: Any) -> str:
    if value is ABSENT:
        return "absent"
    if change.kind == "param":
        return _cut(json.dumps(value, ensure_ascii=False))
    return value[:8] if value else "not known"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f", and {more} more" if more > 0 else "")


def _rules(jobs: Iterable[Why]) -> str:
    counts = Counter(job.planned.rule for job in jobs)
    return ", ".join(f"{rule} ×{n}" if n > 1 else rule for rule, n in counts.items())


def _count(jobs: Sequence[Why]) -> str:
    return "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
