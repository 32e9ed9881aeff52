"""The workflow itself: what it takes when there is nothing or little to do, and what cores gain.

All of it runs in a copy of the project, at smoke scale where anything is computed.
"""

from __future__ import annotations

import re
import shutil
from itertools import count
from pathlib import Path
from statistics import median

import pytest
from checkout import Checkout, copy_project
from readings import faster

from triptych.reports.costs import measured_jobs

SUBJECT = "workflow"
SMOKE = ("all", "--configfile", "config/smoke.yaml")
FINISHED = (*SMOKE, "--config", "results=cores_2")
DRAWN = "scripts/cycles/plot_fig4.py"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Checkout:
    """Return a copy of the project without results."""
    return copy_project(Path(__file__).resolve().parents[1], tmp_path_factory.mktemp("bench"))


def test_import(measure, python):
    """The package itself; its commands import what they need when they run."""
    bare, imported = measure(lambda: python("-c", "pass"), lambda: python("-c", "import triptych"))
    case = "import triptych"
    note = "a process of its own, the start of Python included"
    measure.reads(SUBJECT, case, "time", "time", median(imported), target=0.3, note=note)
    measure.reads(SUBJECT, case, "against a start of Python", "overhead", faster(imported, bare))


def test_help(measure, python):
    bare, helped = measure(lambda: python("-c", "pass"), lambda: python("-m", "triptych", "--help"))
    case = "python -m triptych --help"
    measure.reads(SUBJECT, case, "time", "time", median(helped))
    measure.reads(SUBJECT, case, "against a start of Python", "overhead", faster(helped, bare))


def against_snakemake(measure, python, case, run, target=None, note=""):
    """Time a run of Snakemake, and Snakemake's own start."""
    start, taken = measure(lambda: python("-c", "import snakemake.cli"), run, least=3)
    measure.reads(SUBJECT, case, "time", "time", median(taken), target=target, note=note)
    measure.reads(SUBJECT, case, "against a start of Snakemake", "overhead", faster(taken, start))


def test_dry_run(measure, python, checkout):
    note = "laptop configuration, no results"
    against_snakemake(
        measure, python, "snakemake -n all", lambda: checkout.snakemake("-n", "all"), 5, note
    )


def test_smoke_graph(measure, checkout):
    def run(cores: int) -> None:
        results = checkout.folder / f"cores_{cores}"
        if results.exists():
            shutil.rmtree(results)
        checkout.snakemake(*SMOKE, "--config", f"results={results.name}", cores=cores)

    # A round takes ten minutes: one, and none to warm up; what runs before has read most files.
    one, two = measure.rounds(1, lambda: run(1), lambda: run(2))
    jobs, case = measured_jobs(checkout.folder / "cores_1" / "smoke"), "smoke graph"
    # Inputs that cannot be had are left out with what needs them: a shorter graph says so.
    note = f"{len(jobs)} jobs"
    measure.reads(SUBJECT, case, "--cores 1", "time", median(one), note=note)
    measure.reads(SUBJECT, case, "--cores 2", "time", median(two), target=100)
    measure.reads(SUBJECT, case, "two cores against one", "speed-up", faster(one, two), target=1.7)
    measure.reads(
        SUBJECT, case, "jobs, of the time on one core", "share", jobs.s.sum() / one[-1],
        note="the rest is Snakemake's",
    )  # fmt: skip
    measure.reads(
        SUBJECT, case, "peak memory of a job", "memory", jobs.max_rss.max(), target=1024,
        note="the laptop scale's is in docs/clusters.md",
    )  # fmt: skip


@pytest.fixture(scope="module")
def finished(checkout) -> Checkout:
    """Return a copy with finished smoke results, where they are not there yet."""
    checkout.snakemake(*FINISHED)
    return checkout


def made(done) -> int:
    """Return how many jobs a run made, the target itself not counted."""
    match = re.search(r"(\d+) of \1 jobs done", done.stderr)
    return int(match[1]) - 1 if match else 0


def test_nothing_to_do(measure, python, finished):
    def run() -> None:
        assert made(finished.snakemake(*FINISHED)) == 0

    against_snakemake(measure, python, "snakemake all, all there", run, 1.5, "smoke results")


def test_one_figure_restyled(measure, python, finished):
    script, number = finished.folder / DRAWN, count()
    text = script.read_text()

    def run() -> None:
        script.write_text(f"{text}\nSTYLE = {next(number)}\n")
        assert made(finished.snakemake(*FINISHED)) == 1

    against_snakemake(measure, python, "one figure's script edited", run, note=DRAWN)
    script.write_text(text)
    finished.snakemake(*FINISHED)


def test_one_parameter_changed(measure, python, finished):
    steps = count(9)

    def run() -> int:
        changed = f"cycles={{walk: {{steps: {next(steps)}}}}}"
        return made(finished.snakemake(*FINISHED, changed))

    note = f"cycles.walk.steps: {run()} jobs"
    against_snakemake(measure, python, "one parameter changed", run, note=note)
