"""What jobs of a dry run ask for, as lines of JSON; Snakemake itself shows messages instead."""

from __future__ import annotations

import json
from logging import LogRecord

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent


class LogHandler(LogHandlerBase):
    """Prints what each job asks for."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Nothing is set up."""

    def emit(self, record: LogRecord) -> None:
        """Print a job's rule and resources; other records are not shown."""
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            print(json.dumps([record.rule_name, dict(record.resources.items())]), flush=True)
