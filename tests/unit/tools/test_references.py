"""References of docstrings become links to what the page describes."""

from __future__ import annotations

import pytest
from references import with_references

ANCHORS = "".join(
    f'<h2 id="triptych.ssno.{name}"></h2>'
    for name in ("search", "search.best", "fourier.Fourier.embed", "spherical.Spherical.embed")
)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (":func:<code>.search.best</code>", ("triptych.ssno.search.best", "search.best")),
        (
            "see :func:<code>triptych.ssno.search.best</code>",
            ("triptych.ssno.search.best", "ssno.search.best"),
        ),
        (
            ":meth:<code>Fourier.embed</code>",
            ("triptych.ssno.fourier.Fourier.embed", "Fourier.embed"),
        ),
        (":mod:<code>.search</code>", ("triptych.ssno.search", "search")),
    ],
)
def test_what_the_page_describes_is_linked(written, shown):
    anchor, name = shown
    page = with_references(f"{ANCHORS}<p>{written}.</p>")
    assert f'<a href="#{anchor}"><code>{name}</code></a>.' in page
    assert not any(role in page for role in (":func:", ":meth:", ":mod:"))


@pytest.mark.parametrize("name", ["embed", "triptych.toxicity.runs", ".names.NONE"])
def test_what_it_does_not_describe_or_has_twice_is_code(name):
    page = with_references(f"{ANCHORS}<p>:data:<code>{name}</code></p>")
    shown = name.removeprefix("triptych.").removeprefix(".")
    assert page == f"{ANCHORS}<p><code>{shown}</code></p>"


def test_code_that_is_no_reference_stays():
    page = f"{ANCHORS}<p>a: <code>search.best</code></p>"
    assert with_references(page) == page
