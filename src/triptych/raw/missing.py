"""Which raw inputs a run had to do without: what it says last.

A job that fails leaves no output, so why it failed is noted beside the jobs' records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triptych.raw.sources import RawInputError
from triptych.runtime.layout import job_file

SUFFIX = ".missing"


@contextmanager
def noted(folder: Path) -> Iterator[None]:
    """Note why the raw input of this folder could not be had; the error goes on."""
    note = job_file(folder, SUFFIX)
    note.unlink(missing_ok=True)
    try:
        yield
    except RawInputError as error:
        note.write_text(str(error), "utf-8")
        raise


def forget(results: Path) -> None:
    """Remove the notes of former runs: their raw inputs may not be needed now."""
    for note in _notes(results):
        note.unlink(missing_ok=True)


def why_missing(results: Path) -> list[str]:
    """Return which raw inputs could not be had and why, and what to do; empty if all were."""
    notes = [note.read_text("utf-8") for note in _notes(results)]
    if notes:
        notes.append("The same command tries again, and then runs what waits and nothing else.")
    return notes


def _notes(results: Path) -> list[Path]:
    return sorted((results / "raw" / "jobs").glob(f"*{SUFFIX}"))
