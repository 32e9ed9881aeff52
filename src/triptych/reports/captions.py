"""A figure's caption: what the script that draws it says it draws."""

from __future__ import annotations

import ast
from pathlib import Path


def caption(script: Path) -> str:
    """Return the first paragraph of a script's docstring.

    Raises
    ------
    ValueError
        If the script has no docstring.
    """
    text = ast.get_docstring(ast.parse(script.read_text()))
    if not text:
        raise ValueError(f"{script} does not say what it draws: it needs a docstring")
    return " ".join(text.split("\n\n")[0].split())
