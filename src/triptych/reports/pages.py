"""Pages for people, from Jinja templates: they stand alone and load nothing from a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def render_page(template: Path, style: Path, **values: Any) -> str:
    """Return a page with the stylesheet inside.

    Parameters
    ----------
    template
        The template; those that it extends or includes lie beside it.
    style
        The stylesheet, CSS.
    values
        What the template names. Text among them is escaped.

    Raises
    ------
    jinja2.UndefinedError
        If the template names a value that is not given.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(style=Markup(style.read_text()), **values)
