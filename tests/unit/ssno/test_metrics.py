from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
import reference_metrics
import torch
import xarray as xr

from triptych.ssno.areas import area_weights
from triptych.ssno.domains import Box, Sphere
from triptych.ssno.metrics import (
    frame_scores,
    high_correlation_time,
    relative_error,
    score,
)
from triptych.ssno.spectra import band_errors, energy_spectrum

UNIT = np.ones(1)


def fields(values, times=None):
    values = np.asarray(values, np.float32)
    times = np.arange(values.shape[1]) * 0.5 if times is None else times
    return xr.DataArray(
        values, dims=("trajectory", "time", "channel", "x", "y"), coords={"time": times}
    )


def random(rng, shape=(2, 4, 1, 8, 8)):
    return fields(rng.standard_normal(shape))


def scores_of_frames(predicted, truth):
    return frame_scores(predicted.values, truth.values, area_weights(truth).values)


def test_relative_error_by_hand():
    truth = fields([[[[[3.0, 4.0]]]]])
    predicted = fields([[[[[3.0, 5.0]]]]])
    assert relative_error(predicted, truth).item() == pytest.approx(0.2)
    # Without means: truth (-0.5, 0.5), predicted (-1, 1).
    error = scores_of_frames(predicted, truth)["error_mean_removed"]
    assert error.item() == pytest.approx(1.0)


def test_correlation_by_hand():
    def correlation(predicted, truth):
        return scores_of_frames(predicted, truth)["correlation"]

    truth = fields([[[[[0.0, 1.0, 2.0, 5.0]]]]])
    assert correlation(2 * truth + 7, truth).item() == pytest.approx(1.0)
    assert correlation(-truth, truth).item() == pytest.approx(-1.0)
    other = fields([[[[[1.0, 0.0, 2.0, 2.0]]]]])
    expected = np.corrcoef([0, 1, 2, 5], [1, 0, 2, 2])[0, 1]
    assert correlation(other, truth).item() == pytest.approx(expected)


@pytest.mark.parametrize("sphere", [False, True])
def test_scores_are_those_of_the_formulas(rng, sphere):
    sizes = np.array([3.0, 0.5])
    axes = Sphere().transform(8).coordinates() if sphere else {"x": np.arange(6), "y": np.arange(5)}
    times = {"time": np.arange(4.0)}
    shape = (3, 4, 2, *map(len, axes.values()))
    predicted, truth = (
        xr.DataArray(rng.standard_normal(shape).astype(np.float32),
                     dims=("trajectory", "time", "channel", *axes), coords=times | axes)
        for _ in range(2)
    )  # fmt: skip
    predicted = predicted + 2 * truth + 1
    predicted[1, 2:, 1, 3, 2] = np.nan
    scores = score([predicted], truth, sizes)
    scale = xr.DataArray(sizes, dims="channel")
    a, b = ((f / scale).transpose(*truth.dims) for f in (predicted, truth))
    means_off = (reference_metrics.centred(f) for f in (a, b))
    for ours, expected in (
        (scores.error, reference_metrics.relative_error(a, b)),
        (scores.error_mean_removed, reference_metrics.relative_error(*means_off)),
        (scores.correlation, reference_metrics.correlation(a, b)),
        (relative_error(a, b), scores.error),
    ):
        xr.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_high_correlation_time_is_the_first_frame_below():
    table = xr.DataArray(
        [[1.0, 0.95, 0.85, 0.7, 0.9], [1.0, 1.0, 0.99, 0.95, 0.93], [1.0, 0.2, 0.1, 0.0, 0.0]],
        dims=("trajectory", "time"),
        coords={"time": [0.0, 0.5, 1.0, 1.5, 2.0]},
    )
    np.testing.assert_allclose(high_correlation_time(table, 0.8), [1.5, 2.0, 0.5])
    np.testing.assert_allclose(high_correlation_time(table, 0.9), [1.0, 2.0, 0.5])
    np.testing.assert_allclose(high_correlation_time(table, 0.85), [1.5, 2.0, 0.5])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bad", [[np.nan, np.nan], [np.inf, np.inf], [np.inf, -np.inf]])
def test_a_rollout_that_is_not_finite_is_infinitely_wrong(rng, bad):
    truth = random(rng)
    predicted = truth.copy(deep=True)
    predicted[0, 2:, 0, 1, :2] = bad
    scores = score([predicted], truth, UNIT)
    assert np.isinf(scores.error[0, 2:]).all()
    assert np.isinf(scores.error_mean_removed[0, 2:]).all()
    assert scores.error[0, 1] == 0
    assert math.isinf(scores.mean_error[0])
    assert (scores.high_correlation_time.sel(trajectory=0) == 0).all()
    assert scores.mean_error[1] == 0
    assert (scores.high_correlation_time.sel(trajectory=1) == 1.5).all()
    # A number too large to be squared in single precision is finite all the same.
    large = truth.copy(deep=True)
    large[1] = 1e30
    assert np.isfinite(score([large], truth, UNIT).error).all()


def test_channels_count_alike_after_scaling(rng):
    truth = random(rng, (1, 2, 2, 8, 8))
    predicted = truth.copy(deep=True)
    predicted[:, :, 1] *= 1.1
    sizes = np.array([100.0, 1.0])
    scaled = truth * xr.DataArray(sizes, dims="channel")
    both = predicted * xr.DataArray(sizes, dims="channel")
    dims = ("trajectory", "time", "channel", "x", "y")
    scores = score([both.transpose(*dims)], scaled.transpose(*dims), sizes)
    np.testing.assert_allclose(scores.error, score([predicted], truth, np.ones(2)).error, rtol=1e-5)


def test_sphere_is_weighted_by_area():
    sphere = Sphere().transform(8).coordinates()
    values = np.ones((1, 1, 1, 8, 16), np.float32)
    field = xr.DataArray(
        values, dims=("trajectory", "time", "channel", *sphere), coords=dict(sphere)
    )
    weights = area_weights(field)
    assert float(weights.sum()) == pytest.approx(1.0)
    latitude = np.deg2rad(field.latitude)
    # ∫ sin² over the sphere is a third of its area.
    assert float((weights * np.sin(latitude) ** 2).sum()) == pytest.approx(1 / 3)


def test_all_frames_of_all_trajectories_are_to_be_scored(rng):
    truth = random(rng)
    with pytest.raises(ValueError, match="differ in shape"):
        score([truth.isel(time=slice(0, 2), trajectory=[0])], truth, UNIT)
    with pytest.raises(ValueError, match="1 frames predicted, 4 of the truth"):
        score([truth.isel(time=[0])], truth, UNIT)


def test_parts_in_time_score_as_the_whole_does(rng):
    truth = random(rng)
    predicted = truth + random(rng)
    predicted[1, 2] = np.nan
    parts = [predicted.isel(time=slice(0, 1)), predicted.isel(time=slice(1, None))]
    xr.testing.assert_identical(score(parts, truth, UNIT), score([predicted], truth, UNIT))


def test_the_mean_error_leaves_the_given_frame_out(rng):
    truth = random(rng)
    scores = score([truth + random(rng)], truth, UNIT)
    np.testing.assert_allclose(scores.mean_error, scores.error.values[:, 1:].mean(axis=1))


@pytest.mark.parametrize("domain", [Box(2 * math.pi, 2), Sphere()])
def test_spectrum_adds_up_to_the_energy(domain, rng):
    transform = domain.transform(12)
    axes = transform.coordinates()
    noise = transform.forward(torch.from_numpy(rng.standard_normal((2, 1, 1, *transform.grid))))
    state = transform.inverse(noise).numpy()
    field = xr.DataArray(
        state, dims=("trajectory", "time", "channel", *axes), coords={"time": [0.0], **axes}
    )
    spectrum = energy_spectrum(field, domain)
    expected = 0.5 * (field**2 * area_weights(field)).sum([*axes])
    np.testing.assert_allclose(spectrum.sum("wavenumber"), expected)


def test_a_wave_sits_in_its_shell_and_its_error_in_its_band():
    domain = Box(2 * math.pi, 2)
    x = np.arange(16) * 2 * math.pi / 16
    wave = np.broadcast_to(np.cos(3 * x)[:, None], (16, 16))
    truth = fields(wave[None, None, None])
    spectrum = energy_spectrum(truth, domain)
    assert int(spectrum.argmax("wavenumber").squeeze()) == 3
    assert float(spectrum.sum()) == pytest.approx(0.25)
    predicted = truth + 0.1 * fields(np.cos(6 * x)[None, None, None, :, None] + 0 * wave)
    errors = band_errors(predicted, truth, domain).squeeze()
    np.testing.assert_allclose(errors, [0.0, 0.0, 0.1], atol=1e-6)
    whole = relative_error(predicted, truth)
    assert float((errors**2).sum()) == pytest.approx(whole.item() ** 2, rel=1e-5)


@pytest.mark.parametrize("wavenumber", range(7))
def test_bands_are_thirds_and_the_mean_is_in_the_first(wavenumber: int) -> None:
    """Fourteen points resolve six waves: a third ends before each second one."""
    wave = np.cos(2 * np.pi * wavenumber * np.arange(14) / 14)
    truth = fields(np.broadcast_to(wave[:, None], (1, 1, 1, 14, 14)))
    errors = band_errors(1.1 * truth, truth, Box(1.0, 2)).squeeze()
    expected = np.zeros(3)
    expected[min(wavenumber // 2, 2)] = 0.1
    np.testing.assert_allclose(errors, expected, atol=1e-6)


def test_scoring_takes_the_memory_of_one_trajectory(rng):
    def peak(trajectories):
        truth = random(rng, (trajectories, 20, 1, 32, 32))
        tracemalloc.start()
        score([truth + 1], truth, UNIT)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest - truth.nbytes  # of what is scored

    peak(1)  # whatever is imported on the way
    assert peak(8) < 1.5 * peak(1)
