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
        """Return this node and all behind it as plain values, each result once, by its digest."""
        results: dict[str, Any] = {}
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if node.digest in results:
                continue
            results[node.digest] = {
                "path": str(node.path) if node.path else None,
                "record": node.record,
                "inputs": {k: [below.digest for below in v] for k, v in node.inputs.items()},
            }
            waiting += chain.from_iterable(node.inputs.values())
        return {"result": self.digest, "results": results}


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


def as_text(node: Node, full: bool = False) -> str:
    """Return the chain for people: one paragraph for all results that one step made for another.

    In ``full`` a paragraph for each result, with all that its record tells.
    """
    return "\n".join(_paragraph([node], "", "", set(), full)) + "\n"


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


def _paragraph(
    nodes: list[Node], label: str, margin: str, seen: set[str], full: bool
) -> Iterator[str]:
    """Say what nodes of one step are, and what they were made from; each node once."""
    number = f"{len(nodes)} × " if len(nodes) > 1 else ""
    head = f"{margin}{label}{number}{_maker(nodes[0])}"
    fresh = [node for node in nodes if node.digest not in seen]
    if not fresh:
        yield f"{head}, see above"
        return
    seen.update(node.digest for node in fresh)
    yield f"{head}{_when(nodes)}"
    inner = margin + "   "
    paths = [relative_to_here(node.path) for node in nodes if node.path]
    yield from (f"{inner}{path}" for path in paths[:SHOWN])
    if len(paths) > SHOWN:
        yield f"{inner}and {len(paths) - SHOWN} more"
    if full:
        yield from (f"{inner}{line}" for line in _details(nodes[0]))
    behind: dict[str, dict[str, Node]] = {}
    for node in fresh:
        for name, made_from in node.inputs.items():
            for below in made_from:
                key = f"{name} {below.digest}" if full else _maker(below)
                behind.setdefault(key, {})[below.digest] = below
    for key, group in behind.items():
        label = f"{key.split()[0]}: " if full else ""
        yield from _paragraph(list(group.values()), label, inner, seen, full)


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


def _details(node: Node) -> Iterator[str]:
    record = node.record
    yield f"digest {node.digest}"
    for file in record.get("files", []):
        yield f"{file['name']}, {file['bytes']} bytes, {file['digest']}"
    if "step" in record:
        versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
        yield f"code {record['code']}, commit {record['commit']}"
        yield f"{record['created']}, on {record['device']}; {versions}"
        yield f"seeds {json.dumps(record['seed'])}"
        yield f"params {json.dumps(record['params'])}"
