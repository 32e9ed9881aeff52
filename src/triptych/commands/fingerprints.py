"""``fingerprints``: whether the numbers behind the figures came out as those that are kept."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "say which numbers behind the figures came out otherwise"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("results", type=Path, help="results of a scale: results/<scale>")
    parser.add_argument(
        "--kept",
        type=Path,
        default=Path("config/fingerprints.json"),
        help="the file of fingerprints (default %(default)s)",
    )
    parser.add_argument("--renew", action="store_true", help="keep what these results say")


def run(given: argparse.Namespace) -> int:
    """Print what does not agree, and fail if there is any; or renew the file first."""
    from triptych.fingerprints.compare import AGREES, as_text, compare, renewed
    from triptych.fingerprints.ledger import load_ledger, save_ledger
    from triptych.fingerprints.measure import measure_all

    ledger, scale = load_ledger(given.kept), given.results.resolve().name
    found = measure_all(ledger.of_scale(scale), given.results)
    if given.renew:
        ledger = renewed(ledger, scale, found)
        save_ledger(ledger, given.kept)
    outcomes = compare(ledger, scale, found)
    print(as_text(outcomes), end="")
    return int(any(outcome.state != AGREES for outcome in outcomes))
