"""``explain``: the chain of steps behind a result."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "say which steps led to a result, back to raw"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("result", type=Path, help="a store, weights file, figure or JSON result")
    parser.add_argument("--results", type=Path, help="folder to look in: results/<scale>")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--full", action="store_true", help="with parameters, versions, digests")
    form.add_argument("--json", action="store_true", help="for machines")


def run(given: argparse.Namespace) -> int:
    """Print the chain."""
    from triptych.inspect.explain import as_full_text, as_text, explain

    node = explain(given.result, given.results)
    if given.json:
        print(json.dumps(node.as_json(), indent=1), end="")
    else:
        print(as_full_text(node) if given.full else as_text(node), end="")
    return 0
