"""What a run says last: which raw inputs it had to do without.

A job that fails leaves no output, so why it failed is noted beside the jobs' records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from triptych.raw.sources import RawInputError
from triptych.runtime.layout import job_file, what_next

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
    for note in (results / "raw" / "jobs").glob(f"*{SUFFIX}"):
        note.unlink(missing_ok=True)


def closing_words(results: Path, needed: Iterable[str]) -> str:
    """Return what to look at next, and why which of the raw inputs needed were not had."""
    notes = [job_file(results / "raw" / name, SUFFIX) for name in needed]
    reasons = [note.read_text("utf-8") for note in notes if note.exists()]
    words = [what_next(results), *reasons]
    if reasons:
        words.append("The same command tries again, and then runs what waits and nothing else.")
    return "\n".join(words)
