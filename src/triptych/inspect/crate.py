"""A scale's results as an RO-Crate: what there is, and which job made it from what.

The crate follows the Process Run Crate profile, with one ``CreateAction`` a job. All is read from
the records that results carry, so equal results give an equal crate. Beside it lies what Zenodo
asks of a deposit, from ``CITATION.cff``.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain
from mimetypes import MimeTypes
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

from triptych.config.papers import PAPERS
from triptych.inspect.inventory import Result, job_of, with_changes, with_lost
from triptych.inspect.published import archive_of, published, record_of
from triptych.raw.registry import REGISTRY, load_raw_inputs
from triptych.runtime.archive import entries_of, unpack
from triptych.runtime.canonical import digest, file_digest, to_json
from triptych.runtime.integrity import verify
from triptych.runtime.layout import CRATE_FILE, require_scale
from triptych.runtime.lock import LOCK, MARKER
from triptych.runtime.step import SOURCE
from triptych.runtime.store import PARTIAL, atomic, size_of

if TYPE_CHECKING:
    from rocrate.model import ContextEntity, DataEntity, Entity
    from rocrate.rocrate import ROCrate

VERSION = "1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
MIT = "https://spdx.org/licenses/MIT"
WORK, SOFTWARE, VALUE = "CreativeWork", "SoftwareApplication", "PropertyValue"

ZENODO_FILE = ".zenodo.json"
LEFT_OUT = {"checkpoints", "logs", LOCK, MARKER, CRATE_FILE, ZENODO_FILE}
"""Of an archive: what only a run needs, what names folders of its machine, what is written anew."""

TITLE = "Triptych, {scale} scale"
DESCRIPTION = (
    "Results of the Triptych workflow at {scale} scale: three papers of computational science, "
    "from raw inputs to every figure. An identifier is the digest of a result's content (values, "
    "names and attributes of a store or of weights, pixels of a figure), equal for every run that "
    "computed the same; sha256 is that of a file's bytes. Each job is an action, with the script "
    "that did it, its parameters, what it read and what it wrote."
)
LICENCE = (
    "What was computed is under the licence of the software, {software}. Where results hold what a "
    "raw input does, such as digits, or molecules with their labels, its terms hold: {terms}."
)
ZENODO_LICENCE = "other-nc"
"""Zenodo asks for one: SIDER's molecules and labels, in the stores of paper 3, are CC BY-NC-SA."""


def write_crate(results: Path) -> Path:
    """Make a scale's folder an RO-Crate, by two files at its root; return that which describes it.

    Nothing is copied.

    Raises
    ------
    ValueError
        As :func:`described`, or if it is no scale's folder, or one of numbers of record.
    """
    if _is_of_record(results):
        raise ValueError(f"{results} holds numbers of record: pack them with --zip FILE")
    require_scale(results)
    for name, content in _metadata(results):
        with atomic(results / name) as sibling:
            sibling.write_bytes(content)
    return results / CRATE_FILE


def write_zip(results: Path, archive: Path) -> None:
    """Pack a scale's folder as a zipped RO-Crate: everything but checkpoints and logs.

    Of a folder of numbers of record it packs the stores that these hold.

    Raises
    ------
    ValueError
        As :func:`write_crate`, if the archive would lie in what it packs, or if numbers of record
        are not what was published or have no stores.
    IsADirectoryError
        If the archive is a folder.
    """
    if archive.resolve().is_relative_to(results.resolve()):
        raise ValueError(f"{archive} would lie in what it packs: name a place outside {results}")
    with _unpacked(results) as folder:
        files = (
            (name, content)
            for name, content in entries_of(folder)
            if LEFT_OUT.isdisjoint(name.split("/")) and PARTIAL not in name
        )
        _zip(archive, chain(_metadata(folder), files))


def _zip(archive: Path, entries: Iterable[tuple[str, bytes]]) -> None:
    """Write what every system opens; equal entries make equal archives."""
    with atomic(archive) as sibling, ZipFile(sibling, "w", ZIP_DEFLATED) as packed:
        for name, content in entries:
            entry = ZipInfo(name)  # dated 1980, whenever it is written
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, content, ZIP_DEFLATED)


@contextmanager
def _unpacked(results: Path) -> Iterator[Path]:
    """Yield a scale's folder of results: this one, or what the archives of record in it hold."""
    scale, parent = results.resolve().name, results.resolve().parent
    if not _is_of_record(results):
        require_scale(results)
        yield results
        return
    records = published(scale, parent, with_stores=True)
    with TemporaryDirectory() as temporary:
        for paper, record in records.items():
            archive = archive_of(scale, paper, parent)
            unpack(archive, Path(temporary, scale), record.archive)
            shutil.copy(record_of(scale, paper, parent), Path(temporary, scale))
        yield Path(temporary, scale)


def _is_of_record(results: Path) -> bool:
    return any((results / f"{paper}.json").exists() for paper in PAPERS)


def described(results: Path) -> str:
    """Return the text of the file that describes a crate of these results.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    DamagedResult
        If a result is not what was written, or is gone.
    ValueError
        If nothing in it carries the record of a job.
    """
    graph = _crate(results).metadata.generate()
    return json.dumps(graph, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def licences() -> str:
    """Say under which terms results are: the software's, and those of each raw input."""
    inputs = load_raw_inputs(SOURCE.parent / REGISTRY)
    terms = "; ".join(f"{name}, {entry.licence.strip()}" for name, entry in inputs.items())
    return LICENCE.format(software=_citation()["license"], terms=terms)


def _citation() -> dict[str, Any]:
    cited: dict[str, Any] = yaml.safe_load((SOURCE.parent / "CITATION.cff").read_text())
    return cited


def deposit(scale: str) -> str:
    """Return the text of the file that tells Zenodo of a deposit, by ``CITATION.cff``."""
    cited = _citation()
    fields = {
        "title": TITLE.format(scale=scale),
        "upload_type": "dataset",
        "description": DESCRIPTION.format(scale=scale),
        "creators": [
            {"name": author.get("name") or "{family-names}, {given-names}".format(**author)}
            for author in cited["authors"]
        ],
        "license": ZENODO_LICENCE,
        "notes": licences(),
        "version": cited["version"],
        "related_identifiers": [
            {"identifier": f"arXiv:{paper.arxiv}", "relation": "references"}
            for paper in PAPERS.values()
        ],
    }
    return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"


def _metadata(results: Path) -> list[tuple[str, bytes]]:
    """Return the files that describe a deposit, by their names."""
    zenodo = deposit(results.resolve().name)
    return [(CRATE_FILE, described(results).encode()), (ZENODO_FILE, zenodo.encode())]


def _crate(results: Path) -> ROCrate:
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(CONTEXT)
    by_digest: dict[str, DataEntity] = {}
    jobs: dict[str, dict[Result, DataEntity]] = {}
    for result in with_lost(results):
        verify(result.path)
        entity = _add_result(crate, results, result)
        by_digest.setdefault(result.digest, entity)  # of equal results the first, as `explain` says
        if "step" in result.record:
            jobs.setdefault(job_of(result.record), {})[result] = entity
    if not jobs:
        raise ValueError(f"{results} holds no result of a job: name the folder of a scale that ran")
    actions = [_add_action(crate, job, made, by_digest) for job, made in sorted(jobs.items())]
    last = max(result.record["created"] for made in jobs.values() for result in made)
    _describe_root(crate, results.resolve().name, last, actions)
    return crate


def _describe_root(crate: ROCrate, scale: str, last: str, actions: list[Entity]) -> None:
    crate.name = TITLE.format(scale=scale)
    crate.description = DESCRIPTION.format(scale=scale)
    crate.datePublished = last
    crate.license = _add(crate, "#licences", WORK, name="Licences", description=licences())
    profile = _add(crate, PROFILE, WORK, name="Process Run Crate", version="0.5")
    crate.root_dataset["conformsTo"] = profile
    crate.root_dataset["citation"] = [
        _add(
            crate,
            f"https://arxiv.org/abs/{paper.arxiv}",
            "ScholarlyArticle",
            name=paper.title,
            identifier=f"arXiv:{paper.arxiv}",
        )
        for paper in PAPERS.values()
    ]
    crate.root_dataset["mentions"] = actions


def _add(crate: ROCrate, identifier: str, kind: str, /, **properties: Any) -> ContextEntity:
    """Add what is no file; an equal one that is there already is replaced."""
    from rocrate.model import ContextEntity

    return crate.add(ContextEntity(crate, identifier, {"@type": kind, **properties}))


def _add_result(crate: ROCrate, results: Path, result: Result) -> DataEntity:
    """Add a folder or a file, with its digests, size and format."""
    path, name = result.path, result.path.relative_to(results).as_posix()
    properties = {"name": name, "contentSize": str(size_of(path))}
    if path.is_file():
        # What this system knows of formats beyond Python's own list is left aside.
        format_of, _ = MimeTypes(()).guess_type(name)
        properties["encodingFormat"] = format_of or "application/octet-stream"
        properties["sha256"] = file_digest(path)
    elif "files" in result.record:
        properties |= _raw(result.record)
    properties["identifier"] = _add_content(crate, result.digest)
    add = crate.add_dataset if path.is_dir() else crate.add_file
    return add(dest_path=name, properties=properties)


def _raw(record: Mapping[str, Any]) -> dict[str, str]:
    """Say what a raw input is, where its files are from, and its licence, as it was fetched."""
    form = "{name} ({digest}) from {kind} {address}"
    sources = "; ".join(form.format(**file) for file in record["files"])
    description = ". ".join(filter(None, [record.get("description"), sources]))
    terms = {"license": record.get("licence"), "citation": record.get("citation")}
    return {"description": description, **{name: text for name, text in terms.items() if text}}


def _add_action(
    crate: ROCrate,
    job: str,
    made: Mapping[Result, DataEntity],
    by_digest: Mapping[str, DataEntity],
) -> ContextEntity:
    """Add one job: script, parameters and inputs, and what came out when."""
    last = max(made, key=lambda result: result.record["created"])
    record = last.record
    inputs = [
        by_digest.get(content) or _add_content(crate, content, name=f"{name}: not in this crate")
        for name, contents in last.inputs.items()
        for content in contents
    ]
    params = _add(
        crate,
        f"#params-{digest(record['params'])[:16]}",
        VALUE,
        name="params",
        value=to_json(record["params"]),
    )
    outputs = ", ".join(entity.id for entity in made.values())
    seconds = max(float(result.record["wall_time_s"]) for result in made)
    return crate.add_action(
        _add_script(crate, record),
        identifier=f"#job-{job}",
        object=[*{entity.id: entity for entity in inputs}.values(), params],
        result=list(made.values()),
        properties={
            "name": f"{record['step']} makes {outputs}",
            "description": f"{seconds:.1f} s on {record['device']}",
            "startTime": f"{min(map(_start, made)):%Y-%m-%dT%H:%M:%SZ}",
            "endTime": record["created"],
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
        },
    )


def _start(result: Result) -> datetime:
    """Return when the job began that made a result."""
    took = timedelta(seconds=float(result.record["wall_time_s"]))
    return datetime.fromisoformat(result.record["created"]) - took


def _add_script(crate: ROCrate, record: Mapping[str, Any]) -> ContextEntity:
    """Add a script in the state that a job ran it in."""
    state = {name: record[name] for name in ("step", "code", "commit", "versions")}
    changes = with_changes(record)
    libraries = [
        _add(crate, f"#{name}-{version}", SOFTWARE, name=name, version=version)
        for name, version in record["versions"].items()
    ]
    return _add(
        crate,
        f"#{record['step']}-{digest([state, bool(changes)])[:16]}",
        SOFTWARE,
        name=record["step"],
        version=record["commit"] + changes,
        identifier=f"code digest {record['code']}",
        softwareRequirements=libraries,
        license=_add(crate, MIT, WORK, name="MIT License"),
    )


def _add_content(crate: ROCrate, content: str, **name: str) -> ContextEntity:
    """Add a content digest; one of an input that is no result here has a name that says so."""
    kind = "content digest (SHA-256)"
    return _add(crate, f"#content-{content}", VALUE, propertyID=kind, value=content, **name)
