"""What a scale's jobs cost: time, memory and disk, one row for each kind of job of a paper.

Times, memory and rules are Snakemake's own, from the extended file that each job's ``benchmark:``
names; disk is what the jobs' outputs take, found through the records in ``jobs/``.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pandas as pd

from triptych.config.papers import PAPERS
from triptych.runtime.step import all_paths, read_job
from triptych.runtime.store import size_of

READ = ["s", "max_rss", "rule_name", "wildcards", "threads"]
"""Columns of Snakemake's that are used."""

COLUMNS = {
    "jobs": ("s", "size", "{:.0f}"),
    "wall s": ("s", "sum", "{:,.0f}"),
    "core hours": ("core_hours", "sum", "{:,.2f}"),
    "longest s": ("s", "max", "{:,.1f}"),
    "peak MiB": ("max_rss", "max", "{:,.0f}"),
    "disk MiB": ("disk", "sum", "{:,.1f}"),
}
"""By heading: which measure of the jobs it folds, how, and how the number is written."""


def measured_jobs(folder: Path) -> pd.DataFrame:
    """Return what each job of a scale took when it last ran, those of earlier settings among them.

    Returns
    -------
    pandas.DataFrame
        A row for each job: ``s``, seconds of wall time; ``core_hours``; ``max_rss``, largest
        resident memory in MiB (which Snakemake calls MB), NaN where the job was over before
        Snakemake looked; ``disk`` that its outputs take now, in MiB; ``paper`` and ``kind``, such
        as ``ssno`` and ``train``, NaN in benchmarks without ``--benchmark-extended``.

    Raises
    ------
    FileNotFoundError
        If there are no benchmark files.
    ValueError
        If one lacks the seconds or holds something else than numbers.
    """
    benchmarks, disk = folder / "benchmarks", _written(folder)
    files = sorted(benchmarks.rglob("*.tsv"))
    if not files:
        raise FileNotFoundError(f"no benchmark files in {benchmarks}")
    names = [path.relative_to(benchmarks).with_suffix("").as_posix() for path in files]
    tables = (_benchmark(path).assign(job=name) for path, name in zip(files, names, strict=True))
    jobs = pd.concat(tables, ignore_index=True)
    rules = jobs.rule_name.str.extract(rf"^(?:({'|'.join(PAPERS)})_)?(.+)$")
    wildcard = jobs.wildcards.str.extract(r"'paper': '(\w+)'")[0]
    return jobs.assign(
        paper=rules[0].fillna(wildcard).fillna("shared"),
        kind=rules[1],
        core_hours=jobs.s * jobs.threads / 3600,
        disk=jobs.job.map(disk).fillna(0) / 2**20,
    )


def by_kind(jobs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each kind of job, the longest of a paper first, and rows of totals.

    ``all`` is the last kind of each paper and the last paper; ``shared`` is what no paper owns.
    """
    known = jobs.dropna(subset="kind")
    sums = known.assign(kind="all"), known.assign(kind="all", paper="all")
    groups = pd.concat([known, *sums]).groupby(["paper", "kind"], as_index=False)
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
    cells = as_cells(by_kind(jobs))
    table = cells.to_string(index=False) if len(cells) else "no job says its rule"
    return table + notes(jobs)


def notes(jobs: pd.DataFrame) -> str:
    """Return what the tables of jobs leave out, as sentences."""
    unmeasured, unknown = int(jobs.max_rss.isna().sum()), int(jobs.kind.isna().sum())
    text = "\n\nMemory is as Snakemake last saw it, up to 30 s before a job's end.\n"
    if unmeasured:
        text += f"{unmeasured} of {len(jobs)} jobs were over before: they are not in that column.\n"
    if unknown:
        text += (
            f"{unknown} of {len(jobs)} jobs ran without --benchmark-extended, which the default "
            "profile sets: they are in no row.\n"
        )
    return text


def _benchmark(path: Path) -> pd.DataFrame:
    """Return a row for each time that a job was measured."""
    try:
        jobs = pd.read_csv(
            path,
            sep="\t",
            na_values="-",
            dtype={"s": float, "max_rss": float, "threads": float},
            quoting=csv.QUOTE_NONE,
        ).reindex(columns=READ)
        if jobs.s.dropna().empty:
            raise ValueError("it has no seconds")
    except ValueError as error:
        raise ValueError(f"{path} is no benchmark: {error}") from None
    return jobs.astype({"rule_name": "string", "wildcards": "string"})


def _written(folder: Path) -> dict[str, int]:
    """Return the bytes of the outputs that are there, by the name of the job that wrote them.

    A job's log and its benchmark have one name; a replayed job has no benchmark. The outputs are
    looked for from where the record lies: the results may have moved since.
    """
    sizes: dict[str, int] = {}
    for record in folder.rglob("jobs/[!.]*.json"):
        job = read_job(record)
        name = (job.log or "").rpartition("/logs/")[2].removesuffix(".log")
        paths = all_paths(job.outputs)
        outputs = (record.parents[1] / os.path.relpath(p, Path(paths[0]).parent) for p in paths)
        sizes[name] = sum(size_of(path) for path in outputs if path.exists())
    return sizes
