"""Pages from templates, and captions from scripts."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from triptych.reports.captions import caption, captions, first_sentence
from triptych.reports.pages import render_page


@pytest.fixture
def style(tmp_path):
    path = tmp_path / "style.css"
    path.write_text("a > b { color: red; }")
    return path


def page(tmp_path, text):
    path = tmp_path / "page.html.j2"
    path.write_text(text)
    return path


def test_values_are_escaped_and_the_style_is_not(tmp_path, style):
    template = page(tmp_path, "<style>{{ style }}</style><p>{{ word }}</p>")
    text = render_page(template, style, word="<script>1 < 2</script>")
    assert "<style>a > b { color: red; }</style>" in text
    assert "<p>&lt;script&gt;1 &lt; 2&lt;/script&gt;</p>" in text


def test_a_value_that_is_not_given_is_an_error(tmp_path, style):
    with pytest.raises(UndefinedError, match="word"):
        render_page(page(tmp_path, "{{ word }}"), style)


@pytest.mark.parametrize("before_inputs", ["\n", "\n\n"])
def test_a_caption_is_all_that_the_docstring_says_before_the_inputs(tmp_path, before_inputs):
    script = tmp_path / "plot_fig1.py"
    text = f"Errors in time,\none panel a system.\n\nOf 1.5 dt.{before_inputs}Inputs: none."
    script.write_text(f'# Drawn once.\n\n"""{text}\n"""\n')
    assert caption(script) == "Errors in time, one panel a system. Of 1.5 dt."
    assert first_sentence(caption(script)) == "Errors in time, one panel a system."
    assert first_sentence("Errors in time.") == "Errors in time."


@pytest.mark.parametrize("text", ["import json\n", "", '""" """\n', 'import json\n"""Late."""\n'])
def test_a_script_without_a_docstring_is_named(tmp_path, text):
    script = tmp_path / "plot_fig1.py"
    script.write_text(text)
    with pytest.raises(ValueError, match=r"plot_fig1\.py does not say what it draws"):
        caption(script)


def test_captions_are_in_the_order_of_figures(tmp_path):
    folder = tmp_path / "scripts" / "ssno"
    folder.mkdir(parents=True)
    for number in ("10", "S1", "2"):
        (folder / f"plot_fig{number}.py").write_text(f'"""Figure {number}."""\n')
    shown = captions(tmp_path, "ssno")
    assert list(shown) == ["ssno_fig2", "ssno_fig10", "ssno_figS1"]
    assert shown["ssno_figS1"] == "Figure S1."
