from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import xarray as xr
from reference_ssno import reference_ssno
from ssno_specs import ssno_model
from torch import nn

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.generators import apply_matrix, exponential, generator, value_count
from triptych.ssno.model import SSNO, WAVE_RANGE
from triptych.ssno.networks import TABLE_REACH, ScalarTable, mlp
from triptych.ssno.symbols import learned_symbol, learned_symbols
from triptych.ssno.systems import get_system

BOX = Box(8 * math.pi, 2)
SMALL = ssno_model(multipliers=3, products=2, hidden=16, local=16, forcing=16)


def lively(*shape) -> SSNO:
    """Return a model whose products count: a fresh one is without."""
    model = SSNO(*shape)
    if model.products:
        nn.init.uniform_(model.readout, -0.1, 0.1)
    return model


def smooth(model: SSNO, points: int, batch: int = 2) -> torch.Tensor:
    """Return random fields of the model's band, resolved on any grid that holds it."""
    coarse = model.domain.transform(points, model.cutoff // 2, dtype=torch.float32)
    shape = (batch, model.channels, *coarse.modes)
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn((2, *shape), generator=generator)
    decay = 0.3 / (1 + coarse.magnitude)
    valid = coarse.indices[-1] <= coarse.magnitude
    return coarse.inverse(coarse.hermitian(torch.complex(*noise)) * decay * valid)


def agreement(model, slow_model, fields):
    """Return states and gradients of both forms, by all parameters and the fields."""
    weights = torch.randn(len(fields), 2, *fields.shape[1:]).to(fields)
    for form in (model, slow_model):
        inputs = fields.clone().requires_grad_()
        model.zero_grad()
        states = form(inputs, 2)
        (states * weights).sum().backward()
        yield states.detach(), [p.grad.clone() for p in model.parameters()] + [inputs.grad]


@pytest.mark.parametrize("domain", [*(Box(8 * math.pi, dim) for dim in (2, 3)), Sphere()])
@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("padding", "substeps"), [(3 / 2, 2), (2, 1)])
def test_agrees_with_the_reference_implementation(domain, channels, padding, substeps):
    points = 16 if domain.dim < 3 else 8
    spec = replace(SMALL, padding=padding, substeps=substeps)
    model = lively(spec, domain, channels, points, 0.2).double()
    fields = 0.5 * torch.randn(2, channels, *domain.grid(points), dtype=torch.float64)
    slow_model = reference_ssno(model, domain.grid(points))
    (states, gradients), (slow_states, slow_gradients) = agreement(model, slow_model, fields)
    torch.testing.assert_close(states, slow_states, rtol=1e-5, atol=1e-8)
    for fast, slow in zip(gradients, slow_gradients, strict=True):
        assert (fast - slow).norm() <= 1e-5 * slow.norm() + 1e-12


def test_agrees_with_the_reference_implementation_in_single_precision():
    model = lively(SMALL, BOX, 2, 16, 0.2)
    fields = 0.5 * torch.randn(2, 2, 16, 16)
    with torch.no_grad():
        slow = reference_ssno(model, (16, 16))(fields, 2)
        torch.testing.assert_close(model(fields, 2), slow, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("substeps", [1, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_half_steps_of_the_linear_part_compose(channels, substeps):
    model = lively(replace(SMALL, substeps=substeps), BOX, channels, 16, 0.5)
    padded = model.padded(model.transform(torch.randn(1, channels, 16, 16)))
    operators = model.operators(padded)
    matrices = {
        n: getattr(operators, n).movedim((0, 1), (-2, -1)) for n in ("symbol", "full", "half")
    }
    torch.testing.assert_close(matrices["half"] @ matrices["half"], matrices["full"])
    exact = torch.linalg.matrix_exp(matrices["symbol"] * 0.5 / substeps)
    torch.testing.assert_close(matrices["full"], exact, rtol=1e-5, atol=1e-6)
    assert (torch.linalg.eigvals(matrices["symbol"]).real < 0).all()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("domain", [BOX, Sphere()])
def test_operators_are_those_of_real_fields(domain, channels):
    model = lively(replace(SMALL, forcing=0), domain, channels, 16, 0.5)
    field = torch.randn(1, channels, *domain.grid(16))
    transform = model.transform(field)
    symbol = model.symbol(transform)
    torch.testing.assert_close(transform.hermitian(symbol), symbol)
    # What acts on real fields twice in spectral space acts the same through the grid.
    state = transform.forward(field)
    half = model.operators(model.padded(transform)).half
    once = apply_matrix(half, state)
    through = transform.forward(transform.inverse(once))
    torch.testing.assert_close(
        apply_matrix(half, through), apply_matrix(half, once), rtol=1e-4, atol=1e-5
    )


def test_a_coupling_is_a_rotation_in_its_own_norm():
    """Two channels without damping exchange their energy, which one of them counts more in."""
    frequency, weight = 1.7, 0.8
    values = torch.tensor([0, 0, 1j * frequency, weight], dtype=torch.complex128)
    matrix = generator(values[:, None], 2, decaying=False)[:, :, 0]
    torch.testing.assert_close(torch.linalg.eigvals(matrix).real, torch.zeros(2).double())
    state = torch.tensor([0.3, -1.2], dtype=torch.complex128)
    moved = torch.linalg.matrix_exp(matrix * 2.3) @ state
    weights = torch.tensor([1.0, math.exp(2 * weight)]).double()
    energies = [(weights * v.abs().square()).sum() for v in (state, moved)]
    torch.testing.assert_close(*energies)
    assert (moved - state).abs().max() > 0.5


@pytest.mark.parametrize("size", [1e-3, 1.0, 100.0])
def test_exponentials_are_those_of_the_library(size):
    values = torch.randn(value_count(3), 40, dtype=torch.complex128)
    matrices = size * generator(values, 3, decaying=True)
    expected = torch.linalg.matrix_exp(matrices.movedim(-1, 0)).movedim(0, -1)
    torch.testing.assert_close(exponential(matrices), expected, rtol=1e-8, atol=1e-9)


def test_no_decay_is_too_fast_for_the_exponential():
    values = torch.full((value_count(2), 1), 3e3 + 0j)
    values[2:] = 0
    assert exponential(generator(values, 2, decaying=True)).abs().max() < 1e-30


@pytest.mark.parametrize(("channels", "substeps"), [(1, 1), (2, 3)])
@pytest.mark.parametrize(("padding", "shift"), [(3 / 2, (4, -2)), (2, (5, -3))])
def test_shifts_commute_without_forcing(padding, shift, channels, substeps):
    """By whole points of both grids, whatever the field."""
    spec = replace(SMALL, forcing=0, padding=padding, substeps=substeps)
    model = lively(spec, BOX, channels, 24, 0.5)
    field = torch.randn(2, channels, 24, 24)
    with torch.no_grad():
        moved = model(field.roll(shift, (2, 3)), 2)
        torch.testing.assert_close(moved, model(field, 2).roll(shift, (3, 4)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("substeps", [1, 2])
def test_rotations_about_the_axis_commute_on_the_sphere(substeps):
    spec = ssno_model(multipliers=3, hidden=16, substeps=substeps)
    model = lively(spec, Sphere(), 3, 16, 0.1)
    field = smooth(model, 16)
    with torch.no_grad():
        turned = model(field.roll(7, -1), 2)
        torch.testing.assert_close(turned, model(field, 2).roll(7, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("domain", [BOX, Sphere()])
@pytest.mark.parametrize(("padding", "substeps"), [(1.0, 1), (3 / 2, 2)])
def test_coefficients_do_not_depend_on_the_grid(domain, padding, substeps):
    spec = replace(SMALL, padding=padding, substeps=substeps)
    model = lively(spec, domain, 2, 16, 0.5).double()
    field = smooth(model, 16).double()
    coefficients = []
    source = domain.transform(16, model.cutoff)
    for points in (16, 32):
        transform = domain.transform(points, model.cutoff)
        with torch.no_grad():
            states = model(transform.inverse(source.forward(field)), 2)
        coefficients.append(transform.forward(states))
    error = (coefficients[1] - coefficients[0]).norm() / coefficients[0].norm()
    assert error < 1e-10


def test_spheres_have_the_same_blocks():
    models = [lively(replace(SMALL, products=4), Sphere(), n, 16, 0.5) for n in (1, 3)]
    assert [m.plain_products for m in models] == [2, 6]
    assert [m.gradient_products for m in models] == [2, 6]
    assert [m.outputs for m in models] == [2, 2]
    box = lively(replace(SMALL, products=4), BOX, 2, 16, 0.5)
    assert (box.plain_products, box.gradient_products, box.outputs) == (8, 0, 1)


def test_an_operator_with_the_laplacian_follows_the_products_on_the_sphere():
    model = lively(replace(SMALL, local=0, forcing=0), Sphere(), 2, 16, 0.5)
    field = smooth(model, 16)
    transform = model.transform(field)
    padded, state = model.padded(transform), transform.forward(field)

    def products():
        operators = model.operators(padded)
        return model.nonlinear(operators, padded, field)(state)

    plain, operated = model.readout.data.chunk(2)
    operated.zero_()
    by_identity = products()
    operated.copy_(plain)
    plain.zero_()
    degree = padded.indices[0]
    waves = torch.stack([padded.indices[1], (degree * (degree + 1)).sqrt()], -1).float()
    real, imaginary = model.output_network(waves * (WAVE_RANGE / model.cutoff)).unbind(-1)
    learned = padded.hermitian(torch.complex(real, imaginary))
    laplacian = (degree * (degree + 1)).clamp_min(2) / model.laplacian_powers.rms[1]
    torch.testing.assert_close(products(), by_identity * learned * laplacian)


def test_networks_on_the_sphere_see_the_laplacian():
    model = lively(SMALL, Sphere(), 1, 16, 0.5)
    seen = []
    model.symbol_network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model.symbol(model.transform(torch.randn(1, 1, 16, 32)))
    order, size = seen[0].movedim(-1, 0) * (model.cutoff / WAVE_RANGE)
    degree = torch.arange(16.0)[:, None].expand(16, 16)
    torch.testing.assert_close(order, degree.T)
    torch.testing.assert_close(size.square(), degree * (degree + 1), rtol=1e-5, atol=1e-5)


def test_a_state_beyond_the_table_goes_on_as_by_the_network():
    """A drift of the mean must not end a rollout: the network is nearly linear out there."""
    model = lively(replace(SMALL, products=0), BOX, 1, 16, 0.5)
    with torch.no_grad():
        # Within the table it is the network; beyond, the slope goes on changing, but by little.
        for bias, rtol, atol in ((4.0, 1e-5, 1e-5), (400.0, 5e-3, 1e-4)):
            model.local_network[-1].bias += bias
            field = 0.01 * torch.randn(1, 1, 16, 16)
            fast, slow = model(field, 4), reference_ssno(model, (16, 16))(field, 4)
            torch.testing.assert_close(fast, slow, rtol=rtol, atol=atol)
        assert slow.abs().max() > 20 * TABLE_REACH


@pytest.mark.parametrize("reach", [1.0, 3 * TABLE_REACH])
def test_a_table_and_its_derivatives_are_the_network(reach):
    network = mlp(1, 16, 1).double()
    values = reach * (2 * torch.rand(500, dtype=torch.float64) - 1)
    values.requires_grad_()
    table = ScalarTable(network, values)
    for function in (table, lambda u: network(u[:, None])[:, 0]):
        result = function(values)
        arguments = (values, *network.parameters())
        gradients = torch.autograd.grad((result * values.detach().cos()).sum(), arguments)
        if function is table:
            expected, slopes = result, gradients
    torch.testing.assert_close(result, expected, rtol=1e-6, atol=1e-7)
    for fast, slow in zip(slopes, gradients, strict=True):
        torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-5)
    assert not table(torch.tensor([math.inf, -math.inf, math.nan])).isfinite().any()


@pytest.mark.parametrize("side", [-1, 1])
def test_beyond_its_reach_a_table_follows_its_tangent(side):
    network = mlp(1, 16, 1).double()
    table = ScalarTable(network, torch.zeros(1, dtype=torch.float64))
    end = torch.tensor([side * TABLE_REACH], dtype=torch.float64, requires_grad=True)
    value = network(end[:, None])[:, 0]
    (slope,) = torch.autograd.grad(value.sum(), end)
    beyond = (end.detach() + side * torch.tensor([0.01, 1.0, 30.0])).requires_grad_()
    result = table(beyond)
    torch.testing.assert_close(result, value + slope * (beyond - end), rtol=1e-5, atol=1e-5)
    (slopes,) = torch.autograd.grad(result.sum(), beyond)
    torch.testing.assert_close(slopes, slope.expand(3), rtol=1e-4, atol=1e-5)


def test_non_finite_state_stays_visible():
    model = lively(SMALL, BOX, 1, 16, 0.5)
    with torch.no_grad():
        assert not torch.isfinite(model(torch.full((1, 1, 16, 16), torch.nan), 1)).any()


def test_explicit_stepping_agrees_for_small_steps():
    fast = lively(SMALL, BOX, 1, 16, 1e-2)
    explicit = lively(replace(SMALL, integrating_factor=False), BOX, 1, 16, 1e-2)
    explicit.load_state_dict(fast.state_dict())
    field = torch.randn(1, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(fast(field, 1), explicit(field, 1), rtol=1e-4, atol=1e-5)


def test_an_explicit_step_of_a_linear_equation_is_the_polynomial_of_rk4():
    linear = replace(SMALL, products=0, local=0, forcing=0, integrating_factor=False)
    model = lively(linear, BOX, 1, 16, 0.5).double()
    field = torch.randn(1, 1, 16, 16, dtype=torch.float64)
    with torch.no_grad():
        transform = model.transform(field)
        z = 0.5 * model.symbol(transform)[0, 0]
        factor = 1 + z + z**2 / 2 + z**3 / 6 + z**4 / 24  # not exp(z), as by integrating factor
        expected = transform.inverse(factor * transform.forward(field))
        torch.testing.assert_close(model(field, 1)[:, 0], expected)


def test_free_sign_lets_the_symbol_grow():
    model = lively(replace(SMALL, decaying=False), BOX, 1, 16, 0.5)
    with torch.no_grad():
        model.symbol_network[-1].bias += 1.0
    field = torch.randn(1, 1, 16, 16)
    assert (model.symbol(model.transform(field)).real > 0).any()


@pytest.mark.parametrize("name", ["sh2d", "sh_sphere", "swe_sphere"])
def test_learned_symbol_counts_the_linear_part_of_n(name):
    system = replace(get_system(name), source_points=32, points=16)
    channels = len(system.channels)
    model = lively(replace(SMALL, products=0, forcing=0), system.domain, channels, 16, 0.5)
    slopes = torch.autograd.functional.jacobian(model.local_network, torch.zeros(channels))
    symbol = learned_symbol(model, system)
    torch.testing.assert_close(
        torch.tensor((symbol.growth - symbol.decay).values),
        slopes.diagonal()[:, None].expand(symbol.growth.shape),
        rtol=1e-2,
        atol=1e-3,
    )
    transform = model.transform(torch.zeros(1, channels, *system.domain.grid(16)))
    own = model.symbol(transform).diagonal().movedim(-1, 0).real.detach()
    true = system.equation.linear(transform)
    # A box: indices along the last axis, 0 amid the other. A sphere: degrees, of order 0.
    rise = slice(1, None)
    on_axis = (..., own.shape[1] // 2, rise) if name == "sh2d" else (..., rise, 0)
    np.testing.assert_allclose(symbol.decay, own[on_axis], rtol=1e-6)
    np.testing.assert_allclose(symbol.true, true[on_axis], rtol=1e-6)
    assert symbol.growth.units == {"1": "1", "d": "1 / d"}[system.time_units]


def test_learned_symbols_are_those_of_each_seed():
    system = replace(get_system("swe_sphere"), source_points=32, points=16)
    models = {seed: lively(replace(SMALL, forcing=0), system.domain, 3, 16, 0.5) for seed in (4, 9)}
    symbols = learned_symbols(models, system)
    assert symbols.seed.values.tolist() == [4, 9]
    assert symbols.true.dims == ("channel", "wavenumber")
    for seed, model in models.items():
        xr.testing.assert_identical(
            symbols.sel(seed=seed, drop=True), learned_symbol(model, system)
        )
    assert not np.allclose(*symbols.growth)


def test_wrong_grid_is_refused():
    model = lively(SMALL, BOX, 1, 16, 0.5)
    with pytest.raises(ValueError, match="is not on"):
        model(torch.randn(1, 1, 16, 12), 1)
