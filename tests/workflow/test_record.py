"""The numbers of record that ship: what README and docs show is what they give."""

from __future__ import annotations

import json
import shutil
from zipfile import ZipFile

import pytest
from checkout import copy_project
from documents import claims_block, marks, verdicts_block
from toxicity_tables import TOXICITY_TABLES

from triptych.__main__ import main
from triptych.claims.registry import load_registry
from triptych.figures.save import read_record

BLOCKS = (
    ("README.md", "verdicts", verdicts_block),
    ("docs/claims.md", "claims", claims_block),
)


@pytest.fixture(scope="module")
def measured(project, tmp_path_factory):
    """Return what is measured on the stores that ship, and what ships as measured."""
    copy = copy_project(project, tmp_path_factory.mktemp("record"))
    copy.snakemake("claims", "toxicity_fig5", "--config", "reference=workstation")
    return [copy.folder / "results/reference/workstation", project / "reference/laptop"]


@pytest.mark.parametrize(("document", "name", "block"), BLOCKS)
def test_documents_show_what_the_numbers_of_record_give(project, measured, document, name, block):
    registry = load_registry(project / "config/claims.yaml")
    assert shown(project / document, name) == block(registry, measured)


@pytest.mark.parametrize("name", TOXICITY_TABLES)
def test_tables_of_paper_3_show_what_the_numbers_of_record_give(project, measured, name):
    in_docs = shown(project / "docs/fidelity/toxicity.md", name)
    assert in_docs == TOXICITY_TABLES[name](measured[0])


def shown(document, name):
    """Return the block of lines that stands between the marks of its name."""
    start, end = marks(name)
    return document.read_text().partition(start)[2].partition(end)[0].lstrip("\n")


def test_a_figure_is_drawn_from_the_numbers_that_ship(measured):
    record = read_record(measured[0] / "figures/toxicity_fig5.pdf")
    assert "commit" in json.loads(record["params"])["numbers_of_record"]
    assert json.loads(record["inputs"])["replicates"]


def test_numbers_of_record_that_are_damaged_are_not_packed(project, tmp_path, capsys):
    folder = shutil.copytree(project / "reference/workstation", tmp_path / "workstation")
    with (folder / "cycles.tar.xz").open("ab") as archive:
        archive.write(b"more")
    assert main(["export", str(folder), "--zip", str(tmp_path / "deposit.zip")]) == 1
    assert "cycles.tar.xz is not what its record was published with" in capsys.readouterr().err
    assert not (tmp_path / "deposit.zip").exists()


def test_numbers_of_record_are_packed_for_a_deposit(project, tmp_path):
    folder, archive = project / "reference/workstation", tmp_path / "deposit.zip"
    assert main(["export", str(folder), "--zip", str(archive)]) == 0
    with ZipFile(archive) as packed:
        graph = json.loads(packed.read("ro-crate-metadata.json"))["@graph"]
        assert ".zenodo.json" in packed.namelist()
        assert packed.read("cycles.json") == (folder / "cycles.json").read_bytes()
    stores = json.loads((folder / "cycles.json").read_text())["stores"]
    assert {entity["@id"].rstrip("/") for entity in graph} >= set(stores)
    assert sum(entity["@type"] == "CreateAction" for entity in graph) > 20
