"""The spherical Fourier neural operator: its filters on the sphere, and what they tell apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from triptych.ssno.baselines.sfno import SphericalConvolution
from triptych.ssno.coordinates import periodic_coordinates
from triptych.ssno.domains import Sphere
from triptych.ssno.models import build_model
from triptych.ssno.systems import get_system


def zonal(degree, axis, points):
    """Return the Legendre polynomial of that degree around an axis, on a grid of the sphere."""
    where = periodic_coordinates(Sphere(), points).double()
    cosine = torch.tensordot(torch.as_tensor(axis / np.linalg.norm(axis)), where, 1)
    return torch.from_numpy(np.polynomial.Legendre.basis(degree)(cosine.clamp(-1, 1).numpy()))


@pytest.mark.parametrize("degree", [0, 1, 4, 7])
@pytest.mark.parametrize("axis", [(0, 0, 1), (1, 0, 0), (0.3, -2, 1)])
def test_a_spherical_convolution_turns_with_the_field(degree, axis):
    """A zonal field around any axis stays one and is scaled by its degree's matrix."""
    layer = SphericalConvolution(3, 7, complex_weights=False).double()
    field = zonal(degree, np.array(axis, float), 12)
    amplitudes = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    convolved = layer(amplitudes.view(1, 3, 1, 1) * field)
    expected = (layer.weight[degree, ..., 0] @ amplitudes).view(1, 3, 1, 1) * field
    torch.testing.assert_close(convolved, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("complex_weights", [False, True])
def test_identities_for_filters_keep_a_band_and_drop_what_is_above(complex_weights):
    layer = SphericalConvolution(3, 7, complex_weights).double()
    with torch.no_grad():
        layer.weight.zero_()[..., 0] = torch.eye(3)
    band = Sphere().transform(12, 7)
    kept = band.inverse(band.forward(torch.randn(2, 3, 12, 24, dtype=torch.float64)))
    torch.testing.assert_close(layer(kept), kept, rtol=1e-12, atol=1e-12)
    above = zonal(8, np.array([1.0, 2.0, 3.0]), 12).expand(1, 3, -1, -1)
    assert layer(above).abs().max() < 1e-6


@pytest.mark.parametrize("complex_weights", [False, True])
def test_a_spherical_convolution_is_the_same_on_every_grid(complex_weights):
    layer = SphericalConvolution(3, 7, complex_weights).double()
    coarse, fine = (Sphere().transform(points, 7) for points in (8, 20))
    coefficients = coarse.forward(torch.randn(2, 3, 8, 16, dtype=torch.float64))
    here = coarse.forward(layer(coarse.inverse(coefficients)))
    there = fine.forward(layer(fine.inverse(coefficients)))
    torch.testing.assert_close(here, there, rtol=1e-12, atol=1e-12)
    smaller = layer(torch.randn(2, 3, 6, 12, dtype=torch.float64))
    assert smaller.shape == (2, 3, 6, 12), "a grid that resolves fewer degrees takes those"


def test_an_imaginary_weight_moves_a_wave_by_a_quarter_of_its_length():
    layer = SphericalConvolution(1, 7, complex_weights=True).double()
    with torch.no_grad():
        layer.weight[..., 0], layer.weight[..., 1] = 0, 1
    order, degree = 3, 5
    band = Sphere().transform(12, 7)
    coefficients = torch.zeros(1, 1, 8, 8, dtype=torch.complex128)
    coefficients[..., degree, order] = 1
    wave = band.inverse(coefficients)
    quarter = wave.shape[-1] // (4 * order)
    torch.testing.assert_close(layer(wave), wave.roll(-quarter, -1), rtol=1e-12, atol=1e-12)
    around_the_pole = zonal(degree, np.array([1.0, 0.0, 0.0]), 12)[None, None]
    assert layer(around_the_pole).abs().max() < 1e-6


@pytest.mark.parametrize(("system", "knows"), [("swe_sphere", True), ("sh_sphere", False)])
def test_an_sfno_knows_east_from_west_where_the_sphere_rotates(system, knows):
    """Vorticity mirrored changes its sign there, and so does the way that waves travel."""
    domain, channels = Sphere(), len(get_system(system).channels)
    scale = np.ones(channels, np.float32)
    sizes = {"width": 4, "layers": 2}
    model = build_model("sfno", get_system(system), seed=0, options=sizes, increment_scale=scale)
    field = torch.randn(2, channels, *domain.grid(8))
    with torch.no_grad():
        mirrored = model(field.flip(-1), 1)[:, 0].flip(-1) - field
        change = model(field, 1)[:, 0] - field
    difference = (mirrored - change).norm() / change.norm()
    assert difference > 0.01 if knows else difference < 1e-5


@pytest.mark.parametrize("complex_weights", [False, True])
@pytest.mark.parametrize("shift", [1, 5])
def test_a_spherical_convolution_commutes_with_turns_about_the_pole(shift, complex_weights):
    layer = SphericalConvolution(3, 7, complex_weights).double()
    field = torch.randn(2, 3, 12, 24, dtype=torch.float64)
    turned = layer(field.roll(shift, -1))
    torch.testing.assert_close(turned, layer(field).roll(shift, -1))
