"""Bad input stops a step with the value and the place, and leaves no half-written store."""

import gzip
import runpy
import sys

import numpy as np
import pytest
import xarray as xr

from triptych.runtime.store import write_store

RUN = '[{"design": "free", "learning_rate": %g, "seed": 0, "steps": 1}]'
TRAINING = {
    "states": 4,
    "iterations": 5,
    "batch_size": 20,
    "chains": 5,
    "tied": False,
    "cooldown": 0.5,
    "order_seed": 0,
    "record_every": 5,
    "record_draws": 200,
}


@pytest.fixture
def run(project, monkeypatch, capsys):
    """Return what runs a script as its command line does, and returns its status and its errors.

    It runs in this process, which has imported torch; test_step.py has failures in one of its own.
    """

    def run(script, *words):
        path = str(project / "scripts" / "cycles" / script)
        monkeypatch.setattr(sys, "argv", [path, *words])
        with pytest.raises(SystemExit) as end:
            runpy.run_path(path, run_name="__main__")
        return end.value.code, capsys.readouterr().err

    return run


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("0," * 783 + "5", "row 2 has 784 columns, expected 785"),
        ("0," * 783 + "256,5", "image 2 has 256 at pixel (27, 27), outside 0 to 255"),
        ("0," * 784 + "12", "image 2 has label 12, outside 0 to 9"),
    ],
)
def test_a_wrong_raw_file(run, tmp_path, row, words):
    good = "0," * 784 + "3"
    rows = [good, row, *[good] * 4998]
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "mnist_5k.csv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    status, errors = run(
        "prepare.py", "--input", f"raw={tmp_path}/raw",
        "--output", f"data={tmp_path}/out/data.zarr", "--param", "dataset=mnist_5k",
        "--param", "threshold=0.5", "--param", "held_out=100", "--param", "split_seed=0",
    )  # fmt: skip
    assert status == 1
    assert "mnist_5k.csv.gz" in errors
    assert words in errors
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["jobs"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("training.states=1", "states is 1"),
        ("training.iterations=0", "iterations is 0"),
        (f"runs={RUN % 1e38}", "is not finite"),
    ],
)
def test_a_training_that_cannot_be(run, tmp_path, setting, words):
    rng = np.random.default_rng(0)
    digits = xr.Dataset(
        {"images": (("image", "y", "x"), rng.integers(0, 2, (40, 5, 5), dtype=np.uint8))},
        {"label": ("image", np.arange(40) % 10), "held_out": ("image", np.arange(40) >= 30)},
    )
    write_store(digits, tmp_path / "data.zarr")
    parameters = [f"training.{name}={value}" for name, value in TRAINING.items()]
    parameters += [f"runs={RUN % 0.01}", setting]
    status, errors = run(
        "train.py", "--input", f"data={tmp_path}/data.zarr",
        "--output", f"weights={tmp_path}/out/w.safetensors",
        "--output", f"history={tmp_path}/out/h.zarr",
        *[word for parameter in parameters for word in ("--param", parameter)],
    )  # fmt: skip
    assert status == 1
    assert words in errors
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["jobs"]
