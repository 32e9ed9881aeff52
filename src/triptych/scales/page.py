"""The tables of ``docs/scales.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from triptych.scales.costs import Estimate, estimate, more_seeds, sizes_of, together
from triptych.scales.sizes import Exponents
from triptych.workflow.config.model import Config
from triptych.workflow.costs import measured_jobs

TIMES = 10
HEADINGS = (
    "paper", "kind", "jobs", "core hours, laptop", "core hours", "factor", "longest job, hours",
    "memory GiB", "disk GiB"
)  # fmt: skip


def tables(results: Path, laptop: Config, wanted: Config, exponents: Exponents) -> str:
    """Return both tables of the page, from the laptop scale's results.

    Parameters
    ----------
    results
        The laptop scale's folder.
    laptop, wanted
        Settings of the laptop scale, and of the scale that is asked for.
    exponents
        Exponents of cost by case and size.
    """
    jobs = measured_jobs(results)
    was = sizes_of(laptop, exponents)

    def rows(config: Config, molecules: float = 1.0) -> list[Estimate]:
        return estimate(jobs, was, sizes_of(config, exponents, molecules=molecules))

    def grown(config: Config) -> dict[str, Estimate]:
        here = rows(config)
        more = [row for row in here if row.paper == "ssno"] * (TIMES - 1)
        choices = {
            "as it is": here,
            f"{TIMES} × the systems": [*here, *more],
            f"{TIMES} × the seeds": rows(more_seeds(config, TIMES)),
            f"{TIMES} × the molecules": rows(config, TIMES),
        }
        return {what: together("all", "all", found) for what, found in choices.items()}

    totals = {config.scale: grown(config) for config in (laptop, wanted)}
    return as_markdown(rows(laptop), rows(wanted), totals)


def as_markdown(
    measured: Sequence[Estimate],
    estimated: Sequence[Estimate],
    totals: Mapping[str, Mapping[str, Estimate]],
) -> str:
    """Return the table of one scale by kind of job, then what more of something would take.

    Parameters
    ----------
    measured, estimated
        The laptop scale's rows, and those of the scale asked for.
    totals
        By scale: all jobs together, by what there is more of.
    """
    before = {(row.paper, row.kind): row for row in with_totals(measured)}
    lines = [f"| {' | '.join(HEADINGS)} |", "| --- | ---" + " | ---:" * 7 + " |"]
    for row in with_totals(estimated):
        hours = before[row.paper, row.kind].core_hours
        memory = "–" if row.memory_gib is None else f"{row.memory_gib:.1f}"
        lines.append(
            f"| {row.paper} | {row.kind} | {row.jobs} | {hours:.2f} | {_hours(row.core_hours)} | "
            f"{row.core_hours / hours if hours else 1:,.0f} | {_hours(row.longest_hours)} | "
            f"{memory} | {row.disk_gib:.2f} |"
        )
    lines += ["", "| scale | what | core hours | memory GiB | disk GiB |"]
    lines += ["| --- | --- | ---: | ---: | ---: |"]
    for scale, rows in totals.items():
        for what, row in rows.items():
            lines.append(
                f"| {scale} | {what} | {_hours(row.core_hours)} | {row.memory_gib or 0:.1f} | "
                f"{row.disk_gib:.1f} |"
            )
    return "\n".join(lines) + "\n"


def with_totals(rows: Sequence[Estimate]) -> list[Estimate]:
    """Return the rows with one for each paper after its own, and one for all."""
    told: list[Estimate] = []
    for paper, of_paper in groupby(rows, attrgetter("paper")):
        listed = list(of_paper)
        told += [*listed, together(paper, "all", listed)]
    return [*told, together("all", "all", rows)]


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
