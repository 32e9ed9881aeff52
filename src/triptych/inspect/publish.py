"""Publishing a finished run: its numbers, with or without stores, become those of record."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from triptych.inspect.compare import Tolerances, numbers_of
from triptych.inspect.inventory import Result, with_changes
from triptych.inspect.plan import PlannedJob, plan
from triptych.inspect.published import Inputs, Record, archive_of, record_of, refuse_drawn
from triptych.inspect.why import as_text, why
from triptych.runtime.archive import entries_of, pack
from triptych.runtime.canonical import file_digest, to_json
from triptych.runtime.integrity import invalidate, verified_digest, write_checksums
from triptych.runtime.layout import (
    job_file,
    measured_claims,
    relative_to_here,
    require_scale,
    settings_of,
)
from triptych.runtime.provenance import SOURCES, git_state
from triptych.runtime.step import Job, all_paths, of_each, read_job
from triptych.runtime.store import atomic, size_of, write_text

LIMIT_MB = 20
"""Most that all archives of record take, in 10⁶ bytes: every clone has them."""


def publish(
    registry: Tolerances,
    results: Path,
    papers: Sequence[str],
    folder: Path,
    *,
    stores: bool,
) -> list[Path]:
    """Write the numbers of record of papers from a scale's results; return their records.

    With ``stores`` figures, claims and reports can be made from them. Otherwise they are what
    another run is compared with, and the measured claims.

    Nothing is written before all papers are found to be finished, every job with the settings and
    sources of this checkout, and their archives not to be too large. The checkout's commit is that
    of record, whatever changed in between for others.

    Raises
    ------
    DamagedResult
        If a store is not what was written.
    ValueError
        If it is no scale's folder, results were drawn from published ones, sources or settings are
        changed, stores of record would be deleted, a job is missing or was another, results are of
        several sets of libraries or of an unknown commit, or there is more than ``LIMIT_MB``.
    """
    refuse_drawn(results)
    require_scale(results)
    results = relative_to_here(results)
    state = git_state((*SOURCES, "config"))
    if state["commit"] == "unknown":
        raise ValueError("git does not say which commit this checkout is of: a record names it")
    if state["dirty"]:
        raise ValueError("sources or config/ changed: commit first, for a record names its commit")
    archives = [archive_of(results.name, paper, folder) for paper in papers]
    if lost := [str(archive) for archive in archives if archive.exists() and not stores]:
        raise ValueError(f"{lost[0]} would be deleted: publish with stores, or delete it first")
    jobs = {paper: _finished(results, paper) for paper in papers}
    records = [_record(registry, results, paper, jobs[paper], state["commit"]) for paper in papers]
    with TemporaryDirectory() as temporary:
        packed = {r.paper: _packed(results, r, Path(temporary)) for r in records} if stores else {}
        _check_sizes(packed, results.name, folder)
        return [_write(results, record, folder, packed.get(record.paper)) for record in records]


def _finished(results: Path, paper: str) -> list[PlannedJob]:
    """Return every job behind a paper's report, which shows its figures and claims."""
    jobs = plan([f"{results}/reports/{paper}.html"], *settings_of(results), every=True)
    for job in jobs:
        record = job_file(Path(job.outputs[0]), ".json")
        if Path(job.outputs[0]).exists() and not record.exists():
            raise ValueError(f"{job.outputs[0]} has no record of its job, {record}: run it again")
    # Each job's record is compared as if it alone were to run.
    compared = [why(replace(job, remade={})) for job in jobs]
    others = [job for job in compared if job.missing or job.changes]
    if others:
        raise ValueError(
            f"{results} is no finished run of {paper} with these settings and sources.\n"
            + as_text(others)
        )
    return jobs


def _record(
    registry: Tolerances, results: Path, paper: str, jobs: Sequence[PlannedJob], commit: str
) -> Record:
    """Return what is of record of a paper, after checking that all of it is of one run."""
    runs = _computed(jobs)
    versions = _one_origin(paper, runs)
    figures = {
        Path(job.outputs["png"]).stem: {
            "inputs": _below(results, job.inputs),
            "params": job.params,
        }
        for job in _left_by(jobs, "figure")
    }
    (measure,), (notebook,) = _left_by(jobs, "measure"), _left_by(jobs, "notebook")
    measured = _below(results, measure.inputs)
    shown = _below(results, {"results": notebook.inputs["results"]})
    read = [measured, shown, *(figure["inputs"] for figure in figures.values())]
    stores = sorted(set(chain.from_iterable(map(all_paths, read))))
    days = sorted(run["created"][:10] for run in runs.values())
    return Record(
        paper=paper,
        scale=results.name,
        configuration=list(chain.from_iterable(settings_of(results))),
        commit=commit,
        versions=versions,
        devices=sorted({run["device"] for run in runs.values()}),
        dates=sorted({days[0], days[-1]}),
        archive=None,
        stores={store: verified_digest(results / store) for store in stores},
        figures=figures,
        measured=measured,
        shown=shown["results"],
        numbers=numbers_of(registry, figures, results),
    )


def _computed(jobs: Sequence[PlannedJob]) -> dict[Result, dict[str, Any]]:
    """Return the records of the runs that computed something.

    What is drawn from stores may be drawn again: only how they were computed is of record.
    """
    outputs = [Result(Path(path)) for job in jobs for path in job.outputs]
    return {result: result.record for result in outputs if result.kind in ("stores", "weights")}


def _one_origin(paper: str, runs: Mapping[Result, Mapping[str, Any]]) -> dict[str, str]:
    """Return the libraries that all runs have, after checking that they are of known commits."""
    if unknown := [str(result.path) for result, run in runs.items() if run["commit"] == "unknown"]:
        raise ValueError(f"{unknown[0]} names no commit: run it in a checkout that git can read")
    changed = [str(result.path) for result, run in runs.items() if with_changes(run)]
    if changed:
        raise ValueError(
            f"{len(changed)} of {len(runs)} results were made from changed sources, "
            f"{changed[0]} among them: run them from a commit"
        )
    made_with = {to_json(run["versions"]) for run in runs.values()}
    if len(made_with) > 1:
        several = "\n".join(f"  {versions}" for versions in sorted(made_with))
        raise ValueError(
            f"results of {paper} are of more than one set of libraries; "
            f"run it again from an empty folder:\n{several}"
        )
    (versions,) = made_with
    return json.loads(versions)


def _packed(results: Path, record: Record, folder: Path) -> Path:
    """Return the archive of a record's stores, which is written into a folder."""
    archive = archive_of(record.scale, record.paper, folder)
    pack(archive, chain.from_iterable(entries_of(results, results / s) for s in record.stores))
    return archive


def _check_sizes(packed: Mapping[str, Path], scale: str, folder: Path) -> None:
    """Check that archives are not too large together with those of other papers and scales."""
    replaced = [archive_of(scale, paper, folder) for paper in packed]
    others = [other for other in folder.glob("*/*.tar.xz") if other not in replaced]
    whole = sum(map(size_of, [*others, *packed.values()])) / 10**6
    if packed and whole > LIMIT_MB:
        names = ", ".join(map(str, replaced))
        raise ValueError(f"with {names} all archives would take {whole:.1f} MB, over {LIMIT_MB} MB")


def _write(results: Path, record: Record, folder: Path, packed: Path | None) -> Path:
    """Write a record and the archive of its stores, or else the claims measured on these."""
    archive = archive_of(record.scale, record.paper, folder)
    claims = measured_claims(record.paper, folder / record.scale)
    if packed:
        record = replace(record, archive=file_digest(packed))
        source, target, former = packed, archive, claims
    else:
        record = replace(record, stores={})
        source, target, former = measured_claims(record.paper, results), claims, archive
    # Before anything is replaced: a number that is none is an error here.
    text = json.dumps(asdict(record), indent=1, ensure_ascii=False, allow_nan=False)
    path = record_of(record.scale, record.paper, folder)
    for file in (target, path):
        invalidate(file)
    with atomic(target) as sibling:
        shutil.copyfile(source, sibling)
    write_text(f"{text}\n", path)
    former.unlink(missing_ok=True)
    invalidate(former)
    for file in (target, path):
        write_checksums(file)
    return path


def _left_by(jobs: Sequence[PlannedJob], rule: str) -> list[Job]:
    """Return the records that the jobs of a rule left."""
    files = (job_file(Path(job.outputs[0]), ".json") for job in jobs if job.rule == rule)
    return [read_job(file) for file in files]


def _below(results: Path, inputs: Inputs) -> Inputs:
    """Return inputs by their paths below a scale's folder."""
    return of_each(lambda path: Path(os.path.relpath(path, results)).as_posix(), inputs)
