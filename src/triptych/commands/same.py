"""``same``: two runs compared, digest by digest."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "say whether two runs have the same results, bit by bit"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("left", type=Path, help="a scale's folder: results/<scale>")
    parser.add_argument("right", type=Path, help="another")


def run(given: argparse.Namespace) -> int:
    """Print what differs; status 1 if anything does."""
    from triptych.inspect.same import as_text, compare

    found = compare(given.left, given.right)
    print(as_text(found, given.left, given.right), end="")
    return 0 if found.same else 1
