"""``fingerprints``: whether the numbers behind the figures agree with their reference values."""

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
        help="the file of reference values (default %(default)s)",
    )
    parser.add_argument("--renew", action="store_true", help="keep what these results say")


def run(given: argparse.Namespace) -> int:
    """Print what does not agree, and fail if there is any; or renew the file first."""
    from triptych.fingerprints.compare import AGREES, as_text, compare, renewed
    from triptych.fingerprints.measure import measure_all
    from triptych.fingerprints.registry import load_registry, save_registry

    registry, scale = load_registry(given.kept), given.results.resolve().name
    measurements = measure_all(registry.of_scale(scale), given.results)
    if given.renew:
        registry = renewed(registry, scale, measurements)
        save_registry(registry, given.kept)
    outcomes = compare(registry, scale, measurements)
    print(as_text(outcomes), end="")
    return int(any(outcome.state != AGREES for outcome in outcomes))
