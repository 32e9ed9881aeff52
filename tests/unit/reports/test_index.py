"""What the index page says of figures with records."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from triptych.figures.save import read_record, save_figure
from triptych.reports.index import made_with
from triptych.runtime.provenance import Run, library_versions, running


@pytest.fixture
def figures(tmp_path):
    paths = [tmp_path / f"figures/{name}.png" for name in ("cycles_fig10", "cycles_fig2")]
    with running(Run("scripts/cycles/plot_fig1.py", {}, "code", {}, device="cuda:0")):
        for path in paths:
            save_figure(Figure(figsize=(2, 1)), path.with_suffix(".pdf"), path)
    return paths


def test_what_the_figures_were_made_with_is_told_once(figures):
    made = made_with(figures)
    assert made["devices"] == ["cuda:0"]
    assert len(made["commits"]) == 1
    days = {read_record(path)["created"][:10] for path in figures}
    assert made["dates"] == sorted({min(days), max(days)})
    assert made["versions"] == library_versions()
