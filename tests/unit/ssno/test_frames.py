from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_model, ssno_training
from ssno_trajectories import rollout, simulate

from triptych.runtime.store import open_store, write_store_in_parts
from triptych.ssno import frames as module
from triptych.ssno.frames import Frames, channel_scale, increment_scale, select_frames
from triptych.ssno.layout import CHUNK_FRAMES, blank
from triptych.ssno.models import build_model
from triptych.ssno.simulation import solve
from triptych.ssno.system import Split
from triptych.ssno.systems import get_system
from triptych.ssno.training import draw_windows, validation_error

STORED = 40
"""Frames of a trajectory: two chunks and a half."""


@pytest.fixture(scope="module")
def system():
    split = Split(3, 0.5 * (STORED - 1))
    return replace(
        get_system("swe_sphere"),
        source_points=16,
        points=16,
        storage_step=0.5,
        dt=0.5,
        solver_step=0.05,
        splits={"train": split},
    )


@pytest.fixture(scope="module")
def whole(system):
    return simulate(system, "train", seed=1)


@pytest.fixture(scope="module")
def path(system, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "train.zarr"
    parts = solve(system, "train", seed=1)
    write_store_in_parts(blank(system, "train", 1), "state", parts, path)
    return path


def test_solved_in_parts_or_whole_is_the_same(system, whole, path):
    assert open_store(path).identical(whole)
    regions = [(region, values.shape) for region, values in solve(system, "train", seed=1)]
    every = slice(None)
    assert [region for region, _ in regions] == [
        (every, slice(0, 16)),
        (every, slice(16, 32)),
        (every, slice(32, 40)),
    ]
    assert [shape[:2] for _, shape in regions] == [(3, 16), (3, 16), (3, 8)]
    assert open_store(path)["state"].encoding["chunks"] == (1, CHUNK_FRAMES, 3, 16, 32)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("lazy", [True, False])
def test_windows_are_the_scaled_frames(whole, path, stride, lazy):
    dataset = open_store(path) if lazy else whole
    scale = np.array([0.5, 2.0, 3.0], np.float32)
    frames = Frames(select_frames(dataset, 0.5 * stride, 2), scale)
    expected = whole["state"].values[:2, ::stride] / scale[:, None, None]
    assert (frames.trajectories, frames.times) == expected.shape[:2]
    for length in (1, 4, CHUNK_FRAMES, frames.times):
        for start in range(frames.times - length + 1):
            window = frames.window(1, start, length)
            assert window.dtype == torch.float32
            np.testing.assert_array_equal(window, expected[1, start : start + length])
    np.testing.assert_array_equal(frames.block(3, 10), expected[:, 3:13])


def test_the_cache_is_bounded_and_saves_reads(whole, monkeypatch):
    chunk = CHUNK_FRAMES * 3 * 16 * 32 * 4
    for cache_bytes, reads in ((9 * chunk, 9), (2 * chunk + 1, 18)):
        monkeypatch.setattr(module, "CACHE_BYTES", cache_bytes)
        frames = Frames(whole, np.ones(3, np.float32))
        for _ in range(2):
            for trajectory in range(3):
                frames.window(trajectory, 0, STORED)
        info = frames._chunk.cache_info()
        assert info.currsize * chunk <= cache_bytes
        assert info.misses == reads


def test_scale_is_the_standard_deviation_of_each_channel(whole, path):
    values = whole["state"].values.astype(np.float64)
    expected = values.std((0, 1, 3, 4)).astype(np.float32)
    np.testing.assert_array_max_ulp(channel_scale(whole), expected, maxulp=1)
    np.testing.assert_array_equal(channel_scale(open_store(path)), channel_scale(whole))
    first, second, _ = whole["channel"].values
    shared = channel_scale(whole, [first, second])
    assert shared[0] == shared[1] == channel_scale(whole)[:2].max()
    assert shared[2] == channel_scale(whole)[2]


def test_scale_of_a_constant_is_one_and_an_offset_costs_no_digits():
    noise = np.random.default_rng(0).standard_normal((2, 50, 8)).astype(np.float32)
    state = np.stack([np.full_like(noise, 0.1), noise, noise + np.float32(1e4)], 2)
    dims = ("trajectory", "time", "channel", "x")
    dataset = xr.Dataset({"state": (dims, state)}, {"channel": ["rest", "u", "v"]})
    rest, u, v = channel_scale(dataset)
    assert rest == 1
    assert u == pytest.approx(noise.std(dtype=np.float64), rel=1e-7)
    assert v == pytest.approx(state[:, :, 2].std(dtype=np.float64), rel=1e-7)


def test_increments_are_measured_over_all_frames_of_every_trajectory(whole, path):
    assert STORED > CHUNK_FRAMES + 1, "changes across chunks are among them"
    scale = channel_scale(whole)
    scaled = whole["state"].values.astype(np.float64) / scale.reshape(-1, 1, 1)
    expected = np.diff(scaled, axis=1).std((0, 1, 3, 4))
    for dataset in (whole, open_store(path)):
        measured = increment_scale(Frames(dataset, scale))
        assert measured.dtype == np.float32
        np.testing.assert_allclose(measured, expected, rtol=1e-5)


def test_increment_scale_of_a_steady_channel_is_one():
    time = np.arange(5.0, dtype=np.float32)
    state = np.zeros((2, 5, 2, 4), np.float32)
    state[:, :, 1, 0] = 4 * time**2  # one point of four changes by 4, 12, 20, 28
    dataset = xr.Dataset({"state": (("trajectory", "time", "channel", "x"), state)})
    steady, moving = increment_scale(Frames(dataset, np.ones(2, np.float32)))
    assert steady == 1
    changes = np.array([4, 12, 20, 28] + [0] * 12)
    assert moving == pytest.approx(changes.std(), rel=1e-6)


def test_validation_in_pieces_is_that_of_the_whole_rollout(system, path):
    dataset = open_store(path)
    frames = Frames(dataset, channel_scale(dataset))
    model = build_model(
        "ssno", system, seed=0, options=ssno_model(), increment_scale=np.ones(1, np.float32)
    )
    truth = frames.block(0, STORED)
    predicted = rollout(model, truth[:, 0], STORED - 1)[:, 1:]
    roots = frames.weights.sqrt()
    difference, size = (
        (fields * roots).flatten(2).norm(dim=2)
        for fields in (predicted - truth[:, 1:], truth[:, 1:])
    )
    expected = float((difference / size).mean())
    assert math.isfinite(expected)
    assert validation_error(model, frames) == expected


def test_values_that_are_not_finite_are_refused_wherever_they_are(whole, tmp_path):
    state = whole["state"].values.copy()
    state[2, STORED - 1, 0, 0, 0] = np.inf
    state[0, 0, 2, 15, 31] = np.nan
    broken = whole.assign(state=whole["state"].copy(data=state))
    parts = [((slice(i, i + 1),), state[i : i + 1]) for i in range(3)]
    write_store_in_parts(broken, "state", parts, tmp_path / "a.zarr")
    for dataset in (broken, open_store(tmp_path / "a.zarr")):
        with pytest.raises(ValueError, match=r"not finite in trajectories \[0, 2\]"):
            select_frames(dataset, 0.5)


def test_every_window_that_fits_is_drawn_after_every_number_of_pushforward_steps() -> None:
    state = np.arange(6, dtype=np.float32).reshape(1, 6, 1, 1, 1)
    dims = ("trajectory", "time", "channel", "x", "y")
    frames = Frames(xr.Dataset({"state": (dims, state)}), np.ones(1, np.float32))
    spec, rng = ssno_training(pushforward_steps=2), np.random.default_rng(0)
    drawn = set()
    for _ in range(300):
        windows, steps = draw_windows(frames, spec, 1, rng)
        drawn.add((steps, *windows.flatten().tolist()))
    assert drawn == {(n, *range(i, i + n + 2)) for n in range(3) for i in range(5 - n)}
