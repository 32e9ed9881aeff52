"""A scale's results as an RO-Crate: what there is, and which job made it from what.

The crate follows the Process Run Crate profile, with one ``CreateAction`` a job. All is read from
the records that results carry, so equal results give an equal crate.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from triptych.config.papers import PAPERS
from triptych.inspect.explain import record_of
from triptych.runtime.canonical import digest, file_digest, to_json
from triptych.runtime.results import CRATE_FILE, contents, size_of
from triptych.runtime.store import DIGEST, atomic, content_digest

if TYPE_CHECKING:
    from rocrate.model import ContextEntity, Entity
    from rocrate.rocrate import ROCrate

VERSION = "1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"
MIT = "https://spdx.org/licenses/MIT"

FORMATS = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".zarr": "application/vnd+zarr",
    ".zip": "application/zip",
}
"""Media types by the end of a name; all else is plain bytes."""

DESCRIPTION = (
    "Results of the Triptych workflow at {scale} scale: three papers of computational science, "
    "from raw inputs to every figure. An identifier is the digest of a result's content (values, "
    "names and attributes of a store or of weights, pixels of a figure), equal for every run that "
    "computed the same; sha256 is that of a file's bytes. Each job is an action, with the script "
    "that did it, its parameters, what it read and what it wrote."
)
LICENCE = (
    "No licence is stated for the results as such. The software that made them is under the MIT "
    "licence; each raw input keeps its own, named with it."
)


@dataclass(frozen=True)
class Result:
    """A result with its record, its content's digest and what stands for it in the crate."""

    path: Path
    record: Mapping[str, Any]
    digest: str
    entity: Entity


def write_crate(results: Path) -> Path:
    """Make a scale's folder an RO-Crate, by one file at its root; nothing is copied.

    Returns
    -------
    Path
        The file that describes the crate.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    ValueError
        If nothing in it carries the record of a job.
    """
    path = results / CRATE_FILE
    text = described(results)
    with atomic(path) as sibling:
        sibling.write_text(text, encoding="utf-8")
    return path


def write_archive(results: Path, archive: Path) -> None:
    """Pack a scale's folder as a zipped RO-Crate: everything but checkpoints.

    Entries are sorted and have no times of their own, so equal files give an equal archive.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    ValueError
        If nothing in it carries the record of a job, or if the archive would lie in it.
    """
    if archive.resolve().is_relative_to(results.resolve()):
        raise ValueError(f"{archive} would lie in what it packs: name a place outside {results}")
    text = described(results)
    with atomic(archive) as sibling, ZipFile(sibling, "w", ZIP_DEFLATED) as packed:
        packed.writestr(_entry(CRATE_FILE), text)
        for path in _packed(results):
            entry = _entry(path.relative_to(results).as_posix())
            entry.file_size = path.stat().st_size  # says early whether it needs the large format
            with path.open("rb") as source, packed.open(entry, "w") as target:
                shutil.copyfileobj(source, target)


def described(results: Path) -> str:
    """Return the text of the file that describes a crate of these results."""
    held = crate_of(results).metadata.generate()
    return json.dumps(held, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def crate_of(results: Path) -> ROCrate:
    """Return the crate of a scale's results, not yet written anywhere.

    Parameters
    ----------
    results
        The scale's folder: ``results/<scale>``.

    Raises
    ------
    OSError
        If ``results`` is not a folder.
    ValueError
        If nothing in it carries the record of a job.
    """
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(CONTEXT)
    held = [_result(crate, results, path) for path in contents(results)]
    jobs: dict[str, list[Result]] = {}
    for result in held:
        if "step" in result.record:
            jobs.setdefault(_job(result.record), []).append(result)
    if not jobs:
        raise ValueError(f"{results} holds no result of a job: name the folder of a scale that ran")
    by_digest = {result.digest: result.entity for result in held}
    actions = [_action(crate, key, made, by_digest) for key, made in sorted(jobs.items())]
    last = max(result.record["created"] for made in jobs.values() for result in made)
    _describe_root(crate, results.resolve().name, last, actions)
    return crate


def _describe_root(crate: ROCrate, scale: str, last: str, actions: list[Entity]) -> None:
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    licence = {"@type": "CreativeWork", "name": "Licences", "description": LICENCE}
    about = {
        "name": f"Triptych, {scale} scale",
        "description": DESCRIPTION.format(scale=scale),
        "datePublished": last,
        "license": _once(crate, "#licences", licence),
        "conformsTo": _once(crate, PROFILE, profile),
        "citation": [_article(crate, paper.title, paper.arxiv) for paper in PAPERS.values()],
        "mentions": actions,
    }
    for name, value in about.items():
        crate.root_dataset[name] = value


def _result(crate: ROCrate, results: Path, path: Path) -> Result:
    """Add what stands for a result: a folder or a file, with its digests, size and format."""
    record, place = record_of(path), path.relative_to(results).as_posix()
    about = {"name": place, "contentSize": str(size_of(path))}
    if path.is_dir():
        content = record.get(DIGEST) or content_digest(path)
        about |= _raw(path, record) if "files" in record else {}
        about |= {"encodingFormat": FORMATS[".zarr"]} if path.suffix == ".zarr" else {}
        add = crate.add_dataset
    else:
        about["sha256"] = file_digest(path)
        about["encodingFormat"] = FORMATS.get(path.suffix, "application/octet-stream")
        content = record.get(DIGEST) or about["sha256"]
        add = crate.add_file
    about["identifier"] = _content(crate, content)
    return Result(path, record, content, add(dest_path=place, properties=about))


def _raw(folder: Path, record: Mapping[str, Any]) -> dict[str, str]:
    """Say where a raw input's files are from, and its licence as the job that fetched it had it."""
    files = [
        f"{file['name']} ({file['digest']}) from {file['kind']} {file['address']}"
        for file in record["files"]
    ]
    job = folder.parent / "jobs" / f"{folder.name}.json"
    entry = json.loads(job.read_text())["params"]["entry"] if job.exists() else {}
    told = {"license": entry.get("licence"), "citation": entry.get("citation")}
    about = ". ".join(filter(None, [entry.get("description"), "; ".join(files)]))
    return {"description": about, **{name: text for name, text in told.items() if text}}


def _action(
    crate: ROCrate, key: str, made: Sequence[Result], by_digest: Mapping[str, Entity]
) -> Entity:
    """Add one job: script, parameters and inputs, and what came out when."""
    ends = [datetime.fromisoformat(result.record["created"]) for result in made]
    took = [timedelta(seconds=float(result.record["wall_time_s"])) for result in made]
    record = made[ends.index(max(ends))].record
    read = [by_digest.get(one) or _gone(crate, name, one) for name, one in _inputs(record)]
    places = ", ".join(result.entity.id for result in made)
    about = {
        "@type": "CreateAction",
        "name": f"{record['step']} makes {places}",
        "description": f"{max(took).total_seconds():.1f} s on {record['device']}",
        "instrument": _script(crate, record),
        "object": [*{entity.id: entity for entity in read}.values(), _params(crate, record)],
        "result": [result.entity for result in made],
        "startTime": _time(min(end - time for end, time in zip(ends, took, strict=True))),
        "endTime": _time(max(ends)),
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }
    return _once(crate, f"#job-{key}", about)


def _script(crate: ROCrate, record: Mapping[str, Any]) -> Entity:
    """Add a script in the state that a job ran it in."""
    state = {name: record[name] for name in ("step", "code", "commit", "versions")}
    changed = str(record["dirty"]) == "True"
    about = {
        "@type": "SoftwareApplication",
        "name": record["step"],
        "version": record["commit"] + (" with changes" if changed else ""),
        "identifier": f"code digest {record['code']}",
        "softwareRequirements": [_library(crate, *one) for one in record["versions"].items()],
        "license": _once(crate, MIT, {"@type": "CreativeWork", "name": "MIT License"}),
    }
    return _once(crate, f"#{record['step']}-{digest([state, changed])[:16]}", about)


def _library(crate: ROCrate, name: str, version: str) -> Entity:
    about = {"@type": "SoftwareApplication", "name": name, "version": version}
    return _once(crate, f"#{name}-{version}", about)


def _params(crate: ROCrate, record: Mapping[str, Any]) -> Entity:
    about = {"@type": "PropertyValue", "name": "params", "value": to_json(record["params"])}
    return _once(crate, f"#params-{digest(record['params'])[:16]}", about)


def _content(crate: ROCrate, content: str) -> Entity:
    about = {"@type": "PropertyValue", "propertyID": "content digest (SHA-256)", "value": content}
    return _once(crate, f"#content-{content}", about)


def _gone(crate: ROCrate, name: str, content: str) -> Entity:
    """Add an input that is none of the results: of the project, of the user, or no longer there."""
    entity = _content(crate, content)
    entity["name"] = f"{name}: not in this crate"
    return entity


def _article(crate: ROCrate, title: str, arxiv: str) -> Entity:
    about = {"@type": "ScholarlyArticle", "name": title, "identifier": f"arXiv:{arxiv}"}
    return _once(crate, f"https://arxiv.org/abs/{arxiv}", about)


def _once(crate: ROCrate, identifier: str, about: Mapping[str, Any]) -> ContextEntity:
    """Return the entity of this name, added if it is not there yet."""
    from rocrate.model import ContextEntity

    return crate.get(identifier) or crate.add(ContextEntity(crate, identifier, about))


def _job(record: Mapping[str, Any]) -> str:
    """Return what tells one job from another; all that a job wrote has it in common."""
    return digest([record[name] for name in ("step", "params", "code", "inputs")])[:16]


def _inputs(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in record["inputs"].items():
        yield from ((name, one) for one in (value if isinstance(value, list) else [value]))


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _packed(results: Path) -> list[Path]:
    """Return the files that go into an archive, without those that only a running job needs."""
    files = (path for path in results.rglob("*") if path.is_file())
    return sorted(
        path
        for path in files
        if "checkpoints" not in path.relative_to(results).parts
        and path.name not in (CRATE_FILE, ".snakemake_timestamp")
        and ".partial-" not in str(path.relative_to(results))
    )


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name)  # dated 1980, whenever it is written
    entry.compress_type, entry.external_attr = ZIP_DEFLATED, 0o644 << 16
    return entry
