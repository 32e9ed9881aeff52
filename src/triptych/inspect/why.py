"""Why jobs would run: what differs from what their existing results were made with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triptych.inspect.changes import ABSENT, Change, changed_files, changed_params
from triptych.inspect.plan import PlannedJob
from triptych.runtime.step import Job, all_paths
from triptych.runtime.store import content_digest
from triptych.runtime.tracking import code_files

SOURCE = Path("src")
"""Where the rules take the library from, below the folder that Snakemake runs in."""

MOST_LINES = 4
MOST_NAMES = 3
MOST_CHARACTERS = 60


@dataclass(frozen=True)
class Why:
    """Why one job would run.

    Attributes
    ----------
    planned
        The job.
    missing
        Its outputs that are not there.
    changes
        What differs from what the existing outputs were made with.
    """

    planned: PlannedJob
    missing: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def outputs(self) -> list[str]:
        """Return the files it makes."""
        return all_paths(self.planned.job.outputs)

    @property
    def follows(self) -> bool:
        """Whether it would run only because an earlier job does."""
        return bool(self.planned.remade) and not self.missing and not self.changes

    def as_json(self) -> dict[str, Any]:
        """Return all that is known, as plain values."""
        return {
            "rule": self.planned.rule,
            "outputs": self.outputs,
            "missing": list(self.missing),
            "changes": [change.as_json() for change in self.changes],
            "remade": dict(self.planned.remade),
            "reasons": list(self.planned.reasons),
        }


def why(plan: Iterable[PlannedJob]) -> list[Why]:
    """Compare every job of a plan with the record of the one that made the existing result.

    Raises
    ------
    OSError, ValueError
        If a record or an input cannot be read.
    """
    return [_why(planned) for planned in plan]


def as_json(found: Sequence[Why]) -> dict[str, Any]:
    """Return the answer for machines."""
    return {"jobs": [one.as_json() for one in found]}


def as_text(found: Sequence[Why]) -> str:
    """Return the answer for people: jobs with one cause are told together."""
    if not found:
        return "Nothing would run: what there is was made with just these settings and sources.\n"
    groups: dict[tuple[str, ...], list[Why]] = {}
    for one in found:
        if not one.follows:
            groups.setdefault(_cause(one), []).append(one)
    parts = [f"{_jobs(len(found))} would run.", *map(_told, groups.values())]
    following = [one for one in found if one.follows]
    if following:
        parts.append(f"{_jobs(len(following))} only because of these: {_rules(following)}")
    return "\n\n".join(parts) + "\n"


def _why(planned: PlannedJob) -> Why:
    outputs = all_paths(planned.job.outputs)
    missing = tuple(path for path in outputs if not Path(path).exists())
    # A record may outlive its results: it is of them only while there are some.
    compared = len(missing) < len(outputs) and planned.job.record.exists()
    return Why(planned, missing, tuple(_changes(planned)) if compared else ())


def _changes(planned: PlannedJob) -> Iterator[Change]:
    new = planned.job
    old = Job(**json.loads(new.record.read_text()))
    yield from changed_params(old.params, new.params)
    if old.code != new.code:
        yield from _changed_code(old, new)
    yield from changed_files("input", _recorded_digests(old), _present_digests(planned))


def _changed_code(old: Job, new: Job) -> Iterator[Change]:
    if not old.code_record.exists():
        return iter([Change("code", f"{new.script} with all it imports", old.code, new.code)])
    files = code_files(Path(new.script), SOURCE)
    return changed_files("code", json.loads(old.code_record.read_text()), files)


def _recorded_digests(old: Job) -> dict[str, str | None]:
    paths, digests = all_paths(old.inputs), all_paths(old.digests)
    # A record of before digests were kept has none.
    return dict(zip(paths, digests, strict=True)) if digests else dict.fromkeys(paths)


def _present_digests(planned: PlannedJob) -> dict[str, str | None]:
    """Return the digests of a job's inputs as they lie there; None of those to be made first."""
    remade = dict(planned.remade)
    paths = all_paths(planned.job.inputs)
    lying = {path for path in paths if path not in remade and Path(path).exists()}
    return {path: content_digest(Path(path)) if path in lying else None for path in paths}


def _cause(one: Why) -> tuple[str, ...]:
    """Return what jobs told together share: all that differs but, within a rule, inputs' paths."""
    own_inputs = any(change.kind == "input" for change in one.changes)
    return (one.planned.rule if own_inputs else "", *_lines(one, whole=False))


def _told(group: Sequence[Why]) -> str:
    """Return the paragraph of jobs with one cause."""
    whole = {tuple(_lines(one, whole=True)) for one in group}
    lines = whole.pop() if len(whole) == 1 else tuple(_lines(group[0], whole=False))
    lines = (f"makes  {_some([one.outputs[0] for one in group])}", *lines)
    makers = {rule: None for one in group for _, rule in one.planned.remade}
    if makers and not group[0].missing:
        lines = (*lines, f"input  some are made before by {_some(list(makers))}")
    return "\n    ".join([_rules(group), *lines])


def _lines(one: Why, whole: bool) -> list[str]:
    """Return a line for each thing that differs; if not ``whole``, one for all inputs."""
    lines = list(_of_outputs(one))
    for kind in ("param", "code", "input"):
        changes = [change for change in one.changes if change.kind == kind]
        if kind == "input" and changes and not whole:
            lines.append(f"input  {len(changes)} changed (--json says which)")
        else:
            lines += map(_line, changes[:MOST_LINES])
            more = len(changes) - MOST_LINES
            lines += [f"       and {more} more"] if more > 0 else []
    return lines or [f"reason {reason}" for reason in one.planned.reasons]


def _of_outputs(one: Why) -> Iterator[str]:
    if len(one.missing) == len(one.outputs):
        yield "output not there yet"
    elif one.missing:
        yield f"output not there: {', '.join(one.missing)}"


def _line(change: Change) -> str:
    if change.kind == "param":
        old, new = _value(change.old), _value(change.new)
    else:
        old = _digest(change.old, "not recorded")
        new = _digest(change.new, "not made yet")
    return f"{change.kind:6} {change.name}: {old} → {new}"


def _value(value: Any) -> str:
    text = "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"


def _digest(value: Any, unknown: str) -> str:
    if value is ABSENT:
        return "absent"
    return value[:8] if value else unknown


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f", and {more} more" if more > 0 else "")


def _rules(found: Iterable[Why]) -> str:
    counts = Counter(one.planned.rule for one in found)
    return ", ".join(f"{rule} ×{n}" if n > 1 else rule for rule, n in counts.items())


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
