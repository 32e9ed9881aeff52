"""The notebooks read what the workflow hands them: nothing that only lies in the folder."""

from __future__ import annotations

import json

import pytest

from triptych.config.papers import PAPERS
from triptych.inspect.published import archive_of, published
from triptych.runtime.archive import unpack

PARAMETERS, SETUP = "cell-01", "cell-02"


@pytest.fixture
def cells(project):
    """Return a reader of the code cells of a paper's notebook, by their names."""

    def read(paper):
        notebook = json.loads((project / f"notebooks/{paper}.ipynb").read_text())
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        return {cell["id"]: "".join(cell["source"]) for cell in code}

    return read


@pytest.mark.parametrize("paper", PAPERS)
def test_only_the_parameters_name_a_place(cells, paper):
    code = cells(paper)
    assert f"results/laptop/{paper}" in code.pop(PARAMETERS)
    assert [name for name, text in code.items() if "glob" in text or "results/" in text] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_what_a_record_says_is_shown_is_all_that_is_opened(project, cells, paper, tmp_path):
    record = published("smoke", project / "reference")[paper]
    unpack(archive_of("smoke", paper, project / "reference"), tmp_path, record.archive)
    names = {"stores": [str(tmp_path / store) for store in record.shown]}
    exec(cells(paper)[SETUP], names)
    if paper == "ssno":
        assert list(names["scores"]) == ["ks2d", "swe_sphere"]
        names["stores"] = [store for store in names["stores"] if "swe_sphere" not in store]
        exec(cells(paper)[SETUP], names)
        assert list(names["scores"]) == list(names["searches"]) == ["ks2d"]
