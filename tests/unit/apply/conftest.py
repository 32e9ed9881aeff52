import shutil
from functools import cache

import pytest
from toxicity_run import trained_run


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return what gives the folder of a model of a kind, trained once on a table of one's own.

    Tests that break something do so in a copy of the scale, see ``copied``.
    """
    return cache(lambda kind: trained_run(tmp_path_factory.mktemp(kind) / "results/laptop", kind))


@pytest.fixture(scope="session")
def run(trained):
    """Return the folder of a sparse model."""
    return trained("sparse")


@pytest.fixture
def copied(run, tmp_path):
    """Return the folder of the sparse model in a copy of its scale, which may be broken."""
    scale = tmp_path / "scale"
    shutil.copytree(run.parents[3], scale)
    return scale / run.relative_to(run.parents[3])
