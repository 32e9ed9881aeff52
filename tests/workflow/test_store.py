import json
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
import xarray as xr
from checkout import Checkout

from triptych.runtime import provenance, store
from triptych.runtime.provenance import SCHEMA_VERSION, Run, note_device, running
from triptych.runtime.store import (
    DamagedResult,
    atomic,
    content_digest,
    dataset_digest,
    open_store,
    read_store,
    read_weights,
    weights_record,
    write_store,
    write_store_in_parts,
    write_weights,
)


def dataset(scale: float = 1.0) -> xr.Dataset:
    rng = np.random.default_rng(0)
    return xr.Dataset(
        {
            "loss": (("model", "time"), scale * rng.random((2, 5)), {"units": "nats"}),
            "trapped": (("model",), np.array([True, False])),
            "image": (("y", "x"), rng.random((300, 300)).astype("float32")),
        },
        coords={"model": ["free", "tied"], "time": ("time", np.arange(5), {"units": "steps"})},
        attrs={"title": "a test", "edges": [0.5, 1.5]},
    )


def test_round_trip_opens_plainly_and_without_warnings(tmp_path):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    (path / ".snakemake_timestamp").touch()  # as Snakemake leaves it in directory() outputs
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened = xr.open_zarr(path).load()
    xr.testing.assert_equal(opened, dataset())
    assert opened.loss.attrs["units"] == "nats"
    xr.testing.assert_equal(read_store(path), dataset())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zarr"]


def test_record_travels_with_the_store(tmp_path):
    params = {"seed": 3, "training": {"order_seed": 4}, "runs": [{"seed": 5}, {"seeds": [6, 7]}]}
    run = Run("scripts/x/y.py", params, "c0de", {"data": "d1"})
    with running(run):
        note_device("cuda:0")
        write_store(dataset(), tmp_path / "a.zarr")
    assert read_store(tmp_path / "a.zarr").attrs == dataset().attrs
    attrs = xr.open_zarr(tmp_path / "a.zarr").attrs
    assert attrs["digest"] == dataset_digest(dataset())
    assert attrs["step"] == "scripts/x/y.py"
    assert json.loads(attrs["params"])["training"] == {"order_seed": 4}
    assert json.loads(attrs["seed"]) == {
        "seed": 3, "training.order_seed": 4, "runs.0.seed": 5, "runs.1.seeds": [6, 7],
    }  # fmt: skip
    assert json.loads(attrs["inputs"]) == {"data": "d1"}
    assert set(json.loads(attrs["versions"])) >= {"numpy", "xarray", "zarr", "torch"}
    assert (attrs["schema_version"], attrs["device"]) == (SCHEMA_VERSION, "cuda:0")
    assert {"commit", "dirty", "created", "wall_time_s"} <= set(attrs)


def test_the_commit_is_that_at_the_start_and_a_new_source_is_a_change(tmp_path, monkeypatch):
    checkout = Checkout(tmp_path)
    first_source = tmp_path / "src/triptych/runtime/provenance.py"
    first_source.parent.mkdir(parents=True)
    first_source.touch()
    readme = tmp_path / "README.md"
    readme.touch()
    checkout.commit()
    monkeypatch.setattr(provenance, "__file__", str(first_source))
    first = {"commit": checkout.git("rev-parse", "HEAD"), "dirty": False}
    run = Run("scripts/x/y.py", {}, "", {})
    (tmp_path / "notes.txt").touch()  # no source
    readme.write_text("# Changed\n")
    assert provenance.git_state() == first
    (tmp_path / "src/second.py").touch()
    assert provenance.git_state() == {**first, "dirty": True}
    attributes = run.attributes()
    assert {name: attributes[name] for name in first} == first


def test_an_installed_package_is_of_no_commit_of_the_project_around_it(tmp_path, monkeypatch):
    checkout = Checkout(tmp_path)
    (tmp_path / "theirs.py").touch()
    checkout.commit()
    installed = tmp_path / "env/site-packages/triptych/runtime/provenance.py"
    monkeypatch.setattr(provenance, "__file__", str(installed))
    assert provenance.git_state() == {"commit": "unknown", "dirty": True}


def test_a_folder_whose_replacement_fails_is_there_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    rename, done = os.replace, []

    def second_fails(old, new):
        done.append(new)
        if len(done) == 2:
            raise OSError("no room")
        rename(old, new)

    monkeypatch.setattr(store.os, "replace", second_fails)
    with pytest.raises(OSError, match="no room"), atomic(path) as sibling:
        sibling.mkdir()
    xr.testing.assert_equal(read_store(path), dataset())
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_a_folder_in_the_place_of_a_file_is_refused_and_stays(tmp_path):
    kept = tmp_path / "table.csv"
    kept.mkdir()
    (kept / "notes.txt").write_text("mine")
    with pytest.raises(IsADirectoryError, match=r"table\.csv is a folder"), atomic(kept) as sibling:
        sibling.write_text("a,b")
    assert [path.name for path in tmp_path.rglob("*")] == ["table.csv", "notes.txt"]


def test_digest_is_of_the_content_alone(tmp_path):
    write_store(dataset(), tmp_path / "a.zarr")
    with running(Run("scripts/x/y.py", {}, "", {})):
        write_store(dataset(), tmp_path / "b.zarr")
    assert content_digest(tmp_path / "a.zarr") == content_digest(tmp_path / "b.zarr")
    changes = [
        dataset(1.0000001),
        dataset().rename(loss="lose"),
        dataset().assign_coords(model=["free", "tie"]),
        dataset().assign_attrs(title="another"),
        dataset().transpose("time", ...),
        dataset().assign(image=dataset().image.astype("float64")),
    ]
    digests = {dataset_digest(d) for d in [dataset(), *changes]}
    assert len(digests) == 1 + len(changes)


def test_a_failed_write_leaves_the_old_store(tmp_path):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)

    def half_write():
        with atomic(path) as sibling:
            sibling.mkdir()
            (sibling / "half").write_text("half")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk"):
        half_write()
    xr.testing.assert_equal(read_store(path), dataset())
    assert [p.name for p in tmp_path.iterdir()] == ["a.zarr"]


def test_what_cannot_be_removed_hides_no_error(tmp_path, monkeypatch):
    """Threads of Zarr may still write into the folder that is being removed."""

    def not_empty(path):
        raise OSError("directory not empty")

    def full():
        with atomic(tmp_path / "a"):
            raise OSError("no space left")

    monkeypatch.setattr(store, "remove", not_empty)
    with pytest.raises(OSError, match="no space left") as caught:
        full()
    assert caught.value.__notes__ == [f"while writing {tmp_path / 'a'}"]


def test_a_store_replaces_an_older_one_whole(tmp_path):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    write_store(dataset()[["loss"]], path)
    assert set(read_store(path)) == {"loss"}


def test_reserved_attributes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="digest"):
        write_store(dataset().assign_attrs(digest="mine"), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def image_parts(data, rows=64):
    """Return the rows of the image, some at a time, the last ones first."""
    values = data.image.values
    for start in reversed(range(0, len(values), rows)):
        yield (slice(start, start + rows),), values[start : start + rows]


def without_image(data):
    """Return the dataset with an image of no values, in chunks of its own."""
    blank = data.assign(image=(data.image.dims, np.broadcast_to(np.float32(np.nan), (300, 300))))
    blank["image"].encoding["chunks"] = (64, 300)
    return blank


def test_a_store_in_parts_is_that_of_the_whole(tmp_path):
    whole, parts = tmp_path / "whole.zarr", tmp_path / "parts.zarr"
    with running(Run("scripts/x/y.py", {"seed": 3}, "c0de", {"data": "d1"})):
        write_store(dataset(), whole)
        write_store_in_parts(without_image(dataset()), "image", image_parts(dataset()), parts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened = xr.open_zarr(parts, consolidated=True)
        xr.testing.assert_equal(opened.load(), dataset())
    assert opened.image.encoding["chunks"] == (64, 300)
    times = {"created", "wall_time_s"}
    expected = xr.open_zarr(whole).attrs
    assert list(opened.attrs) == list(expected)
    assert all(opened.attrs[key] == expected[key] for key in expected.keys() - times)
    assert content_digest(parts) == content_digest(whole) == dataset_digest(dataset())
    for read in (read_store, open_store):
        xr.testing.assert_identical(read(parts), dataset())


def test_parts_that_are_not_all_leave_nothing(tmp_path):
    path = tmp_path / "a.zarr"
    parts = list(image_parts(dataset()))
    with pytest.raises(ValueError, match=r"a\.zarr: parts with 76800 values for 90000 of image"):
        write_store_in_parts(without_image(dataset()), "image", parts[1:], path)

    def stops():
        yield parts[0]
        raise FloatingPointError("the solution is not finite")

    with pytest.raises(FloatingPointError, match="not finite"):
        write_store_in_parts(without_image(dataset()), "image", stops(), path)
    with pytest.raises(ValueError, match="digest"):
        write_store_in_parts(dataset().assign_attrs(digest="mine"), "image", parts, path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("block", [400, 40, 1])
def test_digest_does_not_depend_on_how_much_is_held_at_once(tmp_path, monkeypatch, block):
    """Of every kind of value, in memory and on disk: some rows, parts of one, a value at a time."""
    data = dataset().isel(y=slice(9), x=slice(17))
    data = data.assign(
        name=(("model", "who"), np.array([["a", "bcd"], ["ä", ""]])),
        when=("time", np.arange(5).astype("datetime64[ns]")),
        swapped=(("y", "x"), data.image.values.astype(">f8")),
        turned=(("x", "y"), data.image.values.T),
        number=((), np.int16(7)),
        nothing=(("none", "y"), np.empty((0, 9))),
    )
    write_store(data, tmp_path / "a.zarr")
    expected = dataset_digest(data)
    monkeypatch.setattr(store, "BLOCK", block)
    assert dataset_digest(data) == expected
    xr.testing.assert_identical(open_store(tmp_path / "a.zarr"), data)


def test_an_opened_store_reads_what_is_asked_for_when_it_is(tmp_path):
    path = tmp_path / "a.zarr"
    write_store_in_parts(without_image(dataset()), "image", image_parts(dataset()), path)
    opened = open_store(path)
    assert opened.attrs == dataset().attrs
    for chunk in path.glob("image/[1-9].0"):
        chunk.unlink()
    xr.testing.assert_equal(opened.image[:64:3], dataset().image[:64:3])
    assert np.isnan(opened.image[64:]).all()
    with pytest.raises(DamagedResult, match=r"a\.zarr is not what was written"):
        open_store(path)


@pytest.mark.parametrize("read", [read_store, open_store])
def test_every_flipped_byte_of_data_is_found(tmp_path, read):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    chunk = max((p for p in path.glob("image/*") if p.is_file()), key=lambda p: p.stat().st_size)
    whole = chunk.read_bytes()
    rng = np.random.default_rng(1)
    for position in rng.integers(0, len(whole), size=8):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        chunk.write_bytes(bytes(damaged))
        with pytest.raises(DamagedResult, match=r"a\.zarr is not what was written"):
            read(path)
    chunk.write_bytes(whole)
    read(path)


def test_weights_round_trip_and_damage(tmp_path):
    path = tmp_path / "w.safetensors"
    tensors = {"W": torch.randn(3, 4), "steps": torch.arange(5)}
    with running(Run("scripts/x/y.py", {"seed": 1}, "", {})):
        write_weights(tensors, path)
    loaded = read_weights(path)
    assert all(torch.equal(loaded[name], tensors[name]) for name in tensors)
    assert weights_record(path)["step"] == "scripts/x/y.py"
    damaged = bytearray(path.read_bytes())
    damaged[-3] ^= 1
    path.write_bytes(bytes(damaged))
    with pytest.raises(DamagedResult, match=r"w\.safetensors"):
        read_weights(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DamagedResult, match=r"w\.safetensors"):
        read_weights(path)


def test_folder_digest_sees_content_and_not_hidden_files(tmp_path):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "a.csv").write_text("1")
    before = content_digest(tmp_path / "raw")
    (tmp_path / "raw" / ".snakemake_timestamp").touch()
    assert content_digest(tmp_path / "raw") == before
    (tmp_path / "raw" / "a.csv").write_text("2")
    assert content_digest(tmp_path / "raw") != before


def test_text_is_written_as_utf_8_whatever_the_locale(tmp_path):
    code = "import sys; from triptych.runtime.store import write_text; from pathlib import Path; "
    code += "write_text('\\u2265', Path(sys.argv[1]))"
    plain = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", code, tmp_path / "a.txt"], env=plain, check=True)
    assert (tmp_path / "a.txt").read_bytes() == "≥".encode()
