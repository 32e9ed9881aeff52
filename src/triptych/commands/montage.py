"""``montage``: the figures of a scale as one picture."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "put a scale's figures together as one picture"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("figures", type=Path, help="folder of figures: results/<scale>/figures")
    parser.add_argument("picture", type=Path, help="the PNG to write")


def run(given: argparse.Namespace) -> int:
    """Write the picture."""
    from triptych.figures.montage import save_montage

    save_montage(sorted(given.figures.glob("*.png")), given.picture)
    return 0
