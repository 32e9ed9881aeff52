"""``costs``: time, memory and disk of a scale's jobs."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "say what a scale's jobs took: time, memory, disk"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("results", type=Path, help="a scale's folder: results/<scale>")
    parser.add_argument("--into", type=Path, help="renew the table inside of this document")


def run(given: argparse.Namespace) -> int:
    """Print the table, or write it into a document between its marks."""
    from triptych.reports.costs import as_markdown, as_text, measured_jobs
    from triptych.reports.marked import renew

    jobs = measured_jobs(given.results)
    if given.into:
        renew(given.into, "costs", as_markdown(jobs))
    else:
        print(as_text(jobs), end="")
    return 0
