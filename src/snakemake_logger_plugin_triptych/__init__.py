"""What a run of Snakemake shows: a line a finished job, how far long ones are, every error whole.

Snakemake finds this package by its name, and ``logger: [triptych]`` in a profile switches it on.
Dry runs and ``--verbose`` show Snakemake's own words, and its log file keeps them in any case.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_triptych.jobs import Run, duration

LONG_S = 30.0
"""Jobs that take longer say how far they are, and again whenever as much time has passed."""

LOOK_S = 2.0
"""How often is looked for such jobs."""

CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Building DAG",
    "Using shell",
    "Provided ",
    "Group jobs: inactive",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Select jobs",
)
"""How messages begin that nobody waits for; they are in Snakemake's log file."""

SAID_OTHERWISE = (LogEvent.JOB_STARTED, LogEvent.GROUP_INFO, LogEvent.RESOURCES_INFO)
"""Events of a run that others tell of as well: a group's jobs are shown one by one."""

Answer = Callable[[Any], None]


class LogHandler(LogHandlerBase):
    """Prints what a person wants to see of a run; Snakemake calls it from one thread."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = False  # Snakemake's own: what --quiet and the like leave out
    has_formatter = False  # likewise: how errors and dry runs read
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Prepare the terminal, or the file or pipe that stands for it."""
        shown = self.common_settings
        self._console = Console(stderr=not shown.stdout, no_color=shown.nocolor or None)
        self._run = Run()
        self._live: Live | None = None
        self._over = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._answers: dict[str, Answer] = {}
        if not (shown.dryrun or shown.verbose):
            self._answers = {
                LogEvent.RUN_INFO: self._run_begins,
                LogEvent.JOB_INFO: self._run.start,
                LogEvent.JOB_FINISHED: self._job_finished,
                LogEvent.PROGRESS: self._progress,
                LogEvent.JOB_ERROR: self._job_failed,
                **dict.fromkeys(SAID_OTHERWISE, lambda record: None),
            }
        self._answers[LogEvent.WORKFLOW_STARTED] = lambda record: None

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record, or take it down for what is shown later."""
        answer = self._answers.get(getattr(record, "event", ""), self._pass_on)
        try:
            with self._one_at_a_time:
                answer(record)
        except Exception:  # as every handler of the standard library: logging stops no run
            self.handleError(record)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        if self._live:
            self._live.stop()
            self._live = None
        super().close()

    def _pass_on(self, record: logging.LogRecord) -> None:
        """Print what Snakemake says in its own words."""
        text = self.format(record)
        chatter = record.levelno <= logging.INFO and text.startswith(CHATTER)
        if text in ("", "None") or (chatter and not self.common_settings.verbose):
            return
        if getattr(record, "event", None) == LogEvent.JOB_INFO:
            text = f"\n{text}"
        styles = {logging.WARNING: "yellow", logging.ERROR: "red"}
        self._print(text, style=styles.get(record.levelno, ""))

    def _print(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style=style), soft_wrap=True)

    def _run_begins(self, record: Any) -> None:
        self._run.plan(record.stats, record.created)
        self._print(f"{self._run.total} jobs to do")
        if self._console.is_interactive:
            self._live = Live(
                get_renderable=self._status,
                console=self._console,
                refresh_per_second=1,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),
            )
            self._live.start()
        else:
            threading.Thread(target=self._report_long_jobs, daemon=True).start()

    def _job_finished(self, record: Any) -> None:
        job = self._run.finish(record.job_id, record.created)
        if job and job.makes_files:
            self._print(
                " · ".join([self._run.count(), job.title, duration(job.seconds), *self._left()])
            )

    def _progress(self, record: Any) -> None:
        self._run.done, self._run.total = record.done, record.total
        if record.done == record.total:
            self._print(f"{record.done} of {record.total} jobs done", style="green")

    def _job_failed(self, record: Any) -> None:
        job = self._run.fail(record.jobid)
        if job:
            after = duration(record.created - job.started)
            self._print(f"failed after {after} · {job.title}", style="red")
        self._pass_on(record)

    def _report_long_jobs(self) -> None:
        while not self._over.wait(LOOK_S):
            with self._one_at_a_time:
                self._long_jobs(time.time())

    def _long_jobs(self, now: float) -> None:
        """Print what is new in the log of each job that has run for long since its last line."""
        for job in self._run.running.values():
            if now - job.reported >= LONG_S and job.last_line():
                job.reported = now
                self._print(f"{'':{len(self._run.count())}}   {job.says(now)}")

    def _status(self) -> Group:
        """Return what stands at the bottom of a terminal: the running jobs, and the whole."""
        now = time.time()
        jobs = [f"  {job.says(now)}" for job in list(self._run.running.values())]
        lines = [*jobs, " · ".join([self._run.count(), *self._left()])]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines))

    def _left(self) -> list[str]:
        left = self._run.seconds_left(time.time())
        return [f"about {duration(left)} left"] if left is not None else []
