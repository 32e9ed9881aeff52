from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.fourier import DENSE_LIMIT, FastFourier, MatrixFourier
from triptych.ssno.spherical import Spherical
from triptych.ssno.wavenumbers import (
    DEALIAS_CUBIC,
    DEALIAS_QUADRATIC,
    cutoff_index,
    fast_length,
    highest_index,
)

DOMAINS = [(Box(3.0, 2), 24), (Box(5.0, 3), 12), (Sphere(), 24)]


def random_band(transform, batch=3):
    generator = torch.Generator().manual_seed(1)
    parts = torch.randn((2, batch, *transform.modes), generator=generator, dtype=torch.float64)
    values = transform.hermitian(torch.complex(*parts))
    return values * (transform.indices[-1] <= transform.magnitude)


@pytest.mark.parametrize(("domain", "points"), DOMAINS)
def test_round_trips_are_exact(domain, points):
    transform = domain.transform(points)
    band = random_band(transform)
    field = transform.inverse(band)
    for _ in range(10):
        field = transform.inverse(transform.forward(field))
    torch.testing.assert_close(transform.forward(field), band, rtol=0, atol=1e-11)


@pytest.mark.parametrize(("domain", "points"), DOMAINS)
def test_gradients_of_transforms_are_their_adjoints(domain, points):
    transform = domain.transform(points, 4)
    band = random_band(transform, 1).requires_grad_()
    assert torch.autograd.gradcheck(transform.inverse, band)
    field = transform.inverse(band).detach().requires_grad_()
    assert torch.autograd.gradcheck(transform.forward, field)
    assert torch.autograd.gradcheck(transform.gradient, band, fast_mode=True)
    vector = transform.gradient(band).detach().requires_grad_()
    assert torch.autograd.gradcheck(transform.divergence, vector, fast_mode=True)


@pytest.mark.parametrize(("domain", "points"), DOMAINS)
def test_divergence_of_gradient_is_laplacian(domain, points):
    transform = domain.transform(points)
    band = random_band(transform)
    divergence = transform.divergence(transform.gradient(band))
    expected = transform.laplacian * band
    torch.testing.assert_close(
        divergence, expected, rtol=0, atol=1e-10 * float(expected.abs().max())
    )


@pytest.mark.parametrize("domain", [Box(2 * math.pi, 2), Sphere()])
def test_a_wavenumber_is_the_root_of_minus_the_laplacian(domain):
    transform = domain.transform(24)
    torch.testing.assert_close(transform.magnitude.square(), -transform.laplacian)


@pytest.mark.parametrize("shape", [(20, 24), (12, 10, 14)])
@pytest.mark.parametrize("cutoff", [4, None])
def test_matrix_and_fft_forms_agree(shape, cutoff):
    forms = [form(shape, 2.0, cutoff) for form in (MatrixFourier, FastFourier)]
    band = random_band(forms[0])
    field = forms[0].inverse(band)
    results = []
    for form in forms:
        coefficients, values = band.clone().requires_grad_(), field.clone().requires_grad_()
        grid, modes = form.inverse(coefficients), form.forward(values)
        (grid * field.sin()).sum().backward()
        (modes * band.conj()).real.sin().sum().backward()
        results.append((grid, modes, coefficients.grad, values.grad))
    torch.testing.assert_close(results[1], results[0])


@pytest.mark.parametrize("shape", [(40, 36), (12, 40, 14)])
def test_ffts_by_pieces_are_those_of_one_call(shape, monkeypatch):
    whole = FastFourier(shape, 2.0, 4)
    monkeypatch.setattr("triptych.ssno.fourier.PIECE_BYTES", 4 * 8 * math.prod(shape))
    pieces = FastFourier(shape, 2.0, 4)
    band = random_band(whole, 15).unflatten(0, (3, 5))
    field = whole.inverse(band)
    assert torch.equal(pieces.inverse(band), field)
    assert torch.equal(pieces.forward(field), whole.forward(field))
    assert pieces.forward(field).shape == band.shape


def test_the_form_is_chosen_by_the_points_along_an_axis():
    assert isinstance(Box(2.0, 2).transform(DENSE_LIMIT), MatrixFourier)
    assert isinstance(Box(2.0, 2).transform(DENSE_LIMIT + 1), FastFourier)


def test_gradient_of_a_plane_wave():
    transform = Box(4.0, 2).transform(32)
    x, y = (torch.from_numpy(a) for a in transform.coordinates().values())
    wave = 2 * math.pi / 4
    field = (3 * wave * x)[:, None].sin() * (2 * wave * y).cos()
    slope = transform.gradient(transform.forward(field))
    expected = 3 * wave * (3 * wave * x)[:, None].cos() * (2 * wave * y).cos()
    torch.testing.assert_close(slope[0], expected)


def test_gradient_of_a_harmonic():
    transform = Spherical((16, 32))
    theta = torch.from_numpy(transform.colatitude)[:, None]
    phi = torch.from_numpy(np.deg2rad(transform.coordinates()["longitude"]))
    slope = transform.gradient(transform.forward(theta.sin() * phi.cos()))
    torch.testing.assert_close(slope[0], theta.cos() * phi.cos())
    torch.testing.assert_close(slope[1], (-phi.sin()).expand(16, 32))


def test_weights_integrate_the_sphere():
    transform = Spherical((12, 24))
    assert transform.weights.sum() == pytest.approx(2.0)
    constant = transform.forward(torch.ones(12, 24, dtype=torch.float64))
    assert constant[0, 0].real == pytest.approx(math.sqrt(4 * math.pi))


@pytest.mark.parametrize(("domain", "points"), DOMAINS)
def test_coefficients_do_not_depend_on_the_grid(domain, points):
    coarse, fine = domain.transform(points), domain.transform(2 * points)
    band = random_band(coarse)
    embedded = coarse.embed(band, fine)
    torch.testing.assert_close(fine.forward(fine.inverse(embedded)), embedded, rtol=0, atol=1e-12)
    torch.testing.assert_close(fine.embed(embedded, coarse), band)


@pytest.mark.parametrize("points", [12, 15, 16, 24, 32, 33, 64])
def test_low_pass_frees_products_from_aliases(points):
    for fraction, fields in ((DEALIAS_QUADRATIC, 2), (DEALIAS_CUBIC, 3)):
        cutoff = cutoff_index(points, fraction)
        # The highest index of the product, folded by the grid, stays outside the band.
        assert points - fields * cutoff > cutoff
        assert cutoff <= highest_index(points)


def test_low_pass_refuses_nonsense():
    with pytest.raises(ValueError, match="fraction"):
        cutoff_index(32, 1.5)
    with pytest.raises(ValueError, match="only the mean"):
        cutoff_index(4, 0.3)
    # A product of waves of index 1 would be folded onto them.
    for points, fraction in ((3, DEALIAS_QUADRATIC), (4, DEALIAS_CUBIC)):
        with pytest.raises(ValueError, match="only the mean"):
            cutoff_index(points, fraction)
    with pytest.raises(ValueError, match="resolves"):
        Box(1.0, 2).transform(8, 4)
    with pytest.raises(ValueError, match="resolves"):
        Spherical((8, 16), 9)


@pytest.mark.parametrize(
    ("length", "dim"), [(0.0, 2), (-1.0, 2), (math.nan, 2), (1.0, 1), (1.0, 4)]
)
def test_impossible_boxes_are_refused(length, dim):
    with pytest.raises(ValueError, match="a box has a positive length and 2 or 3 dimensions"):
        Box(length, dim)


@pytest.mark.parametrize("least", [24, 36, 48, 96, 192])
def test_a_fast_length_stays(least):
    assert fast_length(least) == least


def test_a_slow_length_becomes_the_next_fast_one():
    # Their largest prime factors: 11, 11, 17, 43, 43.
    lengths = [fast_length(least) for least in (33, 66, 34, 86, 129)]
    assert lengths == [36, 70, 36, 90, 140]
