"""``why``: the jobs that would run, and what differs for each."""

from __future__ import annotations

import argparse
import json

HELP = "say which jobs would run, and what changed"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", help="a rule, such as cycles_fig4, or a file"
    )
    for option, value, meaning in (
        ("--configfile", "FILE", "settings over config/config.yaml; may be given again"),
        ("--config", "KEY=VALUE", "a setting, as Snakemake takes it; may be given again"),
    ):
        parser.add_argument(option, metavar=value, help=meaning, action="append", default=[])
    parser.add_argument("--json", action="store_true", help="for machines")


def run(given: argparse.Namespace) -> int:
    """Print the jobs with their causes."""
    from triptych.inspect.plan import plan
    from triptych.inspect.why import as_json, as_text, why

    found = why(plan(given.targets, given.configfile, given.config))
    if given.json:
        print(json.dumps(as_json(found), indent=1))
    else:
        print(as_text(found), end="")
    return 0
