"""Where a result came from: the chain of steps back to the raw inputs, from the records alone.

Every result carries the digests of what it was made from; the results that have these digests are
looked up in the same folder, and so on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from triptych.inspect.inventory import Result, inventory, with_changes
from triptych.runtime.layout import relative_to_here, scale_folder

NOT_READ = {"figures", "pages"}
"""What no later step reads."""

SHOWN = 2
"""Of the results that one step made, how many are named."""


@dataclass
class Node:
    """A result, with the nodes of what it was made from, by the name that the step knows them by.

    The path is None if nothing in the folder has the digest any more. The record is that of the run
    that made it; for a raw input, what was fetched from where.
    """

    digest: str
    path: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, list[Node]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the whole tree below this node as plain values."""
        return {
            "path": str(self.path) if self.path else None,
            "digest": self.digest,
            "record": self.record,
            "inputs": {k: [node.as_json() for node in v] for k, v in self.inputs.items()},
        }


def explain(path: Path) -> Node:
    """Return the chain behind a store, a weights file, a figure, or a JSON result.

    It is looked for in the scale's folder, the one with logs in it.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If it carries no record.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    result = Result(path)
    if "step" not in result.record and "files" not in result.record:
        raise ValueError(f"{path} carries no record of where it came from")
    folder = scale_folder(path.resolve()) or path.parent
    return _node(result.digest, result, _by_digest(folder), {})


def as_text(node: Node) -> str:
    """Return the chain for people: one paragraph for all results that one step made for another."""
    return "\n".join(_summary([node], "", set())) + "\n"


def as_full_text(node: Node) -> str:
    """Return all that the records tell: one result a paragraph, what it was made from indented."""
    return "\n".join(_lines(node, "", "", set())) + "\n"


def _by_digest(results: Path) -> dict[str, Result]:
    """Return the results that a step may have read, by digest; of equal ones the first by name.

    A test set and the same one asked for by its resolution are equal, say.
    """
    read = [result for result in inventory(results) if result.kind not in NOT_READ]
    return {result.digest: result for result in reversed(read)}


def _node(
    digest: str, result: Result | None, by_digest: Mapping[str, Result], nodes: dict[str, Node]
) -> Node:
    """Return the node of a digest with all behind it; ``nodes`` has those that there are."""
    if digest not in nodes:
        node = nodes[digest] = Node(digest, result.path, result.record) if result else Node(digest)
        for name, digests in result.inputs.items() if result else ():
            node.inputs[name] = [_node(d, by_digest.get(d), by_digest, nodes) for d in digests]
    return nodes[digest]


def _summary(nodes: list[Node], margin: str, seen: set[str]) -> Iterator[str]:
    """Say what nodes of one step are, and what they were made from; each node once."""
    step = _maker(nodes[0])
    fresh = [node for node in nodes if node.digest not in seen]
    number = f"{len(nodes)} × " if len(nodes) > 1 else ""
    if not fresh:
        yield f"{margin}{number}{step}, see above"
        return
    seen.update(node.digest for node in fresh)
    yield f"{margin}{number}{step}{_when(nodes)}"
    inner = margin + "   "
    paths = [relative_to_here(node.path) for node in nodes if node.path]
    yield from (f"{inner}{path}" for path in paths[:SHOWN])
    if len(paths) > SHOWN:
        yield f"{inner}and {len(paths) - SHOWN} more"
    behind: dict[str, dict[str, Node]] = {}
    for node in fresh:
        for below in chain.from_iterable(node.inputs.values()):
            behind.setdefault(_maker(below), {})[below.digest] = below
    for group in behind.values():
        yield from _summary(list(group.values()), inner, seen)


def _maker(node: Node) -> str:
    """Return the step that made a result, or the place that a raw input is from."""
    files = node.record.get("files", [])
    if files:
        names = ", ".join(file["name"] for file in files)
        return f"raw input: {names}, from {files[0]['kind']} {files[0]['address']}"
    return str(node.record.get("step", "a result that is no longer there"))


def _when(nodes: list[Node]) -> str:
    """Say when results were made, in how many seconds, with which commit."""
    records = [node.record for node in nodes if "step" in node.record]
    if not records:
        return ""
    created = sorted(str(record["created"])[:16].replace("T", " ") for record in records)
    days = created[0] if created[0] == created[-1] else f"{created[0]} to {created[-1]}"
    seconds = sum(float(record["wall_time_s"]) for record in records)
    commits = sorted({str(record["commit"])[:7] + with_changes(record) for record in records})
    return f" · {days} · {seconds:.0f} s · commit {', '.join(commits)}"


def _lines(node: Node, name: str, margin: str, seen: set[str]) -> Iterator[str]:
    where = str(node.path) if node.path else "no longer there"
    again = node.digest in seen
    seen.add(node.digest)
    label = f"{name}: " if name else ""
    yield f"{margin}{label}{where}  [{node.digest[:12]}]{'  (see above)' if again else ''}"
    if again:
        return
    inner = margin + "    "
    yield from (f"{inner}{line}" for line in _record_lines(node.record))
    for key, nodes in node.inputs.items():
        for number, behind in enumerate(nodes):
            label = f"{key}[{number}]" if len(nodes) > 1 else key
            yield from _lines(behind, label, inner, seen)


def _record_lines(record: Mapping[str, Any]) -> Iterator[str]:
    for file in record.get("files", []):
        where = f"{file['kind']} {file['address']}"
        yield f"raw input {file['name']}, {file['bytes']} bytes, {file['digest']}, from {where}"
    if "step" not in record:
        return
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    state = with_changes(record)
    yield f"{record['step']} (code {record['code'][:12]}, commit {record['commit'][:12]}{state})"
    yield f"{record['created']}, {record['wall_time_s']} s on {record['device']}; {versions}"
    if record.get("seed"):
        yield f"seeds {json.dumps(record['seed'])}"
    yield f"params {json.dumps(record['params'])}"
