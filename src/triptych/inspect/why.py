"""Why jobs would run: what differs from what their existing results were made with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.inspect.plan import PlannedJob
from triptych.runtime.canonical import read_mapping, to_json
from triptych.runtime.layout import job_file
from triptych.runtime.step import Job, all_paths, read_job
from triptych.runtime.store import content_digest
from triptych.runtime.tracking import code_files

SOURCE = Path("src")
"""Where the rules take the library from, below the folder that Snakemake runs in."""

MOST_LINES = 6
MOST_NAMES = 3
MOST_CHARACTERS = 70

Change = dict[str, Any]
"""One thing that is no longer what it was: its ``kind`` (``param``, ``code`` or ``input``), its
``name``, and what it was and is, ``old`` and ``new``: a parameter's value or a file's digest. One
of the two is left out where there is no such parameter or file."""


@dataclass(frozen=True)
class Why:
    """Why a planned job would run: outputs that are not there, and what differs for the others."""

    planned: PlannedJob
    missing: list[str]
    changes: list[Change]

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
            "changes": self.changes,
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
    missing = [path for path in planned.outputs if not Path(path).exists()]
    record = job_file(Path(planned.outputs[0]), ".json")
    # A record may outlive its results: it is of them only while there are some.
    if missing == planned.outputs or not record.exists():
        return Why(planned, missing, [])
    return Why(planned, missing, list(_changes(read_job(record), planned)))


def differences(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what differs between two mappings, name by name.

    Values are the same if their written form is: 1 is not 1.0, and not true.
    """
    for name in sorted({*old, *new}):
        if name not in old:
            yield {"kind": kind, "name": name, "new": new[name]}
        elif name not in new:
            yield {"kind": kind, "name": name, "old": old[name]}
        elif to_json(old[name]) != to_json(new[name]):
            yield {"kind": kind, "name": name, "old": old[name], "new": new[name]}


def by_dotted_name(value: Any, name: str = "") -> dict[str, Any]:
    """Return the parameters inside of one by their dotted names; items of lists count from 0."""
    if not isinstance(value, Mapping | list):
        return {name: value}
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    inside: dict[str, Any] = {}
    for key, item in items:
        inside |= by_dotted_name(item, f"{name}.{key}" if name else str(key))
    return inside if inside or not name else {name: value}


def as_text(jobs: Sequence[Why]) -> str:
    """Return the answer for people: one paragraph for all jobs with one cause."""
    if not jobs:
        return "Nothing would run: what there is was made with just these settings and sources.\n"
    following = [job for job in jobs if job.follows]
    of_one_cause: dict[tuple[str, ...], list[PlannedJob]] = {}
    for job in jobs:
        if not job.follows:
            of_one_cause.setdefault(tuple(_cause(job)), []).append(job.planned)
    paragraphs = [f"{_count(jobs)} would run."]
    for cause, planned in of_one_cause.items():
        makes = f"makes  {_some([job.outputs[0] for job in planned])}"
        paragraphs.append("\n    ".join([_rules(planned), makes, *cause]))
    if following:
        rules = _rules(job.planned for job in following)
        paragraphs.append(f"{_count(following)} only because of these: {rules}")
    return "\n\n".join(paragraphs) + "\n"


def _changes(old: Job, new: PlannedJob) -> Iterator[Change]:
    settings, code = new.params["settings"], new.params["code"]
    yield from differences("param", by_dotted_name(old.params), by_dotted_name(settings))
    if old.code != code:
        yield from _changed_code(old, code)
    recorded = dict(zip(all_paths(old.inputs), all_paths(old.digests), strict=True))
    # What is made before is not known yet: it is taken for what it was.
    present = {
        path: content_digest(Path(path))
        if path not in new.remade and Path(path).exists()
        else recorded.get(path)
        for path in new.inputs
    }
    yield from differences("input", recorded, present)


def _changed_code(old: Job, new: str) -> Iterator[Change]:
    script, record = Path(old.script), old.code_record
    if script.exists() and record.exists():
        return differences("code", read_mapping(record), code_files(script, SOURCE))
    name = f"{script} with all it imports"
    return differences("code", {name: old.code}, {name: new})


def _cause(job: Why) -> list[str]:
    """Return a line for each thing that differs; those beyond the first few are counted."""
    if job.missing == job.planned.outputs:
        return ["output not there yet"]
    lines = [f"output not there: {', '.join(job.missing)}"] if job.missing else []
    lines += map(_line, job.changes[:MOST_LINES])
    if len(job.changes) > MOST_LINES:
        lines.append(f"       and {len(job.changes) - MOST_LINES} more (--json says which)")
    return lines or [f"reason {_cut(job.planned.reason)}"]


def _line(change: Change) -> str:
    old, new = (_side(change, side) for side in ("old", "new"))
    return f"{change['kind']:6} {change['name']}: {old} → {new}"


def _side(change: Change, side: str) -> str:
    if side not in change:
        return "absent"
    if change["kind"] == "param":
        return _cut(json.dumps(change[side], ensure_ascii=False))
    return change[side][:8] if change[side] else "not known"


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f", and {more} more" if more > 0 else "")


def _rules(jobs: Iterable[PlannedJob]) -> str:
    counts = Counter(job.rule for job in jobs)
    return ", ".join(f"{rule} ×{n}" if n > 1 else rule for rule, n in counts.items())


def _count(jobs: Sequence[Why]) -> str:
    return "1 job" if len(jobs) == 1 else f"{len(jobs)} jobs"
