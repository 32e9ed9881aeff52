import json
import warnings

import numpy as np
import pytest
import torch
import xarray as xr

from triptych.workflow.provenance import Run, running
from triptych.workflow.store import (
    DamagedResult,
    atomic,
    content_digest,
    dataset_digest,
    read_store,
    read_weights,
    weights_record,
    write_store,
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
    run = Run("scripts/x/y.py", {"seed": 3, "training": {"order_seed": 4}}, "c0de", {"data": "d1"})
    with running(run):
        write_store(dataset(), tmp_path / "a.zarr")
    assert read_store(tmp_path / "a.zarr").attrs == dataset().attrs
    attrs = xr.open_zarr(tmp_path / "a.zarr").attrs
    assert attrs["digest"] == dataset_digest(dataset())
    assert attrs["step"] == "scripts/x/y.py"
    assert json.loads(attrs["params"])["training"] == {"order_seed": 4}
    assert json.loads(attrs["seed"]) == {"seed": 3, "training.order_seed": 4}
    assert json.loads(attrs["inputs"]) == {"data": "d1"}
    assert set(json.loads(attrs["versions"])) >= {"numpy", "xarray", "zarr", "torch"}
    assert {"schema_version", "commit", "dirty", "device", "created", "wall_time_s"} <= set(attrs)


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


def test_a_store_replaces_an_older_one_whole(tmp_path):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    write_store(dataset()[["loss"]], path)
    assert set(read_store(path)) == {"loss"}


def test_reserved_attributes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="digest"):
        write_store(dataset().assign_attrs(digest="mine"), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_every_flipped_byte_of_data_is_found(tmp_path):
    path = tmp_path / "a.zarr"
    write_store(dataset(), path)
    chunk = max((p for p in path.glob("image/*") if p.is_file()), key=lambda p: p.stat().st_size)
    whole = chunk.read_bytes()
    rng = np.random.default_rng(1)
    for position in rng.integers(0, len(whole), size=8):
        damaged = bytearray(whole)
        damaged[position] ^= 0x10
        chunk.write_bytes(bytes(damaged))
        with pytest.raises(DamagedResult, match=r"a\.zarr.*snakemake"):
            read_store(path)
    chunk.write_bytes(whole)
    read_store(path)


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
