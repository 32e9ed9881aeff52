"""Small commands around the workflow: ``python -m triptych --help``."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pkgutil import iter_modules

from triptych import commands


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    What the user got wrong, a missing file or a value, ends in one line and status 1.
    """
    parser = argparse.ArgumentParser(prog="python -m triptych", description=__doc__)
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in sorted(module.name for module in iter_modules(commands.__path__)):
        command = import_module(f"triptych.commands.{name}")
        inner = choices.add_parser(name.replace("_", "-"), help=command.HELP)
        command.arguments(inner)
        inner.set_defaults(run=command.run)
    given = parser.parse_args(words)
    try:
        return int(given.run(given))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
