"""The site of `make docs`, built on the finished smoke results, and opened in a real Chromium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from bs4 import BeautifulSoup
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from triptych.reports.captions import caption

API = ("ssno", "cycles", "toxicity")
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src"}
DEFINITION = "docs/api/ssno.html#triptych.ssno.stepping.integrating_factor_step"


@pytest.fixture(scope="module")
def site(smoke, tmp_path_factory):
    """Build the site, strictly, and return its folder."""
    folder = tmp_path_factory.mktemp("the site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=smoke.folder,
        env={
            **os.environ,
            "PYTHONPATH": str(smoke.folder / "src"),
            "RESULTS": "results/smoke",
            "NO_MKDOCS_2_WARNING": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    """Return the pages, read, by their paths."""
    return {path: BeautifulSoup(path.read_text(), "html.parser") for path in site.rglob("*.html")}


@pytest.fixture(params=["disk", "server"])
def address(request, site):
    """Return where the site is: on the disk, or on a server of this machine."""
    if request.param == "disk":
        yield site.as_uri()
        return
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_every_page_loads_from_disk_alone_and_fits_the_screen(screen, pages):
    assert len(pages) > 20
    for path in pages:
        screen.get(path.as_uri())
        assert screen.get_log("browser") == [], path
        loaded = screen.execute_script(
            "return performance.getEntriesByType('resource').map(entry => entry.name)"
        )
        assert [a for a in loaded if not a.startswith(("file:", "data:"))] == [], path
        wide, width = screen.execute_script(
            "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"
        )
        assert wide <= width, path


def test_no_link_is_dead(pages, site):
    ids = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    links = [(path, tag["href"]) for path, page in pages.items() for tag in page("a", href=True)]
    loads = [
        (path, tag[key])
        for path, page in pages.items()
        for name, key in LOADS.items()
        for tag in page(name, attrs={key: True})
    ]
    assert len(links) > 1000
    elsewhere = [link for link in links if urlparse(link[1]).scheme in ("http", "https")]
    dead = []
    for path, link in {*links, *loads} - {*elsewhere}:
        place, fragment = urldefrag(link)
        target = (path.parent / unquote(place)).resolve() if place else path
        target = target / "index.html" if target.is_dir() else target
        whole = not fragment or unquote(fragment) in ids.get(target, ())
        if urlparse(link).scheme or not target.is_file() or not whole:
            dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []


def test_the_search_finds_a_function(screen, address):
    screen.get(f"{address}/index.html")
    screen.execute_script("document.querySelector('label[for=__search]').click()")
    query = screen.find_element(By.CSS_SELECTOR, ".md-search__input")
    WebDriverWait(screen, 10).until(lambda _: query.is_displayed())
    # Pasted: a word half typed now and then fails in lunr under Chromium (olivernn/lunr.js#279).
    screen.execute_cdp_cmd("Input.insertText", {"text": "integrating factor ste"})
    query.send_keys("p")
    hits = WebDriverWait(screen, 20).until(
        lambda page: page.find_elements(By.CSS_SELECTOR, ".md-search-result__link")
    )
    parts = [urlparse(hit.get_attribute("href")) for hit in hits]
    links = [f"{part.path}#{part.fragment}" for part in parts]
    assert any(link.endswith(f"/{DEFINITION}") for link in links), links
    assert screen.get_log("browser") == []


def test_code_is_copied_at_a_click(screen, address):
    screen.get(f"{address}/docs/use.html")
    button = WebDriverWait(screen, 10).until(
        lambda page: page.find_element(By.CSS_SELECTOR, "button[data-md-type=copy]")
    )
    screen.execute_script("arguments[0].click()", button)
    said = WebDriverWait(screen, 10).until(
        lambda page: page.find_element(By.CSS_SELECTOR, ".md-dialog--active").text
    )
    assert said == "Copied to clipboard"
    assert screen.get_log("browser") == []


def test_the_gallery_shows_every_figure_with_its_caption_and_its_command(pages, site, smoke):
    gallery = pages[site / "docs/figures.html"]
    text = " ".join(gallery.get_text().split())
    scripts = smoke.figure_scripts()
    assert len(scripts) == len(gallery.find_all("img", alt=True, loading="lazy")) > 24
    for script in scripts:
        name = f"{script.parent.name}_{script.stem.removeprefix('plot_')}"
        assert gallery.find(id=name), name
        assert f"snakemake --cores 2 {name} " in text
        assert re.match(r"[\w ,-]+", caption(script), re.ASCII)[0].strip() in text


# Asked for at once: to ask for every equation by itself takes seconds.
HEIGHTS = """
const equations = [...document.querySelectorAll('math')]
return equations.map(equation => equation.getBoundingClientRect().height)
"""


def test_equations_are_shown_as_such(screen, site):
    for paper in API:
        screen.get((site / f"docs/api/{paper}.html").as_uri())
        heights = screen.execute_script(HEIGHTS)
        assert len(heights) > {"ssno": 40, "cycles": 60, "toxicity": 2}[paper]
        assert min(heights) > 8
