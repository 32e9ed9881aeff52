"""References of docstrings, such as ``:func:`.search.best```, as links on the pages of the site."""

from __future__ import annotations

import re

REFERENCE = re.compile(r":(?:class|data|func|meth|mod):<code>\.?([\w.]+)</code>")
ANCHOR = re.compile(r'id="(triptych[\w.]*)"')


def with_references(page: str) -> str:
    """Return a page's HTML with a link for each reference to something that it describes.

    A reference is the end of a full name. One that the page does not describe, or that several
    names end in, is shown as code.
    """
    anchors = set(ANCHOR.findall(page))

    def shown(match: re.Match[str]) -> str:
        name = match[1]
        targets = [a for a in anchors if a == name or a.endswith(f".{name}")]
        code = f"<code>{name.removeprefix('triptych.')}</code>"
        return f'<a href="#{targets[0]}">{code}</a>' if len(targets) == 1 else code

    return REFERENCE.sub(shown, page)
