"""Pages from templates."""

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
