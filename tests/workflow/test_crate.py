from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from rocrate.rocrate import ROCrate

from triptych.__main__ import main
from triptych.config.papers import PAPERS
from triptych.inspect.crate import PROFILE, described, write_crate, write_zip
from triptych.inspect.explain import explain
from triptych.raw.registry import load_raw_inputs
from triptych.runtime.integrity import write_checksums
from triptych.runtime.layout import CRATE_FILE
from triptych.runtime.store import DamagedResult, content_digest, read_store

PLACES = {
    "page.html",
    "claims/cycles.json",
    "cycles/data.zarr/",
    "cycles/free K4/history.zarr/",
    "cycles/free K4/weights.safetensors",
    "figures/cycles_fig1.pdf",
    "figures/cycles_fig1.png",
    "raw/digits/",
}
HISTORY = "cycles/free%20K4/history.zarr/"


def action_of(crate, result):
    (action,) = [
        action
        for action in crate.get_by_type("CreateAction")
        if crate.get(result) in action["result"]
    ]
    return action


def test_every_result_is_listed_with_digest_size_and_format(small):
    results = small()
    write_crate(results)
    crate = ROCrate(results)
    assert {unquote(entity.id) for entity in crate.data_entities} == PLACES
    png = crate.get("figures/cycles_fig1.png")
    content = (results / "figures/cycles_fig1.png").read_bytes()
    assert png["sha256"] == hashlib.sha256(content).hexdigest()
    assert png["contentSize"] == str(len(content))
    assert png["encodingFormat"] == "image/png"
    pdf = crate.get("figures/cycles_fig1.pdf")
    assert pdf["identifier"] == png["identifier"], "the same pixels"
    store = crate.get(HISTORY)
    files = [f for f in (results / "cycles/free K4/history.zarr").rglob("*") if f.is_file()]
    assert store["contentSize"] == str(sum(file.stat().st_size for file in files))
    digest = content_digest(results / "cycles/free K4/history.zarr")
    assert store["identifier"]["value"] == digest
    raw = crate.get("raw/digits/")
    assert raw["license"] == "CC BY 4.0"
    assert "digits.csv (sha256:0) from package some==1.0" in raw["description"]


def test_actions_lead_from_inputs_to_outputs(small):
    results = small()
    write_crate(results)
    crate = ROCrate(results)
    assert len(crate.get_by_type("CreateAction")) == 4
    train = action_of(crate, HISTORY)
    weights = crate.get("cycles/free%20K4/weights.safetensors")
    assert train["result"] == [crate.get(HISTORY), weights]
    data, params = train["object"]
    assert data is crate.get("cycles/data.zarr/")
    assert json.loads(params["value"]) == {"seed": 3}
    script = train["instrument"]
    record = json.loads((results / "cycles/data.zarr/.zattrs").read_text())
    assert script["name"] == "scripts/cycles/train.py"
    assert script["version"].split()[0] == record["commit"]
    libraries = {entity["name"]: entity["version"] for entity in script["softwareRequirements"]}
    assert libraries == json.loads(record["versions"])
    assert datetime.fromisoformat(train["startTime"]) <= datetime.fromisoformat(train["endTime"])
    assert action_of(crate, "cycles/data.zarr/")["object"][0] is crate.get("raw/digits/")
    assert action_of(crate, "figures/cycles_fig1.png")["object"][0] is crate.get(HISTORY)


def test_the_root_says_what_it_is(small):
    crate = ROCrate(write_crate(small("paper")).parent)
    root = crate.root_dataset
    assert root["name"] == "Triptych, paper scale"
    assert root["conformsTo"].id == PROFILE
    titles = [article["name"] for article in root["citation"]]
    assert titles == [paper.title for paper in PAPERS.values()]
    assert "sider, CC BY-NC-SA 4.0" in root["license"]["description"]
    ends = [action["endTime"] for action in root["mentions"]]
    assert root["datePublished"] == max(ends)


def test_equal_results_give_an_equal_crate_that_tells_no_places(small, tmp_path):
    results = small()
    text = described(results)
    write_crate(results)
    assert described(results) == text, "the crate's own file is no result"
    shutil.copytree(results, tmp_path / "elsewhere" / "laptop")
    assert described(tmp_path / "elsewhere" / "laptop") == text
    assert str(tmp_path.parent) not in text, "nor where it was before it was copied"
    assert '"/' not in text


def test_what_zenodo_asks_of_a_deposit_is_from_the_citation(small, project):
    results = small()
    write_crate(results)
    cited = yaml.safe_load((project / "CITATION.cff").read_text())
    deposit = json.loads((results / ".zenodo.json").read_text())
    assert deposit["title"] == "Triptych, laptop scale"
    assert deposit["creators"] == [{"name": author["name"]} for author in cited["authors"]]
    assert deposit["version"] == cited["version"]
    assert deposit["license"] == "other-nc", "SIDER's molecules may not be sold"
    assert f"the licence of the software, {cited['license']}" in deposit["notes"]
    for name, entry in load_raw_inputs(project / "config/raw_inputs.yaml").items():
        assert f"{name}, {entry.licence.strip()}" in deposit["notes"]
    papers = [f"arXiv:{paper.arxiv}" for paper in PAPERS.values()]
    assert [related["identifier"] for related in deposit["related_identifiers"]] == papers


def test_of_equal_results_the_first_by_name_was_read(small):
    results = small()
    shutil.copytree(results / "cycles/data.zarr", results / "cycles/data_again.zarr")
    write_crate(results)
    read = {entity.id for entity in action_of(ROCrate(results), HISTORY)["object"]}
    assert "cycles/data.zarr/" in read
    assert "cycles/data_again.zarr/" not in read


def test_an_input_that_is_no_longer_there_is_said(small):
    results = small()
    shutil.rmtree(results / "cycles/data.zarr")
    write_crate(results)
    gone, _ = action_of(ROCrate(results), HISTORY)["object"]
    assert gone["name"] == "data: not in this crate"
    assert len(gone["value"]) == 64


def test_an_archive_holds_the_crate_without_checkpoints_or_logs(small, tmp_path):
    results = small()
    for name in ("crate.zip", "again.zip"):
        write_zip(results, tmp_path / name)
    assert (tmp_path / "crate.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()
    assert not (results / CRATE_FILE).exists()
    crate = ROCrate(tmp_path / "crate.zip")
    assert {unquote(entity.id) for entity in crate.data_entities} == PLACES
    assert all((crate.source / unquote(entity.id)).exists() for entity in crate.data_entities)
    assert list(read_store(crate.source / "cycles/free K4/history.zarr").y.values) == [0, 2, 4]
    assert (results / "logs/cycles/train.log").exists()
    assert not list(crate.source.rglob("checkpoints"))
    assert not list(crate.source.rglob("logs")), "they name folders of a machine"
    chain = explain(crate.source / "cycles/free K4/history.zarr")
    assert chain.keys() == explain(results / "cycles/free K4/history.zarr").keys()
    assert all(Path(link.path).is_relative_to(crate.source) for link in chain.values())


def test_a_damaged_result_is_not_handed_on(small, tmp_path):
    results = small()
    weights = results / "cycles/free K4/weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(DamagedResult, match=r"weights\.safetensors"):
        write_zip(results, tmp_path / "crate.zip")
    assert not (tmp_path / "crate.zip").exists()
    with pytest.raises(DamagedResult, match=r"weights\.safetensors"):
        write_crate(results)
    assert not (results / CRATE_FILE).exists()


def test_the_command(small, tmp_path, capsys):
    results = small()
    assert main(["export", str(results)]) == 0
    assert (results / CRATE_FILE).is_file()
    assert main(["export", str(results), "--zip", str(tmp_path / "crate.zip")]) == 0
    assert str(tmp_path / "crate.zip") in capsys.readouterr().out
    assert main(["export", str(results), "--zip", str(results / "crate.zip")]) == 1
    assert "would lie in what it packs" in capsys.readouterr().err


def test_a_result_that_is_gone_is_not_passed_over(small, tmp_path):
    results = small()
    store = results / "cycles/data.zarr"
    write_checksums(store)
    shutil.rmtree(store)
    with pytest.raises(DamagedResult, match=r"data\.zarr.* it is gone"):
        write_zip(results, tmp_path / "crate.zip")
    assert not (tmp_path / "crate.zip").exists()


def test_a_folder_in_the_place_of_the_archive_stays(small, tmp_path, capsys):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")
    assert main(["export", str(small()), "--zip", str(kept)]) == 1
    assert f"{kept} is a folder" in capsys.readouterr().err
    assert (kept / "notes.txt").read_text() == "mine"


def test_numbers_of_record_are_described_in_an_archive_alone(project, capsys):
    assert main(["export", str(project / "reference/laptop")]) == 1
    assert "pack them with --zip FILE" in capsys.readouterr().err
    assert not (project / "reference/laptop" / CRATE_FILE).exists()


def test_a_folder_above_a_scale_is_refused(small, capsys):
    above = small().parent
    assert main(["export", str(above)]) == 1
    assert f"{above} is no scale's folder" in capsys.readouterr().err
    assert not (above / CRATE_FILE).exists()


@pytest.mark.parametrize(("folder", "status"), [("empty", 1), ("missing", 2)])
def test_a_folder_without_results_is_refused_by_name(tmp_path, capsys, folder, status):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/notes.txt").write_text("none")
    assert main(["export", str(tmp_path / folder)]) == status
    assert str(tmp_path / folder) in capsys.readouterr().err
    assert not (tmp_path / folder / CRATE_FILE).exists()
