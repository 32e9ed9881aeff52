from __future__ import annotations

import pytest
from toxicity_run import trained_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Return the folder of a sparse model that was trained on a table of one's own."""
    return trained_run(tmp_path_factory.mktemp("own") / "results" / "laptop")
