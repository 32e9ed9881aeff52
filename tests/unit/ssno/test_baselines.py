from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from triptych.ssno.baselines.cnext import CNext
from triptych.ssno.baselines.common import Stem, Task, across_poles, concatenate, pad
from triptych.ssno.baselines.convolutions import convolve_each, convolve_few, convolve_to_few
from triptych.ssno.baselines.dpot import DPOT
from triptych.ssno.baselines.factformer import FactFormer
from triptych.ssno.baselines.ffno import FFNO
from triptych.ssno.baselines.fno import FNO
from triptych.ssno.baselines.percnn import PeRCNN
from triptych.ssno.baselines.sfno import SFNO
from triptych.ssno.coordinates import coordinate_count, periodic_coordinates
from triptych.ssno.domains import Box, Sphere
from triptych.ssno.models import build_model, coordinate_channels
from triptych.ssno.systems import get_system

SMALL = [
    (FFNO, {"width": 8, "layers": 2}, 1),
    (CNext, {"width": 4, "levels": 1, "kernel": 3}, 2),
    (PeRCNN, {"width": 4, "kernel": 3, "substeps": 2}, 1),
    (DPOT, {"width": 8, "layers": 1}, 2),
    (FactFormer, {"width": 8, "layers": 1}, 1),
    (FNO, {"width": 4, "layers": 2}, 1),
    (SFNO, {"width": 4, "layers": 2}, 1),
]
DOMAINS = [Box(2 * math.pi, 2), Box(2 * math.pi, 3), Sphere()]
ELSEWHERE = {FNO: Sphere, SFNO: Box}
"""Domains that a model is not for."""
EVERYWHERE = [
    (*case, domain)
    for case in SMALL
    for domain in DOMAINS
    if not isinstance(domain, ELSEWHERE.get(case[0], ()))
]
ONE_STEP = {PeRCNN: {"substeps": 1}}
# DPOT's patches have positions, and it acts on real and imaginary parts of a mode, which a shift
# mixes.
EQUIVARIANT = [case for case in EVERYWHERE if case[0] is not DPOT]


def task(domain, channels=1, points=8):
    scale = np.linspace(0.5, 0.7, channels, dtype=np.float32)
    return Task(domain, points, channels, coordinate_count(domain), scale)


def test_models_of_a_forced_field_see_every_harmonic_of_the_box():
    """Were only the forced waves among the coordinates, they would give away the forcing."""
    system = get_system("ns2d")
    axis = np.arange(system.points) * 2 * math.pi / system.points
    seen = periodic_coordinates(system.domain, system.points).numpy()
    waves = [wave(n * axis) for n in range(1, 9) for wave in (np.sin, np.cos)]
    expected = [np.broadcast_to(w, seen[0].shape) for w in waves]
    expected += [w.T for w in expected]
    assert len(seen) == len(expected) == 32
    for wave in expected:
        assert min(np.abs(seen - wave).max((1, 2))) < 1e-5
    sizes = {"width": 4, "layers": 1}
    model = build_model("ffno", system, seed=0, options=sizes, increment_scale=np.ones(1))
    assert model.task.inputs == len(system.channels) + len(seen)


@pytest.mark.parametrize(
    ("system", "baseline", "count"),
    [
        ("ks2d", "percnn", 0), ("sh3d", "ffno", 0), ("ns2d", "ffno", 32),
        ("sh_sphere", "sfno", 0), ("sh_sphere", "ffno", 1),
        ("swe_sphere", "sfno", 1), ("swe_sphere", "cnext", 1),
    ],
)  # fmt: skip
def test_baselines_are_given_the_coordinates_that_their_step_depends_on(system, baseline, count):
    """On the sphere the first is the sine of the latitude, which a planar model always needs."""
    assert coordinate_channels(baseline, get_system(system)) == count
    latitude = Sphere().transform(8).coordinates()["latitude"]
    first = periodic_coordinates(Sphere(), 8)[0]
    np.testing.assert_allclose(first[:, 0], np.sin(np.deg2rad(latitude)), atol=1e-6)


@pytest.mark.parametrize("somewhere", [False, True], ids=["no coordinates", "coordinates"])
@pytest.mark.parametrize(("kind", "sizes", "stride", "domain"), EVERYWHERE)
def test_states_have_the_shape_of_the_field(kind, sizes, stride, domain, somewhere):
    model = kind(
        replace(task(domain, 2), **({} if somewhere else {"coordinate_channels": 0})), **sizes
    )
    field = torch.randn(3, 2, *domain.grid(8))
    states = model(field, 2)
    assert states.shape == (3, 2, *field.shape[1:])
    states.square().sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    torch.testing.assert_close(states[:, 1], model(states[:, 0], 1)[:, 0])


@pytest.mark.parametrize(("kind", "sizes", "stride"), SMALL)
def test_the_increment_comes_in_units_of_its_scale(kind, sizes, stride):
    domain = Sphere() if kind is SFNO else Box(1.0, 2)
    scales = [np.array(values, np.float32) for values in ((1, 1), (0.25, 3))]
    one, other = (
        kind(
            replace(task(domain, 2), increment_scale=scale),
            **{**sizes, **ONE_STEP.get(kind, {})},
        )
        for scale in scales
    )
    other.load_state_dict(one.state_dict())
    field = torch.randn(3, 2, *domain.grid(8))
    with torch.no_grad():
        change, scaled = (model(field, 1)[:, 0] - field for model in (one, other))
    assert change.abs().mean() > 1e-3
    expected = change * torch.tensor([0.25, 3.0]).view(-1, 1, 1)
    torch.testing.assert_close(scaled, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", [(1.0,), (1.0, 0.0), (1.0, math.nan), (1.0, math.inf)])
def test_an_increment_scale_that_is_none_is_refused(scale):
    with pytest.raises(ValueError, match="2 channels, not"):
        FFNO(replace(task(Box(1.0, 2), 2), increment_scale=np.array(scale, np.float32)))


@pytest.mark.parametrize(("kind", "sizes", "stride", "domain"), EQUIVARIANT)
def test_shifts_commute_where_nothing_says_where(kind, sizes, stride, domain, monkeypatch):
    model = kind(task(domain), **sizes)
    nowhere = torch.zeros(1, model.task.inputs - 1, *domain.grid(8))
    monkeypatch.setattr(model, "coordinates", lambda field: nowhere)
    field = torch.randn(2, 1, *domain.grid(8))
    axes = (-1,) if isinstance(domain, Sphere) else tuple(range(2, field.ndim))
    shift = tuple(stride * (2 + n) for n in range(len(axes)))
    with torch.no_grad():
        moved = model(field.roll(shift, axes), 1)[:, 0]
        torch.testing.assert_close(
            moved, model(field, 1)[:, 0].roll(shift, axes), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize(
    ("kind", "sizes", "stride", "domain"), [c for c in EVERYWHERE if isinstance(c[3], Box)]
)
@pytest.mark.parametrize("axis", [2, 3])
# The second takes waves to waves: a model that treats all alike would not notice.
@pytest.mark.parametrize("places", [[3, 6, 0, 5, 1, 7, 4, 2], [0, 3, 6, 1, 4, 7, 2, 5]])
def test_a_model_knows_neighbours_from_other_points(kind, sizes, stride, domain, axis, places):
    torch.manual_seed(0)
    points = 8 * stride
    model = kind(replace(task(domain, points=points), coordinate_channels=0), **sizes)
    field = torch.randn(2, 1, *domain.grid(points))
    lines = torch.tensor([stride * place + n for place in places for n in range(stride)])
    with torch.no_grad():
        moved = model(field.index_select(axis, lines), 1)[:, 0]
        shuffled = model(field, 1)[:, 0].index_select(axis, lines)
    change = shuffled - field.index_select(axis, lines)
    # Fresh models differ in how much they change a field: it is their own change that tells.
    assert (moved - shuffled).norm() > 5e-3 * (change - change.mean()).norm()


@pytest.mark.parametrize("domain", [Box(1.0, 2), Sphere()])
def test_attention_passes_every_wave(domain):
    """Heads that had a part of the waves each passed the few whose parts were the same on all axes.

    A small wave on a uniform field leaves kernels as they are where it varies along both axes: what
    reaches it, beside the residual, is what its values become.
    """
    torch.manual_seed(0)
    points = 16
    model = FactFormer(
        replace(task(domain, points=points), coordinate_channels=0), width=8, layers=1
    )
    model = model.double()
    model.increment_scale.fill_(1.0)
    grid = domain.grid(points)
    uniform = torch.full((1, 1, *grid), 0.3, dtype=torch.float64)
    first, second = (torch.arange(n, dtype=torch.float64) * 2 * math.pi / n for n in grid)

    def responses():
        return torch.stack(
            [
                torch.func.jvp(lambda field: model(field, 1), (uniform,), (wave[None, None],))[1]
                for m in range(1, grid[0] // 2)
                for n in range(1, grid[1] // 2)
                for wave in [torch.sin(m * first)[:, None] * torch.sin(n * second)]
            ]
        )

    with torch.no_grad():
        whole = responses()
        # Values of the uniform field alone.
        block = model.blocks[0]
        values = block.value(block.norm(model.lift(uniform.movedim(1, -1))))
        block.value.bias.copy_(values[0, 0, 0])
        block.value.weight.zero_()
        residual = responses()
    passed = (whole - residual).flatten(1).norm(dim=1)
    assert passed.min() > 1e-3 * passed.max()


def test_a_width_that_heads_cannot_share_is_refused():
    with pytest.raises(ValueError, match="width 10 is no multiple of the 4 heads"):
        FactFormer(task(DOMAINS[0]), width=10)
    with pytest.raises(ValueError, match="width 10 is no multiple of the 4 heads"):
        DPOT(task(DOMAINS[0]), width=10)
    with pytest.raises(ValueError, match="width 12 is no multiple of the 8 groups"):
        DPOT(task(DOMAINS[0]), width=12)


def test_dpot_keeps_how_large_a_patch_is():
    """Its norm is over the grid, as published: one over channels made all patches equally large."""
    norm = DPOT(task(DOMAINS[0]), width=8).blocks[0]
    calm, strong = torch.randn(2, 2, 2, 8)
    hidden = torch.stack([calm, 10 * strong])[None]
    sizes = norm._normalised(hidden, 0)[0].flatten(1).norm(dim=1)
    assert sizes[1] > 3 * sizes[0]


def test_kernels_without_a_middle_and_steps_of_no_length_are_refused():
    for kind in (CNext, PeRCNN):
        with pytest.raises(ValueError, match="its side is odd, not 4"):
            kind(task(DOMAINS[0]), kernel=4)
    with pytest.raises(ValueError, match="at least one Euler step, not 0"):
        PeRCNN(task(DOMAINS[0]), substeps=0)


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_stem_in_two_parts_is_the_convolution_of_both(domain):
    torch.manual_seed(0)
    where = periodic_coordinates(domain, 8)[None]
    stem = Stem(task(domain, 2), 5, 3)
    field = torch.randn(3, 2, *domain.grid(8))
    whole = stem.whole(concatenate(field, where))
    parts = stem(field, stem.encode_coordinates(where))
    torch.testing.assert_close(parts, whole, rtol=1e-5, atol=1e-6)
    weight = stem.whole.convolution.weight
    (expected,) = torch.autograd.grad(whole.square().sum(), weight)
    (fast,) = torch.autograd.grad(parts.square().sum(), weight)
    torch.testing.assert_close(fast, expected, rtol=1e-4, atol=1e-4)


def test_meridians_go_on_beyond_the_poles():
    domain = Sphere()
    x, y, z = periodic_coordinates(domain, 24).double()
    field = x * y + z**2 - x
    longer = across_poles(field, 3)
    assert torch.equal(longer[3:-3], field)
    torch.testing.assert_close(longer[2], field[0].roll(24))
    torch.testing.assert_close(longer[-1], field[-3].roll(24))
    padded = pad(field[None, None], 2, domain)
    assert padded.shape[-2:] == (28, 52)
    torch.testing.assert_close(padded[0, 0, 2:-2, :2], field[:, -2:])


@pytest.mark.parametrize("domain", [Box(1.0, 2), Sphere()])
def test_no_field_is_padded_by_more_points_than_it_has(domain):
    with pytest.raises(ValueError, match="5 points beyond a grid of 4×8"):
        pad(torch.zeros(1, 1, 4, 8), 5, domain)


def test_boxes_are_padded_periodically():
    field = torch.arange(9.0).reshape(1, 1, 3, 3)
    padded = pad(field, 1, Box(1.0, 2))
    torch.testing.assert_close(padded[0, 0, 0, 1:-1], field[0, 0, -1])
    torch.testing.assert_close(padded[0, 0, 1:-1, -1], field[0, 0, :, 0])


def test_coordinates_have_no_seam():
    box = periodic_coordinates(Box(3.0, 2), 40)
    assert box.shape == (32, 40, 40)
    steps = (box - box.roll(1, -1)).abs().amax((-2, -1))
    assert steps.max() < 1.2
    sphere = periodic_coordinates(Sphere(), 8)
    torch.testing.assert_close(sphere.square().sum(0), torch.ones(8, 16))


def test_grids_that_do_not_divide_are_refused():
    box = task(Box(1.0, 2))
    with pytest.raises(ValueError, match="do not halve 2 times"):
        CNext(box, width=4, levels=2)(torch.randn(1, 1, 10, 10), 1)
    with pytest.raises(ValueError, match="8 points are not divisible into patches of 3"):
        DPOT(box, width=8, patch=3)
    with pytest.raises(TypeError, match="depth"):
        FFNO(box, depth=3)


def test_percnn_can_be_reaction_and_diffusion():
    """With stencils set by hand it is ``u + dt (Δu − u³)``, in as many Euler steps as asked."""
    box, substeps = Box(1.0, 2), 3
    scale = np.array([0.5], np.float32)
    where = replace(task(box), coordinate_channels=4, increment_scale=scale)
    model = PeRCNN(where, width=1, kernel=3, substeps=substeps)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        *factors, linear = model.stem.whole.convolution.weight[:, 0]
        for factor in factors:
            factor[1, 1] = 1
        model.readout.convolution.weight[..., 1, 1] = -1
        linear.copy_(torch.tensor([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]))
        field = expected = 0.3 * torch.randn(2, 1, 8, 8)
        for _ in range(substeps):
            around = sum(expected.roll(by, axis) for by in (1, -1) for axis in (2, 3))
            change = around - 4 * expected - expected**3
            expected = expected + 0.5 / substeps * change
        torch.testing.assert_close(model(field, 1)[:, 0], expected)


@pytest.mark.parametrize(("kind", "domain"), [(FNO, Sphere()), (SFNO, Box(1.0, 2))])
def test_a_model_of_other_domains_refuses(kind, domain):
    with pytest.raises(ValueError, match=f"not for {type(domain).__name__}"):
        kind(task(domain))


def same_with_gradients(fast, reference, arguments):
    torch.testing.assert_close(fast, reference)
    weights = torch.randn_like(reference)
    for here, there in zip(
        torch.autograd.grad((fast * weights).sum(), arguments),
        torch.autograd.grad((reference * weights).sum(), arguments),
        strict=True,
    ):
        torch.testing.assert_close(here, there)


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize(
    ("convolve", "inputs", "outputs", "kernel"),
    [
        (convolve_few, 2, 6, 3),
        (convolve_to_few, 6, 2, 3),
        (convolve_to_few, 6, 4, 1),
        (convolve_each, 6, 6, 3),
        (convolve_each, 6, 6, 5),
    ],
)
def test_convolutions_are_those_of_the_library(convolve, inputs, outputs, kernel, dim):
    groups = inputs if convolve is convolve_each else 1
    sizes = [4 + n + kernel - 1 for n in range(dim)]  # every axis of another length
    field = torch.randn(3, inputs, *sizes, dtype=torch.float64, requires_grad=True)
    layer = (nn.Conv2d if dim == 2 else nn.Conv3d)(inputs, outputs, kernel, groups=groups).double()
    bias = layer.bias[None, :, None] if convolve is convolve_few else layer.bias
    reference, fast = layer(field), convolve(field, layer.weight, bias)
    same_with_gradients(fast, reference, (field, layer.weight, layer.bias))


@pytest.mark.parametrize("domain", DOMAINS)
def test_padding_has_its_adjoint_as_gradient(domain):
    field = torch.randn(2, 2, *domain.grid(6), dtype=torch.float64, requires_grad=True)
    longer = pad(field, 2, domain)
    weights = torch.randn_like(longer)
    (gradient,) = torch.autograd.grad((longer * weights).sum(), field)
    other = torch.randn_like(field)
    torch.testing.assert_close((gradient * other).sum(), (pad(other, 2, domain) * weights).sum())


def reference_mixing(layer, hidden, axis):
    """Return what a layer of the FFNO makes of one axis: FFT, a complex product, inverse FFT."""
    points = hidden.shape[axis + 1]
    closed = isinstance(layer.domain, Sphere) and axis == 0
    if closed:
        field = hidden.movedim(-1, 1)
        hidden = across_poles(field, points)[..., points:, :].movedim(1, -1)
    spectrum = torch.fft.rfft(hidden.movedim(axis + 1, -2), dim=-2)
    count = min(layer.modes, (hidden.shape[axis + 1] + 1) // 2)
    weight = torch.complex(layer.real[axis, :count], layer.imaginary[axis, :count])
    mixed = torch.zeros_like(spectrum)
    mixed[..., :count, :] = torch.einsum("...mi,mio->...mo", spectrum[..., :count, :], weight)
    back = torch.fft.irfft(mixed, n=hidden.shape[axis + 1], dim=-2).movedim(-2, axis + 1)
    return back[:, :points] if closed else back


@pytest.mark.parametrize("points", [4, 6, 12])
@pytest.mark.parametrize("domain", DOMAINS)
def test_ffno_mixes_modes_as_ffts_do(domain, points):
    """Also on a grid that is finer or coarser than the one it is for."""
    layer = FFNO(task(domain, points=points), width=4, layers=1).layers[0].double()
    hidden = torch.randn(2, *domain.grid(6), 4, dtype=torch.float64, requires_grad=True)
    reference = sum(reference_mixing(layer, hidden, axis) for axis in range(domain.dim))
    fast = sum(layer._along(hidden, axis) for axis in range(domain.dim))
    same_with_gradients(fast, reference, (hidden, layer.real, layer.imaginary))
