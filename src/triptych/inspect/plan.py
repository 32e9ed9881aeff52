"""What Snakemake would run to make targets, and its reason for each job.

Snakemake's API runs a plan but does not hand it out. This module alone reaches for it, as
Snakemake 9.17 to 9.27 keep it: what another version moves is mended here.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.cli import parse_args, parse_config
from snakemake.exceptions import ApiError, CliException, RuleException, WorkflowError
from snakemake.settings.enums import Quietness
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    ResourceSettings,
)

from triptych.runtime.step import Job, from_snakemake


@dataclass(frozen=True)
class PlannedJob:
    """A job that would run.

    Attributes
    ----------
    rule
        The name of its rule.
    job
        What its script would be given.
    reasons
        Why it would run, in Snakemake's words.
    remade
        Of the inputs that are made again before it: path → the rule that makes them.
    """

    rule: str
    job: Job
    reasons: tuple[str, ...] = ()
    remade: tuple[tuple[str, str], ...] = ()


class PlanError(ValueError):
    """Snakemake cannot plan this; the message is its own."""


def plan(
    targets: Sequence[str], configfiles: Sequence[str], config: Sequence[str]
) -> list[PlannedJob]:
    """Return what plain ``snakemake`` would run in the current folder, with its default profile.

    Each job comes after those it needs.

    Parameters
    ----------
    targets
        Names of rules, or files.
    configfiles
        Settings over those of the Snakefile's own configuration, in this order.
    config
        ``KEY=VALUE`` over all of these, as Snakemake reads it.

    Raises
    ------
    PlanError
        If there is no such target, a file is missing that no rule makes, or the rules are wrong.
    """
    words = ["--configfile", *configfiles] if configfiles else []
    words += ["--config", *config] if config else []
    given = _as_snakemake_reads([*words, "--", *targets])
    quiet = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)
    try:
        with SnakemakeApi(quiet) as api:
            workflow_api = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(
                    config=parse_config(given.config), configfiles=given.configfile
                ),
            )
            workflow_api.dag(
                DAGSettings(
                    targets=given.targets,
                    rerun_triggers=given.rerun_triggers,
                    force_incomplete=given.rerun_incomplete,
                )
            )
            return _planned_jobs(_graph(workflow_api._workflow))
    except (ApiError, CliException, RuleException, WorkflowError, SystemExit) as error:
        raise PlanError(str(error)) from error


def _as_snakemake_reads(words: list[str]) -> Any:
    """Return the arguments of a command line, with those of the project's profile."""
    said = io.StringIO()  # which profile is used, or what is wrong in it
    try:
        with redirect_stderr(said):
            return parse_args(words)[1]
    except SystemExit:
        raise PlanError(said.getvalue().strip()) from None


def _graph(workflow: Any) -> Any:
    """Build the graph of jobs as ``snakemake --list-params-changes`` does: nothing is locked."""
    workflow._prepare_dag(forceall=False, ignore_incomplete=False, lock_warn_only=True)
    workflow._build_dag()
    return workflow.dag


def _planned_jobs(dag: Any) -> list[PlannedJob]:
    levels = (sorted(level, key=_rule_and_outputs) for level in dag.toposorted())
    running = [job for level in levels for job in level if dag.needrun(job)]
    # A rule without a script only gathers files: every rule that computes has one.
    return [_planned(job, dag) for job in running if job.rule.script]


def _rule_and_outputs(job: Any) -> tuple[str, list[str]]:
    return job.rule.name, list(map(str, job.output))


def _planned(job: Any, dag: Any) -> PlannedJob:
    remade = {
        (str(file), before.rule.name)
        for before, files in dag.dependencies[job].items()
        if dag.needrun(before)
        for file in files
    }
    return PlannedJob(
        rule=job.rule.name,
        job=from_snakemake(job, job.format_wildcards(job.rule.script)),
        reasons=tuple(_reasons(dag.reason(job))),
        remade=tuple(sorted(remade)),
    )


def _reasons(reason: Any) -> Iterator[str]:
    for name in reason.get_names():
        files = sorted(reason.updated_input) if name == "updated input files" else []
        yield f"{name}: {', '.join(files)}" if files else name
