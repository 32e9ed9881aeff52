"""A dry run for programs: every job that would run is a line of JSON.

``snakemake --dry-run --debug-dag --logger triptych-plan`` prints each job after those it needs.
Snakemake's record of a job to run has no parameters; ``--debug-dag`` hands out the jobs, which do.
"""

from __future__ import annotations

import json
import logging
import sys
from functools import cached_property
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent


class LogHandler(LogHandlerBase):
    """Prints jobs to standard output, errors to standard error, and nothing else."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True  # none: --quiet leaves nothing out
    has_formatter = False  # Snakemake's own: how errors read
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Prepare for the jobs that Snakemake looks at."""
        self._jobs: set[Any] = set()

    def emit(self, record: Any) -> None:
        """Take down a job, or print one that would run."""
        event = getattr(record, "event", None)
        try:
            if event == LogEvent.DEBUG_DAG and getattr(record, "job", None):
                self._jobs.add(record.job)
            elif event == LogEvent.JOB_INFO:
                print(json.dumps(self._described(record)))
            elif record.levelno >= logging.ERROR:
                print(self.format(record), file=sys.stderr)
        except Exception:  # as every handler of the standard library: said on standard error
            self.handleError(record)

    @cached_property
    def _jobs_by_number(self) -> dict[int, Any]:
        return {job.jobid: job for job in self._jobs}

    def _described(self, record: Any) -> dict[str, Any]:
        job = self._jobs_by_number[record.jobid]
        return {
            "rule": record.rule_name,
            "inputs": record.input,
            "outputs": record.output,
            "params": json.loads(job.properties()).get("params", {}),
            "reason": record.reason.strip(),
            "resources": dict(record.resources.items()),
        }
