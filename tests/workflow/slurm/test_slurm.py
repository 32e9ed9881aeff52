"""Real jobs on a real Slurm, by the profiles that users are given."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from triptych.figures.save import read_record

pytestmark = pytest.mark.slurm

# On a cluster a question a second would be impolite.
SOON = ("--slurm-init-seconds-before-status-checks", "1")
SOON_GENERIC = ("--seconds-between-status-checks", "1")
FIGURES = ("ssno_fig8", "cycles_fig4", "cycles_fig5", "toxicity_fig5")
LOCAL = {"raw_input", "raw_inventory"}
GROUPED = {"ssno_figure", "cycles_figure", "toxicity_figure", "toxicity_split", "toxicity_encode"}

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


def prepared(results: str) -> tuple[str, ...]:
    """Return what asks for one short job, in a results folder of its own."""
    return f"{results}/smoke/cycles/data.zarr", "--config", f"results={results}"


def rule_of(job: dict[str, str]) -> str:
    return job.get("Comment", "").removeprefix("rule_").partition("_wildcards_")[0]


def running(cluster, rule: str) -> dict[str, str] | None:
    """Return the job of a rule that is running now."""
    jobs = [job for job in cluster.jobs() if job["JobState"] == "RUNNING"]
    return next((job for job in jobs if rule in (rule_of(job), "")), None)


def asked_of_slurm(job: dict[str, str]) -> tuple[str, int, int, int]:
    """Return a job's rule, memory (MB), time (minutes) and cores."""
    number, unit = re.fullmatch(r"(\d+)([MG])", job["MinMemoryNode"]).groups()
    days, hours, minutes = re.fullmatch(r"(?:(\d+)-)?(\d+):(\d+):00", job["TimeLimit"]).groups()
    time = int(days or 0) * 1440 + int(hours) * 60 + int(minutes)
    return rule_of(job), int(number) * {"M": 1, "G": 1024}[unit], time, int(job["NumCPUs"])


def declared(fresh, *targets: str) -> set[tuple[str, int, int, int]]:
    """Return the same of every job as the rules declare it."""
    listing = fresh.snakemake(
        *targets, "--dry-run", "--forceall", "--configfile", "config/smoke.yaml"
    ).stdout
    jobs = re.findall(r"^(?:rule|checkpoint) (\w+):\n(.*?)\n\n", listing, re.M | re.S)
    found = set()
    for rule, text in jobs:
        numbers = {name: int(n) for name, n in re.findall(r"\b(mem_mb|runtime)=(\d+)", text)}
        if numbers:
            cores = re.search(r"threads: (\d+)", text)
            found.add((rule, numbers["mem_mb"], numbers["runtime"], int(cores[1]) if cores else 1))
    return found


def test_a_chain_of_each_paper_from_raw_to_figure(submit, cluster, fresh):
    environment = {"SBATCH_PARTITION": "short", "SBATCH_ACCOUNT": "biology"}
    submit(*FIGURES, *SOON, **environment).ended_well(cluster)
    for figure in FIGURES:
        record = read_record(fresh.folder / f"results/smoke/figures/{figure}.png")
        assert record["step"] == f"scripts/{figure.replace('_', '/plot_')}.py"

    jobs = cluster.jobs()
    assert {(job["Partition"], job["Account"]) for job in jobs} == {("short", "biology")}
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    rules = declared(fresh, *FIGURES)
    asked = [asked_of_slurm(job) for job in jobs]
    alone = {job for job in rules if job[0] not in LOCAL | GROUPED}
    assert len(alone) > 8
    assert alone <= set(asked)

    groups = [job for job in asked if job not in alone]
    assert len({job[0] for job in alone}) + len(groups) <= len(asked)
    of_figure = next(job for job in rules if job[0] == "cycles_figure")
    _, memory, minutes, cores = of_figure
    assert ("cycles_figures", memory, 2 * minutes, cores) in groups, "both figures in one job"
    assert not {job[0] for job in asked} & LOCAL
    assert not list((fresh.folder / "results").rglob("*partial*"))


def test_a_cancelled_job_is_reported_and_tried_again(submit, cluster):
    run = submit(*prepared("cancelled"), *SOON)
    cluster.wait_for("running job", lambda: running(cluster, "cycles_prepare"), 300)
    number = running(cluster, "cycles_prepare")["JobId"]
    cluster.ask("scancel", number)
    told = run.ended_well(cluster)
    assert f"SLURM-job '{number}' failed, SLURM status is: 'CANCELLED'" in told
    assert "Trying to restart job" in told
    since = [job for job in cluster.jobs() if int(job["JobId"]) >= int(number)]
    assert [job["JobState"] for job in since] == ["CANCELLED", "COMPLETED"]


def test_a_gpu_is_asked_for_and_a_failure_says_why(submit, cluster):
    target = "gpu/smoke/ssno/ks2d/data/test.zarr"
    run = submit(target, "--config", "results=gpu", "device=cuda", "--retries", "0", *SOON)
    assert run.ended(cluster) == 1
    assert "device is 'cuda', but there is no GPU here" in run.told()
    (job,) = [job for job in cluster.jobs() if "gpu" in job.get("TresPerJob", "")]
    assert (rule_of(job), job["TresPerJob"], job["JobState"]) == (
        "ssno_generate", "gres/gpu:1", "FAILED",
    )  # fmt: skip


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_an_interrupted_run_leaves_no_job_behind(submit, cluster, pbs, profile):
    soon = SOON if profile == "slurm" else SOON_GENERIC
    run = submit(*prepared(f"interrupted_{profile}"), *soon, profile=profile)
    cluster.wait_for("running job", lambda: running(cluster, ""), 300)
    run.process.send_signal(signal.SIGINT)
    assert run.ended(cluster, 120) != 0
    cluster.wait_for("empty queue", lambda: not cluster.unfinished(), 60)


def test_the_generic_profile_submits_asks_and_finishes(submit, cluster, fresh, pbs):
    submit(*prepared("generic"), *SOON_GENERIC, profile="generic").ended_well(cluster)
    ((_, memory, minutes, cores),) = declared(fresh, "cycles_prepare")
    *words, script = pbs.read_text().splitlines()
    assert f"select=1:ncpus={cores}:mem={memory}mb" in words
    assert f"walltime={minutes}:00" in words
    assert str(fresh.folder) in script
    record = json.loads((fresh.folder / "generic/smoke/cycles/jobs/data.zarr.json").read_text())
    assert record["script"] == "scripts/cycles/prepare.py"


def test_no_daemon_is_left_when_a_test_fails(a_slurm):
    def processes(folder):
        text = str(folder).encode()
        return [path for path in Path("/proc").glob("[0-9]*/environ") if text in readable(path)]

    context = a_slurm()
    mine = context.__enter__()
    assert len(processes(mine.folder)) >= 3
    failure = ZeroDivisionError()
    assert not context.__exit__(type(failure), failure, None)
    assert processes(mine.folder) == []
    assert not mine.folder.exists()


def readable(path: Path) -> bytes:
    """Return what a process's file holds, nothing if the process is gone."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
