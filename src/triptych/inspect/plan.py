"""What Snakemake would run to make targets, and its reason for each job."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import dropwhile
from typing import Any

DRY_RUN = ("-m", "snakemake", "--dry-run", "--debug-dag", "--logger", "triptych-plan")
"""Prints a line of JSON a job: ``snakemake_logger_plugin_triptych_plan``."""

PROFILE_CHOSEN = "for setting default command line arguments."


@dataclass(frozen=True)
class PlannedJob:
    """A job that would run, with Snakemake's reason and the parameters ``settings`` and ``code``.

    ``resources`` are what it would ask a scheduler for, which tests look at; ``remade`` are the
    inputs that are made again before it: path → the rule that makes them.
    """

    rule: str
    outputs: list[str]
    inputs: list[str] = field(default_factory=list)
    params: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    resources: dict[str, Any] = field(default_factory=dict)
    remade: dict[str, str] = field(default_factory=dict)


def plan(
    targets: list[str], configfiles: list[str], config: list[str], every: bool = False
) -> list[PlannedJob]:
    """Return what plain ``snakemake`` would run in the current folder, with its default profile.

    Each job comes after those it needs. Rules that only gather files are left out. Targets are
    rules or files; settings are as Snakemake takes them: files, and ``KEY=VALUE`` over these. With
    ``every`` it is as if nothing had run yet.

    Raises
    ------
    ValueError
        If Snakemake cannot plan this, as no rule makes a file or a setting is wrong: in its words.
    """
    words = [sys.executable, *DRY_RUN]
    words += ["--configfile", *configfiles] if configfiles else []
    words += ["--config", *config] if config else []
    words += ["--forceall"] if every else []
    done = subprocess.run([*words, "--", *targets], capture_output=True, text=True, check=False)
    if done.returncode or "Traceback" in done.stderr:
        raise ValueError(_message(done.stderr))
    return _linked(PlannedJob(**json.loads(line)) for line in done.stdout.splitlines())


def _linked(jobs: Iterable[PlannedJob]) -> list[PlannedJob]:
    """Add to jobs, each after those it needs, what they remake; sort them by steps and names."""
    made: dict[str, tuple[int, str]] = {}
    steps = []
    for job in jobs:
        before = {path: made[path] for path in sorted(job.inputs) if path in made}
        step = 1 + max((step for step, _ in before.values()), default=0)
        made |= dict.fromkeys(job.outputs, (step, job.rule))
        remade = {path: rule for path, (_, rule) in before.items()}
        steps.append((step, job.rule, job.outputs, replace(job, remade=remade)))
    return [job for *_, job in sorted(steps, key=lambda step: step[:3]) if job.params]


def _message(errors: str) -> str:
    """Return what Snakemake says is wrong, without its choice of a profile and its own stack."""
    last = errors.rpartition("Traceback (most recent call last):")[2]
    lines = [line for line in last.splitlines() if not line.endswith(PROFILE_CHOSEN)]
    return "\n".join(dropwhile(lambda line: not line or line[0] == " ", lines)).strip()
