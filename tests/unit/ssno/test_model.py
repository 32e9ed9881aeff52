from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from ssno_specs import ssno_model

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.model import SSNO
from triptych.ssno.symbols import learned_symbol
from triptych.ssno.systems import get_system

BOX = Box(8 * math.pi, 2)
SMALL = ssno_model(multipliers=3, products=4, hidden=16, local=16, forcing=16)


def smooth(model: SSNO, points: int, batch: int = 2) -> torch.Tensor:
    """Return random fields of the model's band, resolved on any grid that holds it."""
    coarse = model.domain.transform(points, model.cutoff // 2, dtype=torch.float32)
    shape = (batch, model.channels, *coarse.modes)
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn((2, *shape), generator=generator)
    decay = 0.3 / (1 + coarse.magnitude)
    valid = coarse.indices[-1] <= coarse.magnitude
    return coarse.inverse(coarse.hermitian(torch.complex(*noise)) * decay * valid)


@pytest.mark.parametrize("dim", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2])
def test_agrees_with_the_reference_implementation(reference, dim, channels):
    domain, points = Box(8 * math.pi, dim), 16 if dim < 3 else 12
    model = SSNO(SMALL, domain, channels, points, 0.2)
    slow_model = reference(model, domain.grid(points))
    fields = 0.5 * torch.randn(2, channels, *domain.grid(points))
    weights = torch.randn(2, 2, channels, *domain.grid(points))
    results = {}
    for form in (model, slow_model):
        inputs = fields.clone().requires_grad_()
        model.zero_grad()
        states = form(inputs, 2)
        (states * weights).sum().backward()
        gradients = [p.grad.clone() for p in model.parameters()] + [inputs.grad]
        results[form] = (states.detach(), gradients)
    torch.testing.assert_close(results[model][0], results[slow_model][0], rtol=1e-5, atol=1e-5)
    for fast, slow in zip(results[model][1], results[slow_model][1], strict=True):
        size = float(slow.abs().max())
        torch.testing.assert_close(fast, slow, rtol=1e-3, atol=3e-5 * max(size, 1.0))


def test_half_steps_of_the_linear_part_compose():
    model = SSNO(SMALL, BOX, 1, 16, 0.5)
    field = torch.randn(1, 1, 16, 16)
    operators = model.operators(model.transform(field), field)
    torch.testing.assert_close(operators.half**2, operators.full)
    assert (operators.symbol.real < 0).all()


@pytest.mark.parametrize("domain", [BOX, Sphere()])
def test_operators_are_those_of_real_fields(domain):
    model = SSNO(replace(SMALL, forcing=0), domain, 1, 16, 0.5)
    field = torch.randn(1, 1, *domain.grid(16))
    transform = model.transform(field)
    symbol = model.symbol(transform)
    torch.testing.assert_close(transform.hermitian(symbol), symbol)
    # What acts on real fields twice in spectral space acts the same through the grid.
    state = transform.forward(field)
    half = model.operators(transform, field).half
    through = transform.forward(transform.inverse(half * state))
    torch.testing.assert_close(half * through, half * half * state, rtol=1e-4, atol=1e-5)


def test_shifts_commute_without_forcing():
    model = SSNO(replace(SMALL, forcing=0), BOX, 1, 24, 0.5)
    field = torch.randn(2, 1, 24, 24)
    with torch.no_grad():
        moved = model(field.roll((5, -3), (2, 3)), 2)
        torch.testing.assert_close(
            moved, model(field, 2).roll((5, -3), (3, 4)), rtol=1e-4, atol=1e-5
        )


def test_rotations_about_the_axis_commute_on_the_sphere():
    spec = ssno_model(multipliers=3, gradient_products=2, outputs=2, hidden=16)
    model = SSNO(spec, Sphere(), 3, 16, 0.1)
    field = smooth(model, 16)
    with torch.no_grad():
        turned = model(field.roll(7, -1), 2)
        torch.testing.assert_close(turned, model(field, 2).roll(7, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("domain", [BOX, Sphere()])
def test_same_function_on_a_finer_grid_has_the_same_next_state(domain):
    # f_x is a ReLU network of the coordinates, which no grid resolves before it is trained.
    model = SSNO(replace(SMALL, forcing=0), domain, 1, 32, 0.5)
    coarse = smooth(model, 32)
    source = domain.transform(32, model.cutoff, dtype=torch.float32)
    target = domain.transform(64, model.cutoff, dtype=torch.float32)
    fine = target.inverse(source.forward(coarse))
    with torch.no_grad():
        low = source.forward(model(coarse, 1)[:, 0])
        high = target.forward(model(fine, 1)[:, 0])
    error = (high - low).abs().square().sum().sqrt() / low.abs().square().sum().sqrt()
    assert error < 1e-4


def test_table_is_rebuilt_when_a_state_leaves_its_range(reference):
    model = SSNO(replace(SMALL, products=0), BOX, 1, 16, 0.5)
    with torch.no_grad():
        model.local_network[-1].bias += 4.0
        field = 0.01 * torch.randn(1, 1, 16, 16)
        fast, slow = model(field, 4), reference(model, (16, 16))(field, 4)
    assert slow.abs().max() > 1
    torch.testing.assert_close(fast, slow, rtol=1e-5, atol=1e-5)


def test_non_finite_state_stays_visible():
    model = SSNO(SMALL, BOX, 1, 16, 0.5)
    with torch.no_grad():
        assert not torch.isfinite(model(torch.full((1, 1, 16, 16), torch.nan), 1)).any()


def test_explicit_stepping_agrees_for_small_steps():
    fast = SSNO(SMALL, BOX, 1, 16, 1e-2)
    explicit = SSNO(replace(SMALL, integrating_factor=False), BOX, 1, 16, 1e-2)
    explicit.load_state_dict(fast.state_dict())
    field = torch.randn(1, 1, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(fast(field, 1), explicit(field, 1), rtol=1e-4, atol=1e-5)


def test_free_sign_lets_the_symbol_grow():
    model = SSNO(replace(SMALL, decaying=False), BOX, 1, 16, 0.5)
    with torch.no_grad():
        model.symbol_network[-1].bias += 1.0
    field = torch.randn(1, 1, 16, 16)
    assert (model.symbol(model.transform(field)).real > 0).any()


def test_learned_symbol_counts_the_linear_part_of_n():
    system = replace(get_system("sh2d"), source_points=32, points=16)
    model = SSNO(replace(SMALL, products=0, forcing=0), system.domain, 1, 16, 0.5)
    slope = torch.autograd.functional.jacobian(model.local_network, torch.zeros(1))
    symbol = learned_symbol(model, system)
    torch.testing.assert_close(
        torch.tensor((symbol.growth - symbol.decay).values),
        torch.full(symbol.growth.shape, float(slope)),
        rtol=1e-2,
        atol=1e-3,
    )
    wave = 2 * math.pi / system.domain.length
    expected = 1 - (1 - wave**2) ** 2
    assert float(symbol.true[0, 0]) == pytest.approx(expected, rel=1e-6)


def test_wrong_grid_is_refused():
    model = SSNO(SMALL, BOX, 1, 16, 0.5)
    with pytest.raises(ValueError, match="is not on"):
        model(torch.randn(1, 1, 16, 12), 1)
