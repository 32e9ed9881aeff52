"""The numbers of record that ship with the project have all that is drawn from them."""

from __future__ import annotations

from pathlib import PurePath

from triptych.config.papers import PAPERS
from triptych.raw.published import published


def test_every_paper_is_published_with_the_stores_that_it_reads(project):
    records = published("laptop", project / "reference")
    assert set(records) == set(PAPERS)
    for record in records.values():
        read = [*record.shown, *(p for f in record.figures.values() for p in paths(f["inputs"]))]
        assert {*read, *paths(record.measured)} == set(record.stores)


def test_the_report_of_paper_3_has_the_molecules_of_every_dataset(project):
    shown = map(PurePath, published("laptop", project / "reference")["toxicity"].shown)
    datasets = {"scores.zarr": set(), "molecules.zarr": set()}
    for store in shown:
        datasets[store.name].add(store.parent.name)
    assert datasets["scores.zarr"] == datasets["molecules.zarr"] != set()


def paths(inputs):
    """Return all paths among a record's inputs."""
    values = [v if isinstance(v, list) else [v] for v in inputs.values()]
    return [path for group in values for path in group]
