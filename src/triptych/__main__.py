"""Small commands around the workflow: ``python -m triptych --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(words: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m triptych", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    config = commands.add_parser(
        "config", help="write the files that are made from the configuration model"
    )
    config.add_argument("--check", action="store_true", help="only say which files are stale")
    config.set_defaults(run=_config)
    wall = commands.add_parser("wall", help="put a scale's figures together as one picture")
    wall.add_argument("figures", type=Path, help="folder of figures: results/<scale>/figures")
    wall.add_argument("picture", type=Path, help="the PNG to write")
    wall.set_defaults(run=_wall)
    explain = commands.add_parser("explain", help="say which steps led to a result, back to raw")
    explain.add_argument("result", type=Path, help="a store, weights file, figure or JSON result")
    explain.add_argument("--results", type=Path, help="folder to look in: results/<scale>")
    explain.add_argument("--json", action="store_true", help="for machines")
    explain.set_defaults(run=_explain)
    readme = commands.add_parser("readme", help="renew the claims table inside of the README")
    readme.add_argument("claims", type=Path, help="judged claims: results/<scale>/claims.json")
    readme.add_argument("readme", type=Path, help="the README")
    readme.set_defaults(run=_readme)
    given = parser.parse_args(words)
    return int(given.run(given))


def _config(given: argparse.Namespace) -> int:
    from triptych.workflow.config.render import rendered

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


def _wall(given: argparse.Namespace) -> int:
    from triptych.figures.wall import figure_wall

    figure_wall(sorted(given.figures.glob("*.png")), given.picture)
    return 0


def _explain(given: argparse.Namespace) -> int:
    import json

    from triptych.workflow.explain import as_text, explain

    try:
        node = explain(given.result, given.results)
    except (FileNotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(node.as_json(), indent=1) if given.json else as_text(node), end="")
    return 0


def _readme(given: argparse.Namespace) -> int:
    from triptych.claims.readme import claims_block, replaced

    given.readme.write_text(replaced(given.readme.read_text(), claims_block(given.claims)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
