"""What a scale's jobs cost: time, memory and disk, one row for each kind of job of a paper.

Times and memory are Snakemake's own, from the file that each job's ``benchmark:`` names; disk is
what the jobs' outputs take, found through the records in ``jobs/``.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from triptych.workflow.results import size_of
from triptych.workflow.step import Paths, first_path

SHARED = ("claims", "raw", "report")
"""Folders whose jobs are named after what they treat, not after what they do: one row each."""

MISSING = ("-", "NA", "")
"""What Snakemake writes where a job was over before it could look."""

HEADINGS = (
    "paper", "kind", "jobs", "wall s", "core hours", "longest s", "peak MiB", "disk MiB",
)  # fmt: skip
Kind = tuple[str, str]


@dataclass(frozen=True)
class Cost:
    """What the jobs of one kind took together. None stands where nothing was measured.

    Attributes
    ----------
    paper, kind
        Such as ``ssno`` and ``train``; what no paper owns is of the paper ``shared``.
    jobs
        How many there were.
    wall_s
        Sum of the jobs' wall times, in seconds.
    longest_s
        Wall time of the longest job, in seconds.
    peak_mib
        Largest resident memory of a job, in MiB (which Snakemake calls MB).
    disk_bytes
        What their outputs take now.
    unmeasured
        How many of the jobs have no memory: they are not in that column.
    """

    paper: str
    kind: str
    jobs: int
    wall_s: float | None
    longest_s: float | None
    peak_mib: float | None
    disk_bytes: int
    unmeasured: int

    @property
    def core_hours(self) -> float | None:
        """Hours that cores were held for: every job holds one as long as it runs."""
        return None if self.wall_s is None else self.wall_s / 3600


def gather(folder: Path) -> list[Cost]:
    """Return a row for each kind of job, paper by paper, the longest first.

    Jobs of earlier settings count as long as their files are there.

    Parameters
    ----------
    folder
        The scale's folder: ``results/<scale>``.

    Raises
    ------
    ValueError
        If a benchmark file lacks a column or holds something else than numbers.
    """
    costs: dict[Kind, list[Cost]] = {}
    for cost in measured_jobs(folder).values():
        costs.setdefault((cost.paper, cost.kind), []).append(cost)
    rows = [_together(*kind, jobs) for kind, jobs in costs.items()]
    return sorted(rows, key=lambda row: (row.paper == "shared", row.paper, -(row.wall_s or 0)))


def measured_jobs(folder: Path) -> dict[str, Cost]:
    """Return what each job took, by the name of its benchmark file without its end.

    Raises
    ------
    ValueError
        If a benchmark file lacks a column, holds something else than numbers, or more than a row.
    """
    benchmarks, disk = folder / "benchmarks", _written(folder)
    jobs = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        name = path.relative_to(benchmarks).with_suffix("")
        jobs[str(name)] = _job(path, _kind(name.parts), disk.get(str(name), 0))
    return jobs


def with_totals(rows: Sequence[Cost]) -> list[Cost]:
    """Return the rows with one for each paper after its own, and one for all."""
    told: list[Cost] = []
    for paper, of_paper in groupby(rows, attrgetter("paper")):
        listed = list(of_paper)
        told += [*listed, _together(paper, "all", listed)]
    return [*told, _together("all", "all", rows)]


def cells(row: Cost) -> list[str]:
    """Return what a row says, in the order of :data:`HEADINGS`."""
    return [
        row.paper,
        row.kind,
        str(row.jobs),
        _number(row.wall_s, 0),
        _number(row.core_hours, 2),
        _number(row.longest_s, 1),
        _number(row.peak_mib, 0),
        _number(row.disk_bytes / 2**20, 1),
    ]


def as_markdown(rows: Sequence[Cost]) -> str:
    """Return rows and totals as a Markdown table, with what it leaves out."""
    table = [HEADINGS, ["---"] * 2 + ["---:"] * (len(HEADINGS) - 2), *map(cells, with_totals(rows))]
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([*lines, "", *notes(rows)]) + "\n"


def as_text(rows: Sequence[Cost]) -> str:
    """Return rows and totals as columns for a terminal, with what they leave out."""
    table = [HEADINGS, *map(cells, with_totals(rows))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in table]
    return "\n".join([*lines, "", *notes(rows)]) + "\n"


def notes(rows: Iterable[Cost]) -> list[str]:
    """Return what the numbers leave out, a sentence a line."""
    told = ["Memory is as Snakemake last saw it, up to 30 s before a job's end."]
    rows = list(rows)
    unmeasured, jobs = sum(row.unmeasured for row in rows), sum(row.jobs for row in rows)
    if unmeasured:
        told.append(f"{unmeasured} of {jobs} jobs were over before: they are not in that column.")
    return told


def _kind(parts: tuple[str, ...]) -> Kind:
    """Return paper and kind of a job from the name of its benchmark file or of its script."""
    paper, name = parts[0], parts[-1].removeprefix("plot_")
    if name == "measure":
        return "shared", "claims"
    if paper in SHARED:
        return "shared", paper
    return paper, "figures" if re.fullmatch(r"fig\d+", name) else name.partition("_")[0]


def _job(path: Path, kind: Kind, disk: int) -> Cost:
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if len(rows) != 1:
        raise ValueError(f"{path} is no benchmark of one job: it has {len(rows)} rows")
    wall, peak = (_value(rows[0], name, path) for name in ("s", "max_rss"))
    return Cost(*kind, 1, wall, wall, peak, disk, unmeasured=int(peak is None))


def _value(row: dict[str, str], name: str, path: Path) -> float | None:
    if row.get(name) is None:
        raise ValueError(f"{path} is no benchmark of Snakemake's: it has no {name!r}")
    if row[name] in MISSING:
        return None
    try:
        return float(row[name])
    except ValueError:
        raise ValueError(f"{path}: {name!r} is {row[name]!r}, not a number") from None


def _together(paper: str, kind: str, costs: Sequence[Cost]) -> Cost:
    def over(fold: Callable[[list[float]], float], name: str) -> float | None:
        known = [value for value in map(attrgetter(name), costs) if value is not None]
        return fold(known) if known else None

    return Cost(
        paper,
        kind,
        jobs=sum(cost.jobs for cost in costs),
        wall_s=over(sum, "wall_s"),
        longest_s=over(max, "longest_s"),
        peak_mib=over(max, "peak_mib"),
        disk_bytes=sum(cost.disk_bytes for cost in costs),
        unmeasured=sum(cost.unmeasured for cost in costs),
    )


def _written(folder: Path) -> dict[str, int]:
    """Return the bytes of the outputs that are there, by the name of the job that wrote them."""
    held: dict[str, int] = {}
    for record in sorted(folder.rglob("jobs/*.json")):
        job = json.loads(record.read_text())
        sizes = (size_of(path) for path in _outputs(record, job["outputs"]) if path.exists())
        held[job_name(job)] = sum(sizes)
    return held


def job_name(job: Mapping[str, Any]) -> str:
    """Return a job's name from its record; empty if it has no log, as a replayed job.

    Its log and its benchmark have one name, below ``logs`` and below ``benchmarks``.
    """
    return (job["log"] or "").rpartition("/logs/")[2].removesuffix(".log")


def _outputs(record: Path, outputs: Paths) -> Iterator[Path]:
    """Return a job's outputs from where its record lies: the results may have moved since."""
    home = Path(first_path(outputs)).parent
    for value in outputs.values():
        for path in value if isinstance(value, list) else [value]:
            yield record.parent.parent / os.path.relpath(path, home)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for number, (text, width) in enumerate(zip(row, widths, strict=True)):
        yield text.ljust(width) if number < 2 else text.rjust(width)
