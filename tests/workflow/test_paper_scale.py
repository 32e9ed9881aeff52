"""Paper 1 at the paper scale, as far as a test can go: what evaluating a model takes of memory."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import xarray as xr
from configuration import scale_values
from limited import run_limited
from ssno_specs import CONFIG

from triptych.config.load import load_config
from triptych.runtime.store import open_store, write_store, write_weights
from triptych.ssno.adapt import adapt
from triptych.ssno.design import ssno_sizes
from triptych.ssno.layout import blank
from triptych.ssno.recipe import Recipe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces RLIMIT_DATA")

ROOM = 3 * 2**30
"""Beyond the import of torch, which takes up to 0.7 GiB: less than 4 GiB in all."""
TRAJECTORIES, FRAMES = 5, 2
RUN = {"model": "ssno", "variant": "default", "trajectories": 2, "seed": 0}


def test_a_published_model_is_scored_on_the_published_grid_within_four_gibibytes(project, tmp_path):
    """The largest system; one dt of one step, for memory does not depend on how many there are."""
    section = load_config(scale_values(CONFIG, "paper")).ssno
    grid = section.systems["ks3d"].grid.model_dump()
    system = adapt("ks3d", grid)
    fields = blank(system, "test", 0).isel(time=slice(0, FRAMES), trajectory=slice(0, TRAJECTORIES))
    shape = fields.state.shape
    assert shape == (TRAJECTORIES, FRAMES, 1, 64, 64, 64)
    noise = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    write_store(fields.assign(state=(fields.state.dims, noise)), tmp_path / "test.zarr")

    published = section.model.model_dump()
    sizes = {"ssno": {**ssno_sizes(published, system.dt, scored=True), "substeps": 1}}
    ones = np.ones(1, dtype=np.float32)
    network = Recipe("ssno", "default", sizes["ssno"], 0.01).build(system, 0, ones)
    write_weights(network.state_dict(), tmp_path / "weights.safetensors")
    history = xr.Dataset({"validation_error": ((), 1.0)}).assign_attrs(
        model="ssno",
        learning_rate=0.01,
        substeps=1,
        cpu_seconds=0.0,
        restarts=0,
        trainings="train",
        kept="train",
        parameters=0,
        channel_scale=[1.0],
        increment_scale=[1.0],
    )
    write_store(history, tmp_path / "history.zarr")
    step = "scripts/ssno/evaluate.py"
    job = {
        "script": step,
        "inputs": {
            "data": ["test.zarr"],
            "weights": ["weights.safetensors"],
            "histories": ["history.zarr"],
        },
        "outputs": {name: f"{name}.zarr" for name in ("scores", "snapshots", "symbol")},
        "params": {
            "system": "ks3d",
            "settings": {"grid": grid, "sizes": sizes},
            "splits": ["test"],
            "runs": [RUN],
            "device": "cpu",
        },
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    done = run_limited(project, tmp_path, ROOM, project / step, "--job", "job.json")
    assert done.returncode == 0, done.stderr[-4000:]
    scores = open_store(tmp_path / "scores.zarr")
    assert np.isfinite(scores.error).all()
    assert scores.error.shape == (1, 1, TRAJECTORIES, FRAMES)
