"""The pages of the finished smoke results, opened from disk in a real headless Chromium."""

from __future__ import annotations

import re
import shutil
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from triptych.claims.registry import load_registry
from triptych.config.papers import PAPERS
from triptych.reports.captions import caption

PAGES = ("index", "ssno", "cycles", "toxicity")
REPORT = ("all", "reports", "claims", "--configfile", "config/smoke.yaml", "--report-stylesheet")


@pytest.fixture
def opened(screen, smoke):
    """Return a function that opens a page on a screen of each size."""

    def open_page(name):
        screen.get((smoke.folder / f"results/smoke/reports/{name}.html").as_uri())
        return screen

    return open_page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_whole_from_disk_alone(opened, name):
    page = opened(name)
    assert page.get_log("browser") == []
    loaded = page.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert [address for address in loaded if not address.startswith(("file:", "data:"))] == []
    pictures = page.find_elements(By.TAG_NAME, "img")
    assert len(pictures) >= 4
    broken = [p.get_attribute("alt") for p in pictures if not int(p.get_property("naturalWidth"))]
    assert broken == []


# Asked for at once: to ask for every element by itself takes seconds.
LAYOUT = """
const page = document.documentElement
const pictures = [...document.querySelectorAll('img')]
const texts = [...document.querySelectorAll('p, td, figcaption')]
return [
  page.scrollWidth,
  page.clientWidth,
  pictures.map(picture => [picture.getBoundingClientRect().width, picture.alt]),
  texts
    .filter(text => text.checkVisibility() && text.innerText.trim())
    .map(text => [parseFloat(getComputedStyle(text).fontSize), text.innerText]),
]
"""
LINKS = """
return [
  [...document.querySelectorAll('a')].map(link => link.getAttribute('href')),
  [...document.querySelectorAll('[id]')].map(element => element.id),
]
"""


def test_the_index_fits_the_screen_and_can_be_read(opened):
    wide, width, pictures, texts = opened("index").execute_script(LAYOUT)
    assert wide <= width
    assert len(pictures) >= 4
    for picture_width, alternative in pictures:
        assert 0 < picture_width <= width
        assert alternative
    assert len(texts) > 40
    for size, text in texts:
        assert size >= 13, text


def test_every_link_of_the_index_resolves(chromium, smoke):
    folder = smoke.folder / "results/smoke/reports"
    chromium.get((folder / "index.html").as_uri())
    links, ids = chromium.execute_script(LINKS)
    assert len(links) > 40
    for link in links:
        address, fragment = urldefrag(link)
        assert not urlparse(address).scheme, f"{link} is not relative"
        assert not address or (folder / unquote(address)).is_file(), link
        assert not fragment or fragment in ids, link


def test_the_index_shows_every_figure_and_every_claim(opened, smoke):
    page = opened("index")
    drawn = {path.stem for path in (smoke.folder / "results/smoke/figures").glob("*_fig*.png")}
    shown = {card.get_attribute("id") for card in page.find_elements(By.TAG_NAME, "figure")}
    assert shown == drawn
    assert len(shown) == len(smoke.figure_scripts())
    text = page.find_element(By.TAG_NAME, "main").text
    claims = load_registry(smoke.folder / "config/claims.yaml").claims
    assert [claim for claim in claims if claim not in text] == []


def test_snakemakes_own_report_holds_every_figure_with_its_caption(smoke, chromium, tmp_path):
    archive = tmp_path / "workflow.zip"
    smoke.snakemake(*REPORT, "report/style.css", "--report", str(archive))
    shutil.unpack_archive(archive, tmp_path)
    (page,) = tmp_path.glob("*/report.html")
    scripts = smoke.figure_scripts()
    assert len(list(page.parent.rglob("*.png"))) == len(scripts)
    text = page.read_text()
    for paper in PAPERS.values():
        assert paper.short in text
    for script in scripts:
        plain = re.match(r"[\w ,-]+", caption(script), re.ASCII)  # all else is escaped
        assert plain[0] in text
    assert ".claims .verdict" in text, "our stylesheet"

    chromium.get_log("browser")
    chromium.get(page.as_uri())
    WebDriverWait(chromium, 20).until(lambda page: "toxicity" in page.page_source)
    severe = [entry for entry in chromium.get_log("browser") if entry["level"] == "SEVERE"]
    assert severe == []


@pytest.mark.parametrize(
    ("file", "old", "new", "verdicts"),
    [
        (
            "src/triptych/claims/render.py",
            '"needed"',
            '"line"',
            {"claims": 1},
        ),  # notebooks import it
        ("report/page.html.j2", '<main class="page">', "<main>", {}),  # their templates extend it
    ],
)
def test_an_edit_behind_the_pages_makes_them_anew(smoke, file, old, new, verdicts):
    smoke.edit(file, old, new)
    try:
        planned = smoke.planned("reports", "--configfile", "config/smoke.yaml")
    finally:
        smoke.edit(file, new, old)
    assert planned == {**verdicts, "notebook": 3, "index": 1, "reports": 1}
