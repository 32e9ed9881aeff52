"""Publishing a finished run: the stores behind its figures become numbers of record."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from typing import Any

from triptych.inspect.inventory import Result, with_changes
from triptych.inspect.plan import PlannedJob, plan
from triptych.inspect.reference import FOLDER, Inputs, Record, archive_of
from triptych.inspect.why import as_text, why
from triptych.runtime.archive import entries_of, pack
from triptych.runtime.canonical import file_digest
from triptych.runtime.integrity import verify
from triptych.runtime.layout import job_file, relative_to_here, settings_of
from triptych.runtime.provenance import git_state
from triptych.runtime.step import all_paths
from triptych.runtime.store import atomic, content_digest, size_of

LIMIT_MB = 20
"""Most that all numbers of record take, in 10⁶ bytes: every clone has them."""


def publish(results: Path, papers: Sequence[str], folder: Path = FOLDER) -> list[Path]:
    """Write the numbers of record of papers from a scale's results; return their records.

    Nothing is written before all papers are found to be finished, with the settings and sources of
    this checkout, and of one commit.

    Raises
    ------
    DamagedResult
        If a store is not what was written.
    ValueError
        If sources are changed, a job is missing or was another, results are of several commits, or
        there is more than ``LIMIT_MB``.
    """
    if git_state()["dirty"]:
        raise ValueError("sources are changed: commit first, for a record names its commit")
    results = relative_to_here(results)
    jobs = {paper: _finished(results, paper) for paper in papers}
    records = [_record(results, paper, jobs[paper]) for paper in papers]
    return [_write(results, record, folder) for record in records]


def _finished(results: Path, paper: str) -> list[PlannedJob]:
    """Return every job behind a paper's report, which shows its figures and claims."""
    jobs = plan([f"{results}/reports/{paper}.html"], *settings_of(results), every=True)
    # Each job's record is compared as if it alone were to run.
    compared = [why(replace(job, remade={})) for job in jobs]
    others = [job for job in compared if job.missing or job.changes]
    if others:
        raise ValueError(
            f"{results} is no finished run of {paper} with these settings and sources.\n"
            + as_text(others)
        )
    return jobs


def _record(results: Path, paper: str, jobs: Sequence[PlannedJob]) -> Record:
    outputs = [Result(Path(path)) for job in jobs for path in job.outputs]
    runs = {result: result.record for result in outputs if "commit" in result.record}
    changed = [str(result.path) for result, run in runs.items() if with_changes(run)]
    if changed:
        raise ValueError(
            f"{changed[0]} was made from changed sources, and so were {len(changed) - 1} more: "
            "run them from a commit"
        )
    figures = {
        Path(job.outputs[0]).stem: {
            "inputs": _below(results, _job(job)["inputs"]),
            "params": _job(job)["params"],
        }
        for job in jobs
        if job.rule == "figure"
    }
    (measured,) = (_job(job)["inputs"] for job in jobs if job.rule == "measure")
    (notebook,) = (_job(job)["inputs"] for job in jobs if job.rule == "notebook")
    read = [*(figure["inputs"] for figure in figures.values()), _below(results, measured)]
    read.append(_below(results, {"shown": notebook["results"]}))
    stores = sorted(set(chain.from_iterable(map(all_paths, read))))
    for store in stores:
        verify(results / store)
    days = sorted(run["created"][:10] for run in runs.values())
    return Record(
        paper=paper,
        scale=results.name,
        configuration=list(chain.from_iterable(settings_of(results))),
        commit=_one(paper, "commits", (run["commit"] for run in runs.values())),
        versions=json.loads(
            _one(paper, "sets of libraries", (json.dumps(r["versions"]) for r in runs.values()))
        ),
        devices=sorted({run["device"] for run in runs.values()}),
        dates=sorted({days[0], days[-1]}),
        archive="",
        stores={store: content_digest(results / store) for store in stores},
        figures=figures,
        measured=read[-2],
        shown=read[-1]["shown"],
    )


def _write(results: Path, record: Record, folder: Path) -> Path:
    archive = archive_of(record.scale, record.paper, folder)
    others = sum(size_of(other) for other in folder.glob("*/*.zip") if other != archive)
    with atomic(archive) as sibling:
        pack(sibling, chain.from_iterable(entries_of(results, results / s) for s in record.stores))
        if size_of(sibling) + others > LIMIT_MB * 10**6:
            raise ValueError(f"with {record.paper} {folder} would take over {LIMIT_MB} MB")
    path = archive.with_suffix(".json")
    with atomic(path) as sibling:
        complete = replace(record, archive=file_digest(archive))
        sibling.write_text(json.dumps(asdict(complete), indent=1, ensure_ascii=False) + "\n")
    return path


def _job(job: PlannedJob) -> Mapping[str, Any]:
    """Return the record that a job left."""
    values: Mapping[str, Any] = json.loads(job_file(Path(job.outputs[0]), ".json").read_text())
    return values


def _below(results: Path, inputs: Inputs) -> Inputs:
    """Return inputs by their paths below a scale's folder."""

    def below(path: str) -> str:
        return Path(os.path.relpath(path, results)).as_posix()

    return {
        k: [below(p) for p in v] if isinstance(v, list) else below(v) for k, v in inputs.items()
    }


def _one(paper: str, what: str, values: Iterable[str]) -> str:
    """Return the one value that all results share."""
    several = sorted(set(values))
    if len(several) > 1:
        raise ValueError(
            f"results of {paper} are of {len(several)} {what}: {', '.join(several)}; "
            "a record is of one: run it again from an empty folder"
        )
    return several[0]
