"""What Snakemake makes of the profiles, and the generic one's word on a job."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
import yaml
from figure_scripts import FIGURES

TARGET = ("cycles_fig4", "--configfile", "config/smoke.yaml")


@pytest.fixture
def settings(project):
    """Return the settings of a profile."""

    def of(profile):
        return yaml.safe_load((project / "profiles" / profile / "config.yaml").read_text())

    return of


def test_local_runs_repeat_downloads_alone(settings, project):
    local = settings("default")
    assert local["keep-going"]
    assert local["rerun-incomplete"]
    # What it says wins over the other profiles, so what a cluster needs is not in it.
    assert not {"executor", "retries", "latency-wait"} & set(local)
    retried = [path for path in (project / "rules").glob("*.smk") if "retries:" in path.read_text()]
    assert [path.name for path in retried] == ["raw.smk"]


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_clusters_wait_for_files_and_try_again(settings, profile):
    cluster = settings(profile)
    assert cluster["retries"] > 0
    assert cluster["latency-wait"] > 0
    assert not set(settings("default")) & set(cluster)


def test_account_and_partition_come_from_the_environment(fresh, monkeypatch):
    def submitter():
        walk = fresh.asked(*TARGET, "--profile", "profiles/slurm")["cycles_walk"]
        return [walk[name] for name in ("slurm_account", "slurm_partition")]

    for name in ("SBATCH_ACCOUNT", "SBATCH_PARTITION"):
        monkeypatch.delenv(name, raising=False)
    assert submitter() == ["", ""]
    monkeypatch.setenv("SBATCH_ACCOUNT", "biology")
    monkeypatch.setenv("SBATCH_PARTITION", "short")
    assert submitter() == ["biology", "short"]


@pytest.mark.parametrize("profile", [(), ("--profile", "profiles/slurm")])
def test_the_configuration_wins_over_the_environment(fresh, monkeypatch, profile):
    monkeypatch.setenv("SBATCH_ACCOUNT", "biology")
    submitter = "slurm={account: physics, partition: long}"
    asked = fresh.asked(*TARGET, *profile, "--config", submitter)["cycles_walk"]
    assert (asked["slurm_account"], asked["slurm_partition"]) == ("physics", "long")


def test_a_rule_asks_for_what_file_configuration_and_command_line_say_in_turn(fresh, tmp_path):
    scale = tmp_path / "mine.yaml"
    rules = ("cycles_prepare", "cycles_train", "cycles_walk")
    lines = [f"  {rule}: {{mem_mb: 7000, runtime: 600}}\n" for rule in rules]
    scale.write_text("resources:\n" + "".join(lines))
    request = ("--config", "resources={cycles_train: {runtime: 77}, cycles_walk: {runtime: 77}}")
    more = ("--set-resources", "cycles_walk:mem_mb=9000")
    asked = fresh.asked(*TARGET, scale, *request, *more)
    assert [(asked[rule]["mem_mb"], asked[rule]["runtime"]) for rule in rules] == [
        (7000, 600),
        (7000, 77),
        (9000, 77),
    ]


@pytest.fixture(scope="module")
def asked_with_gpu(fresh):
    """Return what all jobs ask for that run with a GPU."""
    words = ("--configfile", "config/smoke.yaml", "--config", "device=cuda")
    return fresh.asked("all", "reports", "verify", *words)


def test_every_rule_with_a_job_asks_under_its_own_name(fresh, asked_with_gpu, tmp_path):
    rules = [rule for rule, asked in asked_with_gpu.items() if "mem_mb" in asked]
    assert set(asked_with_gpu) - set(rules) == {"all", "reports"}
    minutes = {rule: 1000 + n for n, rule in enumerate(rules)}
    scale = tmp_path / "mine.yaml"
    scale.write_text(yaml.safe_dump({"resources": {r: {"runtime": m} for r, m in minutes.items()}}))
    smoke = ("--configfile", "config/smoke.yaml", scale)
    asked = fresh.asked("all", "reports", "verify", *smoke)
    assert {rule: asked[rule]["runtime"] for rule in rules} == minutes


def test_rules_that_ask_for_a_gpu_are_those_of_the_gpu_partition(asked_with_gpu, project):
    asking = {rule for rule, asked in asked_with_gpu.items() if asked.get("gpu")}
    page = (project / "docs/clusters.md").read_text()
    assert set(re.findall(r"(\w+):slurm_partition=gpu", page)) == asking


def test_a_paper_has_its_figures_in_one_job(settings, asked_with_gpu):
    slurm = settings("slurm")
    groups, components = slurm["groups"], slurm["group-components"]
    assert set(groups) <= set(asked_with_gpu)
    assert set(components) == set(groups.values())
    assert groups["figure"] == "{paper}_figures"
    assert components["{paper}_figures"] > len(FIGURES)


@pytest.mark.parametrize(
    ("record", "word"),
    [
        ("job_state = Q", "running"),
        ("job_state = R", "running"),
        ("job_state = E", "running"),
        ("job_state = F\n    Exit_status = 0", "success"),
        ("job_state = F\n    Exit_status = 1", "failed"),
        ("job_state = F\n    Exit_status = 271", "failed"),
        ("job_state = F", "failed"),
    ],
)
def test_what_pbs_says_in_one_word(project, tmp_path, record, word):
    text = f"cat <<'END'\nJob Id: 7.host\n    {record}\nEND"
    assert pbs_status(project, tmp_path, text) == f"{word}\n"


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("cannot connect to server pbs01 (errno=15010)", "running"),
        ("Unknown Job Id 7.host", "failed"),
        ("PBS is not configured to maintain job history", "failed"),
    ],
)
def test_a_job_that_pbs_forgot_has_failed_and_no_answer_is_no_verdict(
    project, tmp_path, message, word
):
    text = f"echo 'qstat: {message}' >&2; exit 35"
    assert pbs_status(project, tmp_path, text) == f"{word}\n"


def pbs_status(project, tmp_path, text):
    """Return what the status command prints where `qstat` does what a text says."""
    (tmp_path / "qstat").write_text(f"#!/bin/sh\n[ \"$*\" = '-x -f 7.host' ] || exit 2\n{text}\n")
    (tmp_path / "qstat").chmod(0o755)
    return subprocess.run(
        [project / "profiles/generic/status.sh", "7.host"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
