"""The tutorials of the docs, as what a reader does who follows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from checkout import Checkout

BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.+?)^```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A block of code of a page; one with a title is that of a file."""

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    return [Block(*block) for block in BLOCK.findall(page.read_text())]


def followed(checkout: Checkout, name: str) -> str:
    """Follow a tutorial in a checkout, and return what was printed last."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(checkout.folder / "src"),
    }
    environment.pop("SNAKEMAKE_PROFILE", None)
    page = checkout.folder / f"docs/tutorials/{name}.md"
    return follow(page, checkout.folder, environment)


def follow(page: Path, folder: Path, environment: dict[str, str]) -> str:
    """Do in a folder what a page says, and return what its last command printed.

    Files are written, or appended to where they are there; commands run in a shell.
    """
    printed = ""
    for block in blocks(page):
        if block.title:
            with (folder / block.title).open("a") as file:
                file.write(f"\n{block.text}")
        elif block.language == "sh":
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block.text],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
            )
            printed = done.stdout
            assert done.returncode == 0, f"{block.text}{printed[-4000:]}\n{done.stderr[-4000:]}"
    return printed
