"""The security policy of our pages: it lets through what they use, and nothing else."""

from __future__ import annotations

import base64

import pytest
from markupsafe import Markup
from PIL import Image
from selenium.webdriver.common.by import By

from triptych.reports.pages import render_page

FEATURES = """
<h2 id="part">A part</h2><p><a href="#part">to it</a></p>
<style scoped>.dataframe td {{ vertical-align: top; }}</style>
<table class="dataframe"><tr style="text-align: right;"><td>1</td></tr></table>
<img id="beside" src="a%20picture.png"><img id="inside" src="data:image/png;base64,{inside}">
"""
HOSTILE = """
<script>document.title = "changed"</script>
<img src="missing.png" onerror="document.title = 'changed'">
<img src="https://example.org/there.png"><link rel="stylesheet" href="beside.css">
<iframe src="beside.html"></iframe>
"""


@pytest.fixture
def opened(project, chromium, tmp_path):
    """Return a function that makes a page of a body, opens it, and returns it with its console."""
    Image.new("RGB", (30, 20)).save(tmp_path / "a picture.png")
    (tmp_path / "beside.css").write_text("h1 { color: rgb(1, 2, 3); }")
    (tmp_path / "beside.html").write_text("<p>framed</p>")

    def open_page(body):
        report = project / "report"
        page = render_page(
            report / "notebook.html.j2",
            report / "style.css",
            title="as it was",
            body=Markup(body),
            of_record=None,
        )
        (tmp_path / "page.html").write_text(page)
        chromium.get_log("browser")
        chromium.get((tmp_path / "page.html").as_uri())
        return chromium, [entry["message"] for entry in chromium.get_log("browser")]

    return open_page


def test_what_pages_use_is_let_through(opened, tmp_path):
    inside = base64.b64encode((tmp_path / "a picture.png").read_bytes()).decode()
    page, console = opened(FEATURES.format(inside=inside))
    assert console == []
    for name in ("beside", "inside"):
        assert page.find_element(By.ID, name).get_property("naturalWidth") == 30, name
    row, cell = (page.find_element(By.TAG_NAME, tag) for tag in ("tr", "td"))
    assert row.value_of_css_property("text-align") == "right"
    assert cell.value_of_css_property("vertical-align") == "top"
    main = page.find_element(By.TAG_NAME, "main")
    assert main.value_of_css_property("line-height") == "24px", "our stylesheet"
    page.find_element(By.TAG_NAME, "a").click()
    assert page.current_url.endswith("#part")


def test_nothing_else_runs_or_loads(opened):
    page, console = opened(f"<h1>Heading</h1>{HOSTILE}")
    assert page.title == "as it was"
    heading = page.find_element(By.TAG_NAME, "h1")
    assert heading.value_of_css_property("color") != "rgba(1, 2, 3, 1)"
    refused = [line for line in console if "Content Security Policy" in line]
    for what in ("inline script", "inline event handler", "there.png", "beside.css", "beside.html"):
        assert any(what in line for line in refused), (what, console)
