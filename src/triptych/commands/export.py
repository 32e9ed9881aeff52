"""``export``: results as an RO-Crate."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "make a scale's results an RO-Crate"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("results", type=Path, help="a scale's folder: results/<scale>")
    parser.add_argument("--zip", type=Path, metavar="FILE", help="pack it instead, as an archive")


def run(given: argparse.Namespace) -> int:
    """Describe the folder where it is, or pack it, and say where the crate is."""
    from triptych.inspect.crate import write_archive, write_crate

    if given.zip:
        write_archive(given.results, given.zip)
    else:
        write_crate(given.results)
    print(given.zip or given.results)
    return 0
