"""The claims table of the last run, for the README."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from triptych.claims.files import read_json
from triptych.claims.render import as_markdown, totals


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
