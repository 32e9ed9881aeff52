"""``check``: which results are not what was written."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "find damaged results, and say how to rebuild each"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("results", type=Path, help="folder to look in: results/<scale>")


def run(given: argparse.Namespace) -> int:
    """Print the damaged results; fail if there are any, or none to check."""
    from triptych.inspect.check import check

    found = check(given.results)
    for path in found.unchecked:
        print(f"{path} carries no digest: not checked")
    for line in found.damaged:
        print(line)
    print(f"{found.checked} results checked, {len(found.damaged)} damaged")
    return 1 if found.damaged or not found.checked else 0
