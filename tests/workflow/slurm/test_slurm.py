"""Real jobs on a real Slurm, by the profiles that users are given."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from triptych.figures.save import read_record
from triptych.runtime.store import read_store

pytestmark = pytest.mark.slurm

FIGURES = ("ssno_fig8", "cycles_fig4", "cycles_fig5", "toxicity_fig4")
# One candidate and one grid: more would be jobs alike.
FEWER = "ssno={resolutions: [16], search: {learning_rates: {ssno: [0.003]}, extensions: 0}}"
CHECKPOINTS = "long/smoke/cycles/*/checkpoints/*/*.safetensors"
# What becomes a job; raw inputs do not.
ALONE = {
    "ssno_generate",
    "ssno_generate_at",
    "ssno_candidate",
    "ssno_train",
    "ssno_resolutions",
    "cycles_prepare",
    "cycles_classifier",
    "cycles_train",
    "cycles_evaluate",
    "cycles_rates",
    "cycles_walk",
    "toxicity_prepare",
    "toxicity_backbone",
    "toxicity_train",
}
# A job of several steps is named after its group and their rules.
GROUPS = {
    "ssno_figures_figure",
    "cycles_figures_figure",
    "toxicity_figures_figure",
    "toxicity_tables_toxicity_encode_toxicity_folds_toxicity_split",
}

# Stand-ins for PBS, of which Debian has no package: what they are asked, Slurm does.
PBS = {
    "qsub": """#!/bin/sh
printf '%s\\n' "$@" > {folder}/asked.txt
for script; do :; done
exec sbatch --parsable --output=/dev/null "$script"
""",
    "qstat": """#!/bin/sh
echo "Job Id: $3"
case $(scontrol --oneliner show job "$3") in
  *JobState=COMPLETED*) echo "    job_state = F"; echo "    Exit_status = 0" ;;
  *JobState=PENDING* | *JobState=CONFIGURING*) echo "    job_state = Q" ;;
  *JobState=RUNNING* | *JobState=COMPLETING*) echo "    job_state = R" ;;
  *) echo "    job_state = F"; echo "    Exit_status = 271" ;;
esac
""",
    "qdel": """#!/bin/sh
exec scancel "$@"
""",
}


@pytest.fixture
def pbs(cluster) -> Path:
    """Put the stand-ins into the folder of programs that jobs are started with."""
    for name, text in PBS.items():
        program = cluster.folder / "bin" / name
        program.write_text(text.format(folder=cluster.folder))
        program.chmod(0o755)
    return cluster.folder / "asked.txt"


@pytest.fixture
def train(submit, fresh) -> Callable[..., Any]:
    """Return what starts a training of some seconds, and waits until its job is in the midst."""

    def start(population: str, *words: str, **options: str) -> Any:
        target = f"long/smoke/cycles/{population}/history.zarr"
        settings = ("results=long", "cycles={comparison: {iterations: 2000}}")
        run = submit(target, "--config", *settings, *words, **options)
        log = fresh.folder / f"long/smoke/logs/cycles/train_{population}.log"
        run.wait_for("training", log.exists)
        return run

    return start


def rule_of(job: dict[str, str]) -> str:
    return job.get("Comment", "").removeprefix("rule_").partition("_wildcards_")[0]


def running(cluster) -> list[dict[str, str]]:
    return [job for job in cluster.jobs() if job["JobState"] == "RUNNING"]


def asked_of_slurm(job: dict[str, str]) -> tuple[int, int, int]:
    """Return a job's memory (MB), time (minutes) and cores."""
    number, unit = re.fullmatch(r"(\d+)([MG])", job["MinMemoryNode"]).groups()
    days, hours, minutes = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):00", job["TimeLimit"]).groups()
    time = int(days or 0) * 1440 + int(hours) * 60 + int(minutes)
    return int(number) * {"M": 1, "G": 1024}[unit], time, int(job["NumCPUs"])


@pytest.fixture(scope="module")
def declared(fresh) -> dict[str, tuple[object, object]]:
    """Return the memory (MB) and time (minutes) that the jobs of each rule ask for."""
    asked = fresh.asked("all", "--configfile", "config/smoke.yaml")
    return {rule: (each.get("mem_mb"), each.get("runtime")) for rule, each in asked.items()}


def test_a_chain_of_each_paper_from_raw_to_figure(tutorial, submit, cluster, fresh, declared):
    # The tutorial has made a figure: it is drawn again, in one job with another of its paper.
    for drawn in (fresh.folder / "results/smoke/figures").glob("cycles_fig4.*"):
        drawn.unlink()
    submitter = {"SBATCH_ACCOUNT": "biology", "SBATCH_PARTITION": "short"}
    submit(*FIGURES, "--config", FEWER, **submitter).ended_well()
    for figure in FIGURES:
        record = read_record(fresh.folder / f"results/smoke/figures/{figure}.png")
        assert record["step"] == f"scripts/{figure.replace('_', '/plot_')}.py"

    jobs = [job for job in cluster.jobs() if job["Account"] == "biology"]
    assert {(job["Partition"], job["JobState"]) for job in jobs} == {("short", "COMPLETED")}
    asked = {rule_of(job): asked_of_slurm(job) for job in jobs}
    assert set(asked) == ALONE | GROUPS
    for rule in ALONE:
        assert asked[rule] == (*declared[rule], 1), rule
    memory, minutes = declared["figure"]
    assert asked["cycles_figures_figure"] == (memory, 2 * minutes, 1)
    assert not list((fresh.folder / "results").rglob("*partial*"))


def test_a_job_cancelled_midway_is_reported_and_goes_on_from_its_checkpoint(train, cluster, fresh):
    # The configuration wins over the environment, and a checkpoint belongs to neither.
    asked = "slurm={account: physics, partition: short}"
    run = train("search_K4", asked, SBATCH_ACCOUNT="biology")
    (job,) = running(cluster)
    assert rule_of(job) == "cycles_train"
    assert (job["Account"], job["Partition"]) == ("physics", "short")
    run.wait_for("checkpoint", lambda: list(fresh.folder.glob(CHECKPOINTS)))
    cluster.ask("scancel", job["JobId"])
    printed = run.ended_well()
    assert "resumed at" in (fresh.folder / "long/smoke/logs/cycles/train_search_K4.log").read_text()
    assert f"SLURM-job '{job['JobId']}' failed, SLURM status is: 'CANCELLED'" in printed
    assert "Trying to restart job" in printed
    tries = [job["JobState"] for job in cluster.jobs() if rule_of(job) == "cycles_train"]
    assert tries[-2:] == ["CANCELLED", "COMPLETED"]
    assert read_store(fresh.folder / "long/smoke/cycles/search_K4/history.zarr").sizes["model"] == 4


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_is_asked_for_and_a_failure_says_why(submit, cluster):
    target = "gpu/smoke/ssno/ks2d/data/test.zarr"
    run = submit(target, "--config", "results=gpu", "device=cuda", "--retries", "0")
    assert run.status() == 1
    assert "device is 'cuda', but there is no GPU here" in run.printed()
    (job,) = [job for job in cluster.jobs() if "gpu" in job.get("TresPerJob", "")]
    assert (rule_of(job), job["TresPerJob"], job["JobState"]) == (
        "ssno_generate", "gres/gpu:1", "FAILED",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "population"), [("slurm", "tied_K4"), ("generic", "search_K6")]
)
def test_an_interrupted_run_leaves_no_job_behind(train, cluster, pbs, profile, population):
    run = train(population, profile=profile)
    (job,) = running(cluster)
    run.process.send_signal(signal.SIGINT)
    assert run.status() != 0
    cluster.wait_for("empty queue", lambda: not cluster.unfinished(), 60)
    states = {each["JobId"]: each["JobState"] for each in cluster.jobs()}
    assert states[job["JobId"]] == "CANCELLED"


def test_the_generic_profile_submits_asks_and_finishes(submit, fresh, pbs, declared):
    target = "generic/smoke/cycles/data.zarr"
    run = submit(target, "--config", "results=generic", profile="generic")
    run.ended_well()
    memory, minutes = declared["cycles_prepare"]
    *words, script = pbs.read_text().splitlines()
    assert f"select=1:ncpus=1:mem={memory}mb" in words
    assert f"walltime={minutes}:00" in words
    assert str(fresh.folder) in script
    record = json.loads((fresh.folder / "generic/smoke/cycles/jobs/data.zarr.json").read_text())
    assert record["script"] == "scripts/cycles/prepare.py"


def test_no_daemon_is_left_when_a_test_fails(a_slurm):
    context = a_slurm()
    mine = context.__enter__()
    assert len(mine.processes()) >= 3
    failure = ZeroDivisionError()
    assert not context.__exit__(type(failure), failure, None)
    assert mine.processes() == []
    assert not mine.folder.exists()


def test_no_daemon_is_left_when_the_tests_are_killed(a_slurm, cluster):
    reading, writing = os.pipe()
    tests = os.fork()
    if not tests:
        try:
            with a_slurm() as mine:
                os.write(writing, bytes(mine.folder))
                signal.pause()
        finally:
            os._exit(1)
    os.close(writing)
    theirs = replace(cluster, folder=Path(os.fsdecode(os.read(reading, 1000))))
    os.close(reading)
    assert len(theirs.processes()) >= 3
    os.kill(tests, signal.SIGKILL)
    os.waitpid(tests, 0)
    cluster.wait_for("end of the daemons", lambda: not theirs.processes(), 60)
    shutil.rmtree(theirs.folder)
