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

from triptych.runtime.places import below_here, scale_folder
from triptych.runtime.provenance import RECORD_FIELDS
from triptych.runtime.results import contents
from triptych.runtime.store import DIGEST, RECORD_FILE, content_digest, weights_record

COMPOUND = ("params", "inputs", "seed", "versions")
"""Fields that are kept as JSON text."""

READ = {".safetensors", ".json"}
"""Files, beside stores and other folders, that a later step may read."""

SHOWN = 2
"""Of the results that one step made, how many are named."""


@dataclass
class Node:
    """A result, with the nodes of what it was made from.

    Attributes
    ----------
    path
        Where it lies; None if nothing in the folder has its digest any more.
    digest
        Of its content.
    record
        Of the run that made it; for a raw input, what was fetched from where.
    inputs
        Nodes by the name that the step knows them by.
    """

    path: Path | None
    digest: str
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


def explain(path: Path, results: Path | None = None) -> Node:
    """Return the chain behind a result.

    Parameters
    ----------
    path
        A store, a weights file, a figure, or a JSON result.
    results
        The folder to look in; by default the scale's, found from the logs beside the results.

    Raises
    ------
    FileNotFoundError
        If there is nothing at ``path``.
    ValueError
        If it carries no record.
    """
    if not path.exists():
        raise FileNotFoundError(f"there is no {path}")
    record = record_of(path)
    if "step" not in record and "files" not in record:
        raise ValueError(f"{path} carries no record of where it came from")
    places = places_by_digest(results or scale_folder(path.resolve()) or path.parent)
    return _node(path, str(record.pop(DIGEST, "")) or content_digest(path), record, places, {})


def record_of(path: Path) -> dict[str, Any]:
    """Return the record that a result carries, compound values as such; empty if it has none."""
    if path.suffix == ".zarr":
        held: Mapping[str, Any] = json.loads((path / ".zattrs").read_text())
    elif path.suffix == ".safetensors":
        held = weights_record(path)
    elif path.suffix in (".pdf", ".png"):
        held = _figure_record(path)
    elif (path / RECORD_FILE).exists():
        held = json.loads((path / RECORD_FILE).read_text())
    elif path.is_dir():  # a raw input's files: what was fetched is told beside them
        beside = path.with_name(f"{path.name}.json")
        return dict(json.loads(beside.read_text())) if beside.exists() else {}
    elif path.suffix == ".json":
        values = json.loads(path.read_text())
        held = values.get("record", {}) if isinstance(values, dict) else {}
    else:
        held = {}
    kept = {key: held[key] for key in (*RECORD_FIELDS, DIGEST) if key in held}
    return {
        k: json.loads(v) if k in COMPOUND and isinstance(v, str) else v for k, v in kept.items()
    }


def places_by_digest(results: Path) -> dict[str, Path]:
    """Return where in a scale's folder each content lies; of equal ones the first by name.

    A test set and the same one asked for by its resolution are equal, say.
    """
    held = [path for path in contents(results) if path.is_dir() or path.suffix in READ]
    return {content_digest(path): path for path in reversed(held)}


def as_text(node: Node) -> str:
    """Return the chain for people: one paragraph for all results that one step made for another."""
    return "\n".join(_summary([node], "", set())) + "\n"


def as_full_text(node: Node) -> str:
    """Return all that the records tell: one result a paragraph, what it was made from indented."""
    return "\n".join(_lines(node, "", "", set())) + "\n"


def _node(
    path: Path | None,
    digest: str,
    record: dict[str, Any],
    places: Mapping[str, Path],
    known: dict[str, Node],
) -> Node:
    if digest in known:
        return known[digest]
    node = known[digest] = Node(path, digest, record)
    for name, value in record.get("inputs", {}).items():
        digests = value if isinstance(value, list) else [value]
        node.inputs[name] = [_behind(one, places, known) for one in digests]
    return node


def _behind(digest: str, places: Mapping[str, Path], known: dict[str, Node]) -> Node:
    path = places.get(digest)
    record = record_of(path) if path else {}
    record.pop(DIGEST, None)
    return _node(path, digest, record, places, known)


def _figure_record(path: Path) -> dict[str, Any]:
    from triptych.figures.save import read_record

    try:
        return read_record(path)
    except ValueError:
        return {}


def _summary(nodes: list[Node], margin: str, known: set[str]) -> Iterator[str]:
    """Say what nodes of one step are, and what they were made from; each node once."""
    step = _maker(nodes[0])
    fresh = [node for node in nodes if node.digest not in known]
    number = f"{len(nodes)} × " if len(nodes) > 1 else ""
    if not fresh:
        yield f"{margin}{number}{step}, see above"
        return
    known.update(node.digest for node in fresh)
    yield f"{margin}{number}{step}{_when(nodes)}"
    inner = margin + "   "
    places = [below_here(node.path) for node in nodes if node.path]
    yield from (f"{inner}{place}" for place in places[:SHOWN])
    if len(places) > SHOWN:
        yield f"{inner}and {len(places) - SHOWN} more"
    behind: dict[str, dict[str, Node]] = {}
    for node in fresh:
        for below in chain.from_iterable(node.inputs.values()):
            behind.setdefault(_maker(below), {})[below.digest] = below
    for group in behind.values():
        yield from _summary(list(group.values()), inner, known)


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
    commits = sorted({str(record["commit"])[:7] + _changed(record) for record in records})
    return f" · {days} · {seconds:.0f} s · commit {', '.join(commits)}"


def _changed(record: Mapping[str, Any]) -> str:
    return " with changes" if str(record["dirty"]) == "True" else ""


def _lines(node: Node, name: str, margin: str, told: set[str]) -> Iterator[str]:
    where = str(node.path) if node.path else "no longer there"
    again = node.digest in told
    told.add(node.digest)
    label = f"{name}: " if name else ""
    yield f"{margin}{label}{where}  [{node.digest[:12]}]{'  (see above)' if again else ''}"
    if again:
        return
    inner = margin + "    "
    yield from (f"{inner}{line}" for line in _about(node.record))
    for key, nodes in node.inputs.items():
        for number, behind in enumerate(nodes):
            label = f"{key}[{number}]" if len(nodes) > 1 else key
            yield from _lines(behind, label, inner, told)


def _about(record: Mapping[str, Any]) -> Iterator[str]:
    for file in record.get("files", []):
        where = f"{file['kind']} {file['address']}"
        yield f"raw input {file['name']}, {file['bytes']} bytes, {file['digest']}, from {where}"
    if "step" not in record:
        return
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    state = _changed(record)
    yield f"{record['step']} (code {record['code'][:12]}, commit {record['commit'][:12]}{state})"
    yield f"{record['created']}, {record['wall_time_s']} s on {record['device']}; {versions}"
    if record.get("seed"):
        yield f"seeds {json.dumps(record['seed'])}"
    yield f"params {json.dumps(record['params'])}"
