"""The inventory of a scale's folder: what counts as a result, and what each says of itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from triptych.inspect.inventory import Result, inventory
from triptych.runtime.store import DamagedResult, content_digest

KINDS = {
    "page.html": "pages",
    "claims/cycles.json": "JSON results",
    "cycles/data.zarr": "stores",
    "cycles/free K4/history.zarr": "stores",
    "cycles/free K4/weights.safetensors": "weights",
    "figures/cycles_fig1.pdf": "figures",
    "figures/cycles_fig1.png": "figures",
    "raw/digits": "folders",
}
JOB = {
    "cycles/data.zarr": "scripts/cycles/prepare.py",
    "cycles/free K4/weights.safetensors": "scripts/cycles/train.py",
    "figures/cycles_fig1.pdf": "scripts/cycles/plot_fig1.py",
    "figures/cycles_fig1.png": "scripts/cycles/plot_fig1.py",
    "claims/cycles.json": "scripts/cycles/measure.py",
}


def test_results_are_listed_with_their_kinds_and_what_jobs_leave_is_not(small):
    results = small()
    (results / "ro-crate-metadata.json").write_text("{}")
    (results / ".snakemake_timestamp").touch()
    listed = [(r.path.relative_to(results).as_posix(), r.kind) for r in inventory(results)]
    assert listed == [(name, KINDS[name]) for name in sorted(KINDS, key=Path)]
    with pytest.raises(FileNotFoundError):
        inventory(results / "nowhere")


@pytest.mark.parametrize("name", JOB)
def test_a_record_is_the_same_whatever_it_is_kept_in(small, name):
    record = Result(small() / name).record
    assert record["step"] == JOB[name]
    assert isinstance(record["params"], dict)
    assert "numpy" in record["versions"]
    assert "digest" not in record


def test_digests_are_those_that_later_steps_record(small):
    results = small()
    for name in ("cycles/data.zarr", "cycles/free K4/weights.safetensors", "raw/digits"):
        assert Result(results / name).digest == content_digest(results / name)
    data = Result(results / "cycles/data.zarr")
    assert data.inputs == {"raw": [Result(results / "raw/digits").digest]}
    pdf, png = (Result(results / f"figures/cycles_fig1.{end}") for end in ("pdf", "png"))
    assert pdf.digest == png.digest, "the same pixels"


def test_a_raw_input_says_what_was_fetched(small):
    results = small()
    assert Result(results / "raw/digits").record["files"][0]["address"] == "some==1.0"
    shutil.rmtree(results / "raw/digits")
    assert Result(results / "raw/digits.json") in inventory(results)


@pytest.mark.parametrize("text", ["[1, 2]", '{"record": 3}', "{}", "3"])
def test_the_json_of_others_has_no_record(small, text):
    path = small() / "mine.json"
    path.write_text(text)
    assert Result(path).record == {}
    assert Result(path).digest == content_digest(path)


@pytest.mark.parametrize("place", ["cycles/data.zarr/.zattrs", "claims/cycles.json"])
def test_a_record_that_cannot_be_read_names_its_result(small, place):
    results = small()
    name = place.removesuffix("/.zattrs")
    (results / place).write_text(json.dumps({"step": "half"})[:-3])
    with pytest.raises(DamagedResult, match=f"{name} carries no record that can be read"):
        _ = Result(results / name).record


def test_a_field_of_a_record_that_cannot_be_read_names_its_result(small):
    results = small()
    (results / "cycles/data.zarr/.zattrs").write_text(json.dumps({"step": "s", "params": "{"}))
    with pytest.raises(DamagedResult, match=r"data\.zarr carries no record that can be read"):
        _ = Result(results / "cycles/data.zarr").record
