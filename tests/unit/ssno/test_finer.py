from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.special import sph_harm_y

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.finer import evaluate_finer, for_picture
from triptych.ssno.pictures import orthographic


def waves(*axes):
    """Return a field of waves that eight points resolve along each axis."""
    grids = np.meshgrid(*axes, indexing="ij")
    phase = sum((n + 1) * grid for n, grid in enumerate(grids))
    return 0.3 + np.sin(3 * grids[0] + 0.4) + 2 * np.cos(phase - 0.2)


@pytest.mark.parametrize("dim", [2, 3])
def test_waves_in_a_box_are_exact_between_the_points(dim):
    coarse, fine = (2 * np.pi / n * np.arange(n) for n in (8, 40))
    finer = evaluate_finer(waves(*[coarse] * dim), Box(2 * np.pi, dim), 5)
    assert finer.shape == (40,) * dim
    np.testing.assert_allclose(finer, waves(*[fine] * dim), atol=1e-13)


def harmonics(latitudes, longitudes):
    """Return a field of degrees up to the limit of eight latitudes."""
    theta = np.deg2rad(90 - latitudes)[:, None]
    phi = np.deg2rad(longitudes)[None]
    return 1 + sph_harm_y(7, 5, theta, phi).real + 3 * sph_harm_y(4, 1, theta, phi).imag


def on_sphere(points):
    axes = Sphere().transform(points).coordinates()
    return xr.DataArray(harmonics(*axes.values()), dims=list(axes), coords=axes)


def test_harmonics_on_the_sphere_are_exact_between_the_points():
    finer = evaluate_finer(on_sphere(8).values, Sphere(), 5)
    np.testing.assert_allclose(finer, on_sphere(40).values, atol=1e-12)


def test_pictures_of_the_sphere_are_the_field_at_their_own_coordinates():
    picture = for_picture(on_sphere(8).transpose("longitude", "latitude"), points=30)
    assert picture.dims == ("latitude", "longitude")
    assert picture.shape == (32, 64)
    expected = harmonics(picture.latitude.values, picture.longitude.values)
    np.testing.assert_allclose(picture.values, expected, atol=1e-12)


def test_pictures_of_a_box_keep_its_length_and_the_order_of_its_axes():
    x = 8 * math.pi / 8 * np.arange(8)
    field = xr.DataArray(waves(x / 4, x / 4), dims=("z", "x"), coords={"z": x, "x": x})
    picture = for_picture(field, points=20)
    assert picture.dims == ("z", "x")
    fine = picture.z.values / 4
    assert len(fine) == 24
    np.testing.assert_allclose(picture.values, waves(fine, picture.x.values / 4), atol=1e-13)


def test_a_globe_shows_the_field_itself_not_the_grid():
    """Eight latitudes joined by straight lines would not come near."""
    pixels = 101
    picture = orthographic(on_sphere(8), view=(0.0, 0.0), pixels=pixels)
    side = (np.arange(pixels) + 0.5) / pixels * 2 - 1
    row = np.flatnonzero(abs(side) < 0.8)
    longitudes = np.rad2deg(np.arcsin(side[row]))
    truth = harmonics(np.zeros(1), longitudes)[0]
    np.testing.assert_allclose(picture[pixels // 2, row], truth, atol=5e-3 * abs(truth).max())
