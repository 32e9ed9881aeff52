"""The numbers of record that ship with the project have all that is drawn from them."""

from __future__ import annotations

import json
import shutil
from pathlib import PurePath

import pytest

from triptych.claims import registry as claims
from triptych.claims.measure import read_json
from triptych.config.papers import PAPERS
from triptych.inspect.compare import load_tolerances, numbers_of
from triptych.inspect.published import archive_of, published
from triptych.runtime.archive import unpack
from triptych.runtime.layout import measured_claims
from triptych.runtime.store import DamagedResult


def test_every_paper_is_published_with_the_stores_that_it_reads(project):
    records = published("workstation", project / "reference")
    assert set(records) == set(PAPERS)
    for record in records.values():
        read = [*record.shown, *(p for f in record.figures.values() for p in paths(f["inputs"]))]
        assert {*read, *paths(record.measured)} == set(record.stores)


def test_a_record_that_was_edited_is_not_read(project, tmp_path):
    folder = tmp_path / "reference"
    shutil.copytree(project / "reference/laptop", folder / "laptop")
    assert set(published("laptop", folder)) == set(PAPERS)
    record = folder / "laptop/cycles.json"
    record.write_text(record.read_text().replace('"paper": "cycles"', '"paper":  "cycles"'))
    with pytest.raises(DamagedResult, match=r"cycles\.json is damaged"):
        published("laptop", folder)


def test_of_the_laptop_what_was_measured_ships_and_no_stores(project):
    registry = claims.load_registry(project / "config/claims.yaml")
    records = published("laptop", project / "reference")
    assert set(records) == set(PAPERS)
    for paper, record in records.items():
        measured = read_json(measured_claims(paper, project / "reference/laptop"))
        claim_names, findings = (
            {name for name, entry in entries.items() if entry.paper == paper}
            for entries in (registry.claims, registry.findings)
        )
        assert set(measured) == claim_names | findings
        assert (record.archive, record.stores) == (None, {})
        assert set(record.numbers) == set(record.figures)
        assert not archive_of("laptop", paper, project / "reference").exists()


def test_a_file_that_is_no_record_is_named(tmp_path):
    (tmp_path / "laptop").mkdir()
    (tmp_path / "laptop/cycles.json").write_text('{"paper": "cycles"}')
    with pytest.raises(ValueError, match=r"cycles\.json is no record of a paper: .*'scale'"):
        published("laptop", tmp_path)


@pytest.mark.parametrize("scale", ["workstation", "smoke"])
def test_the_numbers_compared_with_are_those_of_the_stores(project, tmp_path, scale):
    registry = load_tolerances(project / "config/tolerances.yaml")
    for paper, record in published(scale, project / "reference").items():
        unpack(archive_of(scale, paper, project / "reference"), tmp_path, record.archive)
        measured = numbers_of(registry, record.figures, tmp_path)
        assert json.loads(json.dumps(measured)) == record.numbers


def test_the_report_of_paper_3_has_the_molecules_of_every_dataset(project):
    shown = map(PurePath, published("workstation", project / "reference")["toxicity"].shown)
    datasets = {"scores.zarr": set(), "molecules.zarr": set()}
    for store in shown:
        datasets[store.name].add(store.parent.name)
    assert datasets["scores.zarr"] == datasets["molecules.zarr"] != set()


def paths(inputs):
    """Return all paths among a record's inputs."""
    values = [v if isinstance(v, list) else [v] for v in inputs.values()]
    return [path for group in values for path in group]
