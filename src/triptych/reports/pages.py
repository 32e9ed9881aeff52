"""Pages from templates, and tables inside of documents that people write."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def render_page(template: Path, style: Path, **values: Any) -> str:
    """Return a page from a Jinja template, with the stylesheet inside: it loads nothing.

    Templates that it extends or includes lie beside it. Text among the values is escaped.

    Raises
    ------
    jinja2.UndefinedError
        If the template names a value that is not given.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(style=Markup(style.read_text()), **values)


def marks(name: str) -> tuple[str, str]:
    """Return the two comments that a table of this name stands between."""
    return f"<!-- {name}: written by `triptych` -->", f"<!-- end of {name} -->"


def renew(document: Path, name: str, block: str) -> None:
    """Write a block of lines between the marks of its name; see :func:`replaced`."""
    document.write_text(replaced(document.read_text(), name, block))


def replaced(text: str, name: str, block: str) -> str:
    """Return a text with the block of lines between the marks of this name replaced.

    Raises
    ------
    ValueError
        If the marks are not there, once each and in order.
    """
    start, end = marks(name)
    before, opening, rest = text.partition(start)
    _, closing, after = rest.partition(end)
    if not (opening and closing) or start in after or end in before + after:
        raise ValueError(f"the text needs one {start!r} and one {end!r} after it")
    return f"{before}{start}\n{block}{end}{after}"
