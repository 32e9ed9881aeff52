"""Print what the benchmarks measured; or compare its ratios with those kept, or keep them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import guard
import table
from readings import load_session

KEPT = Path(__file__).with_name("baseline.json")


def main(words: list[str] | None = None) -> int:
    """Print the table; or compare, and fail if a ratio got worse or is gone; or keep the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=Path, help="what `make bench` wrote: results/bench.json")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the ratios (%(default)s)")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--check", action="store_true", help="compare with the ratios kept, all of which are wanted"
    )
    choice.add_argument("--renew", action="store_true", help="keep the ratios of this run")
    given = parser.parse_args(words)
    try:
        return run(given)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    """Do what was asked for and return the exit status."""
    session = load_session(given.measured)
    if given.renew:
        guard.save_baseline(guard.kept(session), given.kept)
    elif given.check:
        baseline = guard.load_baseline(given.kept)
        comparison = guard.compare(baseline, session)
        print(guard.as_text(baseline, session, comparison), end="")
        return int(bool(comparison.slower or comparison.missing))
    else:
        print(table.as_text(session), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
