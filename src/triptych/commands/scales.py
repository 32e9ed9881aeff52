"""``scales``: what the paper scale would take, and ten times as much of something."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "estimate what the paper scale would take, from what the laptop scale took"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("results", type=Path, help="the laptop scale's results: results/laptop")
    for option, default, meaning in (
        ("--scale", "config/paper.yaml", "the settings of the scale that is asked for"),
        ("--kept", "benchmarks/baseline.json", "the file of ratios with the exponents of cost"),
    ):
        parser.add_argument(
            option, type=Path, default=Path(default), help=f"{meaning} (default %(default)s)"
        )
    parser.add_argument("--into", type=Path, help="renew the tables inside of this document")


def run(given: argparse.Namespace) -> int:
    """Print the tables, or write them into a document between its marks."""
    import yaml

    from triptych.benchmarks.guard import load_baseline
    from triptych.reports.marked import renew
    from triptych.scales.page import tables
    from triptych.workflow.config.load import load_config

    exponents = load_baseline(given.kept).exponents()
    wanted = load_config(yaml.safe_load(given.scale.read_text()))
    text = tables(given.results, load_config({}), wanted, exponents)
    if given.into:
        renew(given.into, "scales", text)
    else:
        print(text, end="")
    return 0
