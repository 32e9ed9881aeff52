"""What Snakemake makes of the profiles, and the generic one's word on a job."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from snakemake.cli import parse_args


@pytest.fixture
def settings(project, monkeypatch):
    """Return what the command line comes to with a profile, beside the default one."""
    monkeypatch.chdir(project)
    for name in ("SNAKEMAKE_PROFILE", "SBATCH_ACCOUNT", "SBATCH_PARTITION"):
        monkeypatch.delenv(name, raising=False)
    return lambda *words: parse_args([*words, "all"])[1]


def rules(project) -> set[str]:
    text = "\n".join(path.read_text() for path in (project / "rules").glob("*.smk"))
    return set(re.findall(r"^rule (\w+):", text, re.MULTILINE))


def bodies(project) -> dict[str, str]:
    """Return the text of each rule, by its name."""
    text = "\n".join(path.read_text() for path in (project / "rules").glob("*.smk"))
    parts = re.split(r"^rule (\w+):", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_local_runs_go_on_after_a_failure_and_repeat_downloads_alone(settings, project):
    given = settings()
    assert (given.executor, given.retries, given.latency_wait) == (None, 0, 5)
    assert given.keep_going
    assert given.rerun_incomplete
    assert not given.printshellcmds
    retried = [path for path in (project / "rules").glob("*.smk") if "retries:" in path.read_text()]
    assert [path.name for path in retried] == ["raw.smk"]


@pytest.mark.parametrize("profile", ["slurm", "generic"])
def test_clusters_wait_for_files_and_try_again(settings, profile):
    given = settings("--profile", f"profiles/{profile}")
    assert (given.retries, given.latency_wait) == (1, 60)
    assert given.keep_going
    assert given.rerun_triggers == settings().rerun_triggers


def test_account_and_partition_come_from_the_environment(settings, monkeypatch):
    def asked():
        given = settings("--profile", "profiles/slurm").default_resources
        return {name: given[name].raw for name in ("slurm_account", "slurm_partition")}

    assert asked() == {"slurm_account": "", "slurm_partition": ""}
    monkeypatch.setenv("SBATCH_ACCOUNT", "biology")
    monkeypatch.setenv("SBATCH_PARTITION", "short")
    assert asked() == {"slurm_account": "biology", "slurm_partition": "short"}


@pytest.mark.parametrize("profile", [(), ("--profile", "profiles/slurm")])
def test_the_configuration_wins_over_the_environment(fresh, monkeypatch, profile):
    monkeypatch.setenv("SBATCH_ACCOUNT", "biology")
    asked = "slurm={account: physics, partition: long}"
    target = ("cycles_fig4", "--configfile", "config/smoke.yaml")
    told = fresh.snakemake("--dry-run", *target, *profile, "--config", asked).stdout
    (line,) = [line for line in told.splitlines() if "slurm_account=" in line]
    assert "slurm_account=physics" in line
    assert "slurm_partition=long" in line


def test_a_rule_asks_for_what_file_configuration_and_command_line_say_in_turn(fresh, tmp_path):
    scale = tmp_path / "mine.yaml"
    scale.write_text("requests: {cycles_fig4: {mem_mb: 7000, runtime: 600}}\n")

    # Snakemake prints what a job asks for if its rule has no message of its own.
    def asked(*words):
        target = ("cycles_fig4", "--configfile", "config/smoke.yaml", scale)
        told = fresh.snakemake("--dry-run", *target, *words).stdout
        return {word: int(re.search(rf"\b{word}=(\d+)", told)[1]) for word in ("mem_mb", "runtime")}

    assert asked() == {"mem_mb": 7000, "runtime": 600}
    request = ("--config", "requests={cycles_fig4: {runtime: 77}}")
    assert asked(*request) == {"mem_mb": 7000, "runtime": 77}
    more = ("--set-resources", "cycles_fig4:mem_mb=9000")
    assert asked(*request, *more) == {"mem_mb": 9000, "runtime": 77}


def test_a_request_of_a_rule_that_is_not_there_is_refused(fresh):
    target = ("cycles_fig4", "--configfile", "config/smoke.yaml")
    request = "requests={cycles_trian: {mem_mb: 7000}}"
    refused = fresh.snakemake("--dry-run", *target, "--config", request, check=False)
    assert refused.returncode != 0
    assert "requests.cycles_trian: there is no such rule; rules: " in refused.stderr


def test_rules_that_ask_for_a_gpu_are_those_of_the_gpu_partition(project):
    asking = {name for name, body in bodies(project).items() if "gpu=" in body}
    page = (project / "docs/clusters.md").read_text()
    assert set(re.findall(r"(\w+):slurm_partition=gpu", page)) == asking


def test_a_paper_has_its_figures_in_one_job(settings, project):
    given = settings("--profile", "profiles/slurm")
    assert set(given.groups) <= rules(project)
    assert set(given.group_components) == set(given.groups.values())
    for paper in ("ssno", "cycles", "toxicity"):
        figures = list((project / f"scripts/{paper}").glob("plot_fig*.py"))
        assert given.group_components[given.groups[f"{paper}_figure"]] == len(figures)


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
        (None, "running"),
    ],
)
def test_what_pbs_says_in_one_word(project, tmp_path, record, word):
    text = f"cat <<'END'\nJob Id: 7.host\n    {record}\nEND" if record else "exit 255"
    (tmp_path / "qstat").write_text(f"#!/bin/sh\n[ \"$*\" = '-x -f 7.host' ] || exit 2\n{text}\n")
    (tmp_path / "qstat").chmod(0o755)
    said = subprocess.run(
        [project / "profiles/generic/status.sh", "7.host"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"{word}\n"
