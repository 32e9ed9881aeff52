"""What another scale would cost: what a scale did cost, times how much larger the jobs are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from triptych.scales import cycles, ssno, toxicity
from triptych.scales.sizes import Exponents, Group, PaperSizes
from triptych.workflow.config.base import Section
from triptych.workflow.config.model import Config
from triptych.workflow.costs import Cost, Kind

Sized = Mapping[str, PaperSizes]
"""The sizes of every paper's jobs, by paper."""


@dataclass(frozen=True)
class Estimate:
    """What the jobs of one kind would take together.

    Attributes
    ----------
    paper, kind
        As in :class:`triptych.workflow.costs.Cost`.
    jobs
        How many.
    core_hours
        One core each, as long as they run.
    longest_hours
        Of the longest one.
    memory_gib
        Of the largest; None where it was not measured.
    disk_gib
        Of their outputs.
    """

    paper: str
    kind: str
    jobs: int
    core_hours: float
    longest_hours: float
    memory_gib: float | None
    disk_gib: float


def sizes_of(config: Config, exponents: Exponents, *, molecules: float = 1.0) -> Sized:
    """Return the sizes of every paper's jobs, with so many times the molecules."""
    return {
        "ssno": ssno.sizes(config.ssno, exponents),
        "cycles": cycles.sizes(config.cycles, exponents),
        "toxicity": toxicity.sizes(config.toxicity, exponents, molecules),
    }


def estimate(jobs: Mapping[str, Cost], was: Sized, wanted: Sized) -> list[Estimate]:
    """Return what a scale would take, by kind of job.

    A group takes what it was measured to take, times the ratio of its sizes. Of memory the ratio
    counts for what exceeds the paper's smallest job, which holds little but its libraries. Kinds of
    job that have no sizes stay as they are.

    Parameters
    ----------
    jobs
        What each job took, by name; see :func:`triptych.workflow.costs.measured_jobs`.
    was, wanted
        Sizes of the scale that was measured, and of the one that is asked for.

    Raises
    ------
    ValueError
        If a group was measured with another number of jobs than its scale has, or neither it nor
        what stands in for it was measured.
    """
    rows: list[Estimate] = []
    for paper in dict.fromkeys(cost.paper for cost in jobs.values()):
        of_paper = {name: cost for name, cost in jobs.items() if cost.paper == paper}
        if paper in wanted:
            rows += _grown(paper, of_paper, was[paper], wanted[paper])
            sized = {group[0] for group in was[paper].groups}
        else:
            sized = set()
        rows += [_one(cost) for cost in of_paper.values() if cost.kind not in sized]
    return _by_kind(rows)


def _grown(
    paper: str, jobs: Mapping[str, Cost], was: PaperSizes, wanted: PaperSizes
) -> list[Estimate]:
    measured: dict[Group, list[Cost]] = {}
    for name, cost in jobs.items():
        group = was.group_of(name.partition("/")[2])
        if group is not None:
            measured.setdefault(group, []).append(cost)
    for group, costs in measured.items():
        expected = was.groups[group].jobs if group in was.groups else 0
        if len(costs) != expected:
            raise ValueError(
                f"{paper}: {len(costs)} jobs {'/'.join(group)} were measured, the scale has "
                f"{expected}: these are not its results, or not all"
            )
    base = min((cost.peak_mib for cost in jobs.values() if cost.peak_mib), default=0.0)
    rows = []
    for group, sizes in wanted.groups.items():
        like = group if group in measured else wanted.stand_in(group)
        if like not in measured:
            raise ValueError(f"{paper}: no job like {'/'.join(group)} was measured")
        before = was.groups[like]
        seconds = sum(cost.wall_s or 0.0 for cost in measured[like])
        held = sum(cost.disk_bytes for cost in measured[like])
        peaks = [cost.peak_mib for cost in measured[like] if cost.peak_mib]
        memory = base + (max(peaks) - base) * sizes.memory / before.memory if peaks else None
        hours = seconds / 3600 * sizes.time / before.time
        longest = hours / sizes.jobs * sizes.longest
        gib = None if memory is None else memory / 1024
        disk = held / 2**30 * sizes.disk / before.disk
        rows.append(Estimate(paper, group[0], sizes.jobs, hours, longest, gib, disk))
    return rows


def _one(cost: Cost) -> Estimate:
    memory = None if cost.peak_mib is None else cost.peak_mib / 1024
    hours = cost.core_hours or 0.0
    disk = cost.disk_bytes / 2**30
    return Estimate(cost.paper, cost.kind, 1, hours, hours, memory, disk)


def _by_kind(rows: Iterable[Estimate]) -> list[Estimate]:
    kinds: dict[Kind, list[Estimate]] = {}
    for row in rows:
        kinds.setdefault((row.paper, row.kind), []).append(row)
    return [together(*kind, held) for kind, held in kinds.items()]


def together(paper: str, kind: str, rows: Sequence[Estimate]) -> Estimate:
    """Return several rows as one."""
    peaks = [row.memory_gib for row in rows if row.memory_gib is not None]
    return Estimate(
        paper,
        kind,
        jobs=sum(row.jobs for row in rows),
        core_hours=sum(row.core_hours for row in rows),
        longest_hours=max((row.longest_hours for row in rows), default=0.0),
        memory_gib=max(peaks, default=None),
        disk_gib=sum(row.disk_gib for row in rows),
    )


def more_seeds(config: Config, times: int) -> Config:
    """Return a configuration with so many times the seeds of every training."""
    ssno_systems = {name: _reseeded(s, times) for name, s in config.ssno.systems.items()}
    datasets = {name: _reseeded(s, times) for name, s in config.toxicity.datasets.items()}
    populations = {n: _reseeded(getattr(config.cycles, n), times) for n in ("population", "tied")}
    return config.model_copy(
        update={
            "ssno": config.ssno.model_copy(update={"systems": ssno_systems}),
            "cycles": config.cycles.model_copy(update=populations),
            "toxicity": config.toxicity.model_copy(update={"datasets": datasets}),
        }
    )


def _reseeded(section: Section, times: int) -> Section:
    names = [name for name in type(section).model_fields if name.endswith("seeds")]
    seeds = {name: list(range(times * len(getattr(section, name)))) for name in names}
    return section.model_copy(update=seeds)
