"""What a scale's jobs cost: time, memory and disk, one row for each kind of job of a paper.

Times and memory are Snakemake's own, from the file that each job's ``benchmark:`` names; disk is
what the jobs' outputs take, found through the records in ``jobs/``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pandas as pd

from triptych.runtime.step import all_paths
from triptych.runtime.store import size_of

SHARED = ("claims", "raw", "report")
"""Folders whose jobs are named after what they treat, not after what they do: one row each."""

COLUMNS = {
    "jobs": ("seconds", "size", "{:.0f}"),
    "wall s": ("seconds", "sum", "{:,.0f}"),
    "core hours": ("hours", "sum", "{:,.2f}"),
    "longest s": ("seconds", "max", "{:,.1f}"),
    "peak MiB": ("memory", "max", "{:,.0f}"),
    "disk MiB": ("disk", "sum", "{:,.1f}"),
}
"""By heading: which measure of the jobs it folds, how, and how the number is written."""


def measured_jobs(folder: Path) -> pd.DataFrame:
    """Return what each job of a scale took, those of earlier settings while their files are there.

    Returns
    -------
    pandas.DataFrame
        A row for each job: ``paper`` and ``kind``, such as ``ssno`` and ``train``; ``seconds`` of
        wall time; ``hours`` of cores, one a job; ``memory``, largest resident, in
        MiB (which Snakemake calls MB), NaN where the job was over before Snakemake looked; ``disk``
        that its outputs take now, in MiB.

    Raises
    ------
    FileNotFoundError
        If there are no benchmark files.
    ValueError
        If one lacks a column, holds something else than numbers, or more than a row.
    """
    benchmarks, disk, jobs = folder / "benchmarks", _written(folder), []
    for path in sorted(benchmarks.rglob("*.tsv")):
        name = path.relative_to(benchmarks).with_suffix("")
        seconds, memory = _measured(path)
        mebibytes = disk.get(name.as_posix(), 0) / 2**20
        jobs.append((*_kind(name.parts), seconds, seconds / 3600, memory, mebibytes))
    if not jobs:
        raise FileNotFoundError(f"no benchmark files in {benchmarks}")
    return pd.DataFrame(jobs, columns=["paper", "kind", "seconds", "hours", "memory", "disk"])


def by_kind(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each kind of job, the longest of a paper first, and rows of totals.

    ``all`` is the last kind of each paper and the last paper; ``shared`` is what no paper owns.
    """
    sums = jobs.assign(kind="all"), jobs.assign(kind="all", paper="all")
    groups = pd.concat([jobs, *sums]).groupby(["paper", "kind"], as_index=False)
    rows = groups.agg(**{name: fold[:2] for name, fold in COLUMNS.items()})
    paper = rows.paper.map(lambda name: (name == "all", name == "shared", name))
    order = rows.assign(paper=paper, kind=rows.kind == "all", longest=-rows["wall s"])
    return rows.loc[order.sort_values(["paper", "kind", "longest"]).index]


def as_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`by_kind` as text; a dash stands where nothing was measured."""
    written = {name: rows[name].map(form.format) for name, (_, _, form) in COLUMNS.items()}
    return rows.assign(**written).where(rows.notna(), "–")


def as_markdown(jobs: pd.DataFrame) -> str:
    """Return the jobs by kind as a Markdown table, with what it leaves out."""
    cells = as_cells(by_kind(jobs))
    table = [cells.columns, ["---"] * 2 + ["---:"] * len(COLUMNS), *cells.to_numpy()]
    return "\n".join(f"| {' | '.join(row)} |" for row in table) + notes(jobs)


def as_text(jobs: pd.DataFrame) -> str:
    """Return the jobs by kind as columns for a terminal, with what they leave out."""
    return as_cells(by_kind(jobs)).to_string(index=False) + notes(jobs)


def notes(jobs: pd.DataFrame) -> str:
    """Return what the tables of jobs leave out, as sentences."""
    unmeasured = int(jobs.memory.isna().sum())
    text = "\n\nMemory is as Snakemake last saw it, up to 30 s before a job's end.\n"
    if unmeasured:
        text += f"{unmeasured} of {len(jobs)} jobs were over before: they are not in that column.\n"
    return text


def _kind(parts: tuple[str, ...]) -> tuple[str, str]:
    """Return paper and kind of a job from the name of its benchmark file."""
    paper, name = parts[0], parts[-1]
    if paper in SHARED:
        return "shared", paper
    return paper, "figures" if re.fullmatch(r"figS?\d+", name) else name.partition("_")[0]


def _measured(path: Path) -> tuple[float, float]:
    """Return a job's seconds and its largest memory."""
    try:
        jobs = pd.read_csv(path, sep="\t", usecols=["s", "max_rss"], na_values="-", dtype=float)
        ((seconds, memory),) = jobs[["s", "max_rss"]].to_numpy().tolist()
    except ValueError as error:
        raise ValueError(f"{path} is no benchmark of one job: {error}") from None
    return seconds, memory


def _written(folder: Path) -> dict[str, int]:
    """Return the bytes of the outputs that are there, by the name of the job that wrote them.

    A job's log and its benchmark have one name; a replayed job has no benchmark. The outputs are
    looked for from where the record lies: the results may have moved since.
    """
    sizes: dict[str, int] = {}
    for record in folder.rglob("jobs/*.json"):
        job = json.loads(record.read_text())
        name = (job["log"] or "").rpartition("/logs/")[2].removesuffix(".log")
        paths = all_paths(job["outputs"])
        outputs = (record.parents[1] / os.path.relpath(p, Path(paths[0]).parent) for p in paths)
        sizes[name] = sum(size_of(path) for path in outputs if path.exists())
    return sizes
