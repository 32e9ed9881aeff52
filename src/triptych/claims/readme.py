"""The claims table of the last run, for the README."""

from __future__ import annotations

import json
from pathlib import Path

from triptych.claims.files import read_json
from triptych.claims.render import as_markdown, totals


def claims_block(claims: Path) -> str:
    """Return the verdicts of a scale with the date of the run, as Markdown.

    Parameters
    ----------
    claims
        The evaluated claims: ``results/<scale>/claims.json``.
    """
    rows = read_json(claims)
    created = json.loads(claims.read_text())["record"].get("created", "unknown date")
    return f"{totals(rows)}: {claims.parent.name} scale, {created[:10]}.\n\n{as_markdown(rows)}"
