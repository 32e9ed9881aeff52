"""Paper 1 on data that are larger than the memory it is allowed.

The limit is on private writable memory (``RLIMIT_DATA``: heap, anonymous maps, stacks), the memory
that arrays are in. Address space (``RLIMIT_AS``) would have to allow for the code that libraries
map, a GiB and more that is never touched, and a limit on resident memory is not enforced. The limit
is on what a process takes beyond the import of torch, which takes 176 MiB where it is built for the
CPU and up to 723 where it is built for GPUs as well. It is well below the data.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from limited import run_limited

from triptych.runtime.store import open_store, write_store
from triptych.ssno.search import candidate_record

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces RLIMIT_DATA")

ROOM = 464 * 2**20
"""Measured: the solver takes 179 MiB at the most, the training 319, other imports 44 of them."""

PROGRAM = '''
import runpy
import sys

import torch

from triptych.ssno.domains import Box
from triptych.ssno.system import Split, System
from triptych.ssno.systems import register


class Ridges:
    """Fields of one axis alone, which take little room on disk."""

    def sample(self, domain, transform, count, rng):
        noise = torch.from_numpy(rng.standard_normal((2, count, 1, *transform.modes)))
        flat = (transform.indices[1] == 0) & (transform.magnitude <= 4)
        return transform.hermitian(torch.complex(*noise) * flat)


class Heat:
    def linear(self, transform):
        return (0.01 * transform.laplacian).unsqueeze(0)

    def nonlinear(self, transform):
        return torch.zeros_like


splits = {"train": Split(1, 0.04), "val": Split(1, 0.04)}
register(
    System("heat2d", "heat", Heat(), Box(6.28, 2), Ridges(), 128, 128, 0.04, 0.01, 0.01, splits,
           dealias_fraction=0.1)
)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
'''
HOLD_WHOLE = """
import sys
from pathlib import Path

from triptych.runtime.store import read_store

read_store(Path(sys.argv[1]))
"""
SETTINGS = {
    "grid": {
        "source_points": 128,
        "points": 128,
        "solver_step": 0.01,
        "storage_step": 0.01,
        "dt": 0.04,
        "horizon": 20.48,
        "test_horizon": 20.48,
        "long": 2,
        "trajectories": 8,
        "test_trajectories": 1,
    },
    "models": {
        "ssno": {
            "iterations": 20,
            "sizes": {
                "multipliers": 2,
                "products": 2,
                "hidden": 8,
                "local": 0,
                "forcing": 0,
                "padding": 1.5,
                "substeps": 1,
            },
        }
    },
    "share": 0.1,
    "training": {
        "pushforward_steps": 0,
        "unroll_lengths": [1],
        "coarse_share": 0.0,
        "mask_penalty": 0.0,
        "validations": 1,
        "restarts": 0,
    },
}
"""8 trajectories of 2049 frames of 64 KiB, of which every fourth is for the model."""


def run_step(project, folder, script, inputs, outputs, **params):
    params = {"system": "heat2d", "settings": SETTINGS, "seed": 0, "device": "cpu", **params}
    script = f"scripts/{script}"
    job = {"script": script, "inputs": inputs, "outputs": outputs, "params": params}
    (folder / "job.json").write_text(json.dumps(job))
    (folder / "program.py").write_text(PROGRAM)
    words = ("program.py", str(project / script), "--job", "job.json")
    done = run_limited(project, folder, ROOM, *words)
    assert done.returncode == 0, done.stderr[-4000:]


def test_data_beyond_the_memory_allowed_are_made_trained_on_and_scored(project, tmp_path):
    outputs = {"train": "train.zarr", "val": "val.zarr"}
    run_step(project, tmp_path, "ssno/generate.py", {}, outputs, points=None)
    state = open_store(tmp_path / "train.zarr")["state"]
    assert state.shape == (8, 2049, 1, 128, 128)
    assert state.nbytes > 2 * ROOM

    rest = dict.fromkeys(("iterations", "validation_error", "cpu_seconds", "restarts"), 0.0)
    write_store(candidate_record("ssno", learning_rate=0.01, **rest), tmp_path / "candidate.zarr")
    run_step(
        project,
        tmp_path,
        "ssno/train.py",
        {
            "train": "train.zarr",
            "val": "val.zarr",
            "candidates": ["candidate.zarr"],
            "contenders": [],
        },
        {"weights": "weights.safetensors", "history": "history.zarr"},
        variant="default",
        trajectories=8,
    )
    history = open_store(tmp_path / "history.zarr")
    assert np.isfinite(history["loss"]).all()
    assert np.isfinite(history["validation_error"])

    run_step(
        project,
        tmp_path,
        "ssno/resolutions.py",
        {"data": ["train.zarr"], "weights": "weights.safetensors", "history": "history.zarr"},
        {"scores": "scores.zarr"},
        settings={**SETTINGS, "sizes": {"ssno": SETTINGS["models"]["ssno"]["sizes"]}},
        resolutions=[128],
        run={"model": "ssno", "variant": "default", "trajectories": 8, "seed": 0},
    )
    assert open_store(tmp_path / "scores.zarr")["error"].shape == (1, 8, 513)

    (tmp_path / "hold_whole.py").write_text(HOLD_WHOLE)
    done = run_limited(project, tmp_path, ROOM, "hold_whole.py", "train.zarr")
    assert done.returncode != 0
    assert "Unable to allocate 1.00 GiB" in done.stderr
