from __future__ import annotations

import pytest

from triptych.fingerprints.ledger import load_ledger, save_ledger


@pytest.fixture(scope="module")
def ledger(project):
    return load_ledger(project / "config" / "fingerprints.json")


def figures_of(project):
    scripts = (project / "scripts").glob("*/plot_fig*.py")
    return {f"{path.parent.name}_{path.stem.removeprefix('plot_')}" for path in scripts}


@pytest.mark.parametrize(("scale", "least"), [("laptop", 2), ("smoke", 1)])
def test_every_figure_has_fingerprints(ledger, project, scale, least):
    figures = ledger.of_scale(scale)
    assert set(figures) == figures_of(project)
    assert min(map(len, figures.values())) >= least


def test_every_value_of_the_smoke_scale_was_measured(ledger):
    """Laptop values wait for a run of all papers; `make check` names those that are missing."""
    assert all(entry.measured for es in ledger.of_scale("smoke").values() for entry in es)


def test_every_tolerance_is_used(ledger):
    entries = [e for figures in ledger.scales.values() for es in figures.values() for e in es]
    assert {entry.within for entry in entries} == set(ledger.tolerances)


def test_the_file_is_as_the_command_writes_it(ledger, project, tmp_path):
    save_ledger(ledger, tmp_path / "again.json")
    kept = (project / "config" / "fingerprints.json").read_text()
    assert (tmp_path / "again.json").read_text() == kept
