from __future__ import annotations

import pytest

from triptych.inspect.compare import load_registry, save_registry


@pytest.fixture(scope="module")
def registry(project):
    return load_registry(project / "config" / "reference_values.json")


def figures_of(project):
    scripts = (project / "scripts").glob("*/plot_fig*.py")
    return {f"{path.parent.name}_{path.stem.removeprefix('plot_')}" for path in scripts}


@pytest.mark.parametrize(("scale", "least"), [("laptop", 2), ("smoke", 1)])
def test_every_figure_has_reference_values(registry, project, scale, least):
    figures = registry.scales[scale]
    assert set(figures) == figures_of(project)
    assert min(map(len, figures.values())) >= least


def test_every_value_of_the_smoke_scale_was_measured(registry):
    """Laptop values wait for a run of all papers; `make check` names those that are missing."""
    assert all(entry.measured for es in registry.scales["smoke"].values() for entry in es)


def test_every_tolerance_is_used(registry):
    entries = [e for figures in registry.scales.values() for es in figures.values() for e in es]
    assert {entry.within for entry in entries} == set(registry.tolerances)


def test_the_file_is_as_the_command_writes_it(registry, project, tmp_path):
    save_registry(registry, tmp_path / "again.json")
    written = (project / "config" / "reference_values.json").read_text()
    assert (tmp_path / "again.json").read_text() == written
