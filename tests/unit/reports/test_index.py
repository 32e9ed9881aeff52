"""What the index page shows, from figures with records."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from triptych.config.papers import PAPERS
from triptych.figures.save import save_figure
from triptych.reports.index import chapters, made_with, relative
from triptych.runtime.provenance import Run, library_versions, running


@pytest.fixture
def figures(tmp_path):
    paths = [tmp_path / f"figures/{name}.png" for name in ("cycles_fig10", "cycles_fig2")]
    with running(Run("scripts/cycles/plot_fig1.py", {}, "code", {}, device="cuda:0")):
        for path in paths:
            save_figure(Figure(figsize=(2, 1)), path.with_suffix(".pdf"), path)
    return paths


CAPTIONS = {"cycles_fig2": "First.", "cycles_fig10": "Second."}


def test_figures_come_in_order_with_links_from_the_page(tmp_path, figures):
    page = tmp_path / "reports/index.html"
    rows = [{"paper": "cycles", "claim": "C1"}, {"paper": "ssno", "claim": "S1"}]
    ssno, cycles = chapters(page, figures, [tmp_path / "reports/cycles.html"], rows, CAPTIONS)
    assert (ssno.paper, ssno.cards, ssno.report) == (PAPERS["ssno"], [], None)
    assert cycles.report == "cycles.html"
    assert cycles.claims == rows[:1]
    first, second = cycles.cards
    assert (first.label, first.caption, second.caption) == ("Figure 2", "First.", "Second.")
    assert (first.png, first.pdf) == ("../figures/cycles_fig2.png", "../figures/cycles_fig2.pdf")
    assert first.width == 2 * first.height


def test_a_paper_of_which_nothing_is_there_has_no_chapter(tmp_path):
    assert chapters(tmp_path / "index.html", [], [], [], {}) == []


def test_what_the_figures_were_made_with_is_told_once(figures):
    made = made_with(figures)
    assert made["devices"] == ["cuda:0"]
    assert len(made["commits"]) == 1
    assert len(made["dates"]) == 1
    assert made["versions"] == library_versions()


def test_links_are_relative(tmp_path):
    assert relative(tmp_path / "a b/x.png", tmp_path / "reports/index.html") == "../a b/x.png"
