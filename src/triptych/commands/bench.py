"""``bench``: what the benchmarks measured, and what got slower."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "print what the benchmarks measured, or what got slower"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("measured", type=Path, help="what `make bench` wrote: results/bench.json")
    parser.add_argument(
        "--kept",
        type=Path,
        default=Path("benchmarks/baseline.json"),
        help="the file of ratios that are kept (default %(default)s)",
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="compare with the ratios kept")
    choice.add_argument("--renew", action="store_true", help="keep the ratios of this run")


def run(given: argparse.Namespace) -> int:
    """Print the table; or compare, and fail if something got slower; or keep the ratios."""
    from triptych.benchmarks import guard, table
    from triptych.benchmarks.readings import load_session

    session = load_session(given.measured)
    if given.renew:
        guard.save_baseline(guard.kept(session), given.kept)
    elif given.check:
        baseline = guard.load_baseline(given.kept)
        found = guard.compare(baseline, session)
        print(guard.as_text(baseline, session, found), end="")
        return int(bool(found.slower))
    else:
        print(table.as_text(session), end="")
    return 0
