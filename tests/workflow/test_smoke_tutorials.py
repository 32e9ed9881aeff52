"""The tutorials, followed word by word: those that read results in copies of the smoke ones."""

from __future__ import annotations

import csv
import re
import shutil

import nbformat
import numpy as np
import pytest
import xarray as xr
from checkout import Checkout
from nbclient import NotebookClient
from tutorials import blocks, followed

from triptych.runtime.store import content_digest

SEARCH = "results/smoke/cycles/search_K4/history.zarr"
FIGURE = "results/smoke/figures/cycles_fig1.pdf"


@pytest.fixture
def copied(smoke, tmp_path):
    """Return a copy of the finished smoke results, with all that belongs to it, for one test."""
    folder = tmp_path / "a project"
    shutil.copytree(smoke.folder, folder, symlinks=True)
    return Checkout(folder)


def in_a_notebook(page, folder):
    """Run a page's blocks of Python as a notebook; return its texts, and if it has a picture."""
    cells = [nbformat.v4.new_code_cell(b.text) for b in blocks(page) if b.language == "python"]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in cells for output in cell.outputs]
    assert not [out.text for out in outputs if out.get("name") == "stderr"]
    texts = [out.get("text") or out["data"]["text/plain"] for out in outputs]
    return texts, any("image/png" in out.get("data", {}) for out in outputs)


def test_a_learning_rate_is_changed_and_the_figure_drawn_again(copied):
    before = content_digest(copied.folder / FIGURE)
    assert 0.003 not in xr.open_zarr(copied.folder / SEARCH).learning_rate.values
    printed = followed(copied, "learning_rate")
    assert "0.003" in printed
    rates = np.unique(xr.open_zarr(copied.folder / SEARCH).learning_rate.values)
    assert rates.tolist() == [0.002, 0.003, 0.004]
    assert content_digest(copied.folder / FIGURE) != before


def test_molecules_of_ones_own(copied, project):
    followed(copied, "molecules")
    with (copied.folder / "predictions/table.csv").open() as table:
        predicted = list(csv.DictReader(table))
    assert len(predicted) == 4, "two molecules, two tasks"
    assert all(0 < float(row["probability"]) < 1 for row in predicted)
    page = project / "docs/tutorials/molecules.md"
    (printed,), _ = in_a_notebook(page, copied.folder)
    assert re.search(r"'kept': 2\d\d", printed), "most of 300 rows"
    assert "Eye disorders" in printed


def test_results_are_read_in_a_notebook(smoke, project):
    texts, drawn = in_a_notebook(project / "docs/tutorials/notebook.md", smoke.folder)
    papers, attributes, table, *_, record = texts
    assert papers == "['cycles', 'ssno', 'toxicity']\n"
    assert "'units': '1'" in attributes
    assert {"ssno", "ffno"} <= set(table.split())
    assert drawn
    assert "scripts/cycles/train.py" in record
