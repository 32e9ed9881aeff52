"""The claims table of the last run, kept up to date inside of the README."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from triptych.claims.files import read_json
from triptych.claims.render import as_markdown, totals

START, END = "<!-- claims: made by `make readme` -->", "<!-- end of claims -->"


def claims_block(claims: Path) -> str:
    """Return the verdicts of a scale with the date and the machine, as Markdown.

    Parameters
    ----------
    claims
        The judged claims: ``results/<scale>/claims.json``.
    """
    rows = read_json(claims)
    created = json.loads(claims.read_text())["record"].get("created", "unknown date")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    scale = claims.parent.name
    return f"{totals(rows)}: {scale} scale, {created[:10]}, on {machine}.\n\n{as_markdown(rows)}"


def replaced(text: str, block: str) -> str:
    """Return a text with the block between its two marks replaced.

    Raises
    ------
    ValueError
        If the marks are not there, once each and in order.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end) or START in after or END in before + after:
        raise ValueError(f"the text needs one {START!r} and one {END!r} after it")
    return f"{before}{START}\n{block}{END}{after}"
