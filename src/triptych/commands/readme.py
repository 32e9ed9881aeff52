"""``readme``: the claims table inside of the README."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "renew the claims table inside of the README"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("claims", type=Path, help="evaluated claims: results/<scale>/claims.json")
    parser.add_argument("readme", type=Path, help="the README")


def run(given: argparse.Namespace) -> int:
    """Write the table into the file, between its marks."""
    from triptych.claims.readme import claims_block
    from triptych.reports.marked import renew

    renew(given.readme, "claims", claims_block(given.claims))
    return 0
