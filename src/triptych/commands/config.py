"""``config``: the files that are made from the configuration model."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "write the files that are made from the configuration model"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command is given."""
    parser.add_argument("--check", action="store_true", help="only say which files are stale")


def run(given: argparse.Namespace) -> int:
    """Write the files, or fail if one is stale."""
    from triptych.config.render import rendered

    stale = []
    for path, text in rendered(Path.cwd()).items():
        if not path.exists() or path.read_text() != text:
            stale.append(path)
            if not given.check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
    for path in stale:
        print(f"{'stale' if given.check else 'written'}: {path.relative_to(Path.cwd())}")
    return 1 if stale and given.check else 0
