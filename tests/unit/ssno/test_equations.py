"""The equations against rates of change that are worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.equations import (
    KuramotoSivashinsky,
    NavierStokes,
    ShallowWater,
    SwiftHohenberg,
)
from triptych.ssno.grf import BalancedFlow, BandField
from triptych.ssno.transforms import inverse_laplacian


def plane(length):
    places = torch.arange(24, dtype=torch.float64) * length / 24
    return torch.meshgrid(places, places, indexing="ij")


def rate(equation, domain, field):
    """Return the rate of change of one field of one channel, on its grid."""
    transform = domain.transform(24)
    state = transform.forward(field[None, None])
    change = equation.linear(transform) * state + equation.nonlinear(transform)(state)
    return transform.inverse(change)[0, 0]


def test_kuramoto_sivashinsky_of_a_wave():
    domain, q = Box(4 * math.pi, 2), 1.5
    x, _ = plane(domain.length)
    u = (q * x).cos()
    expected = -0.5 * (q * (q * x).sin()).square() + (q**2 - q**4) * u
    torch.testing.assert_close(rate(KuramotoSivashinsky(), domain, u), expected)


def test_swift_hohenberg_of_a_wave():
    domain, q = Box(4 * math.pi, 2), 1.5
    x, _ = plane(domain.length)
    u = 0.7 * (q * x).cos()
    expected = (2.0 - (1 - 0.5 * q**2) ** 2) * u - u**3
    torch.testing.assert_close(rate(SwiftHohenberg(2.0, 0.5), domain, u), expected)


def test_navier_stokes_of_two_waves():
    x, y = plane(2 * math.pi)
    expected = 1.5 * x.sin() * (2 * y).sin()
    expected = expected - 0.3 * (x.cos() + 4 * (2 * y).cos()) + 0.2 * (3 * x).cos()
    change = rate(NavierStokes(0.3, 0.2, 3), Box(2 * math.pi, 2), x.cos() + (2 * y).cos())
    torch.testing.assert_close(change, expected)


def test_a_forced_wave_beyond_the_band_is_refused():
    transform = Box(2 * math.pi, 2).transform(16, 7)
    with pytest.raises(ValueError, match="the forcing has index 8, the band ends at 7"):
        NavierStokes().nonlinear(transform)
    NavierStokes(forcing=0.0).nonlinear(transform)


def test_a_zonal_flow_in_balance_is_steady():
    """Test case 2 of Williamson et al., J. Comput. Phys. 102, 211 (1992)."""
    transform = Sphere().transform(16, 10)
    sine = torch.from_numpy(np.sin(np.deg2rad(transform.coordinates()["latitude"])))
    sine = sine[:, None].expand(transform.grid)
    rotation, speed = 2 * math.pi, 0.7
    phi = -(rotation * speed + speed**2 / 2) * sine.square()
    state = transform.forward(torch.stack([2 * speed * sine, 0 * sine, phi])[None])
    change = ShallowWater(rotation, 5.0, 0.0).nonlinear(transform)(state)
    assert change.abs().max() < 1e-10 * (transform.laplacian * state[:, 2]).abs().max()


def test_a_balanced_flow_makes_no_divergence_at_first():
    """Of a flow so slow that what is not linear does not count."""
    transform, rotation = Sphere().transform(16, 10), 2 * math.pi
    flow = BalancedFlow(3.0, 1.0, 1e-6, rotation)
    state = flow.sample(Sphere(), transform, 2, np.random.default_rng(0))
    change = ShallowWater(rotation, 2.0, 0.0).nonlinear(transform)(state)
    pressure = (transform.laplacian * state[:, 2]).abs().max()
    assert pressure > 1e-6
    assert change[:, 1].abs().max() < 1e-5 * pressure


def test_shallow_water_without_diffusion_keeps_its_energy():
    """``∫ h|u|²/2 + h²/2``: the divergence takes from the one what it gives to the other."""
    transform, mean_geopotential = Sphere().transform(24, 15), 2.0
    initial = BandField(3.0, 0.25, (1.0, 0.7, 0.3))  # up to degree 4: all products are resolved
    state = initial.sample(Sphere(), transform, 2, np.random.default_rng(0))
    change = ShallowWater(2 * math.pi, mean_geopotential, 0.0).nonlinear(transform)(state)

    def flow(vorticity_and_divergence):
        potentials = inverse_laplacian(transform) * vorticity_and_divergence
        stream, potential = transform.gradient(potentials).unbind(1)
        south, east = potential[:, 0] - stream[:, 1], potential[:, 1] + stream[:, 0]
        return torch.stack([south, east], 1)

    velocity, acceleration = flow(state[:, :2]), flow(change[:, :2])
    geopotential = mean_geopotential + transform.inverse(state[:, 2])
    rise = transform.inverse(change[:, 2])
    weights = torch.from_numpy(transform.weights)[:, None]
    gained = (0.5 * velocity.square().sum(1) + geopotential) * rise
    moved = geopotential * (velocity * acceleration).sum(1)
    of_heights, of_motion = ((term * weights).sum((-2, -1)) for term in (gained, moved))
    assert of_heights.abs().min() > 0.01
    assert (of_heights + of_motion).abs().max() < 1e-10 * of_heights.abs().max()
