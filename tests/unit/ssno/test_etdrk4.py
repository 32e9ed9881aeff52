from __future__ import annotations

import math

import pytest
import torch

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.equations import (
    KuramotoSivashinsky,
    NavierStokes,
    ShallowWater,
    SwiftHohenberg,
)
from triptych.ssno.etdrk4 import graded_steps, integrate
from triptych.ssno.grf import BandField, GaussianField
from triptych.ssno.stepping import explicit_step

BOX = Box(8 * math.pi, 2)
SHALLOW_WATER = ShallowWater(2 * math.pi, 2.0, 1e-5)


def last(equation, transform, state, step, steps, onset=0):
    sizes = {"step_size": step, "steps_per_frame": steps, "frames": 2, "onset": onset}
    _, final = integrate(equation, transform, state, **sizes)
    return final


def distance(a, b):
    return float((a - b).abs().square().sum().sqrt() / b.abs().square().sum().sqrt())


def by_rk4(equation, transform, state, step, steps):
    linear, nonlinear = equation.linear(transform), equation.nonlinear(transform)
    for _ in range(steps):
        state = explicit_step(state, lambda u: linear * u, nonlinear, step)
    return state


def start(domain, transform, rng, rms=(0.5,)):
    law = BandField(4.0, 1.5, rms) if isinstance(domain, Sphere) else GaussianField(4.0, 4.0)
    return law.sample(domain, transform, 2, rng)


CASES = [
    (KuramotoSivashinsky(), BOX, 24),
    (SwiftHohenberg(), BOX, 24),
    (NavierStokes(forced_index=4), Box(2 * math.pi, 2), 24),
    (KuramotoSivashinsky(), Box(8 * math.pi, 3), 12),
    (SwiftHohenberg(length_squared=1 / 30), Sphere(), 16),
]


@pytest.mark.parametrize(("equation", "domain", "points"), CASES)
def test_fourth_order(equation, domain, points, rng):
    transform = domain.transform(points, domain.cutoff(points, 0.5))
    state = start(domain, transform, rng)
    reference = last(equation, transform, state, 0.0025, 160)
    coarse = distance(last(equation, transform, state, 0.04, 10), reference)
    fine = distance(last(equation, transform, state, 0.02, 20), reference)
    assert math.log2(coarse / fine) >= 3.5


def test_a_fine_onset_removes_the_error_of_a_rough_start(rng):
    transform, equation = BOX.transform(48), KuramotoSivashinsky()
    state = GaussianField(4.0, 8.0).sample(BOX, transform, 2, rng)

    # Not the solver itself with smaller steps: it would share the error of the onset.
    expected = by_rk4(equation, transform, state, 2e-4, 1500)
    assert distance(last(equation, transform, state, 0.05, 6, onset=8), expected) < 1e-6
    assert distance(last(equation, transform, state, 0.05, 6, onset=0), expected) > 1e-4


@pytest.mark.parametrize("onset", [0, 1, 3, 8])
def test_steps_grow_with_the_time_passed(onset):
    full, lengths, passed = 1 << onset, graded_steps(onset), 0
    ends = set()
    for _ in range(199):
        length = next(lengths)
        assert length == 1 or 4 * length <= passed
        assert length <= full
        passed += length
        ends.add(passed)
    assert length == full
    assert ends.issuperset(range(full, passed, full))


def test_linear_part_is_exact(rng):
    class Linear:
        def linear(self, transform):
            return KuramotoSivashinsky().linear(transform)

        def nonlinear(self, transform):
            return torch.zeros_like

    transform = BOX.transform(24)
    state = start(BOX, transform, rng)
    expected = torch.exp(Linear().linear(transform) * 2.0) * state
    torch.testing.assert_close(last(Linear(), transform, state, 0.5, 4), expected)


def test_mean_of_kuramoto_sivashinsky_falls_as_its_slope_says(rng):
    transform = BOX.transform(32, 10)
    state = start(BOX, transform, rng)
    step, frames = 0.005, 101
    means, rates = [], []
    for u in integrate(
        KuramotoSivashinsky(), transform, state, step_size=step, steps_per_frame=1, frames=frames
    ):
        means.append(transform.inverse(u).mean((-2, -1)))
        rates.append(-0.5 * transform.gradient(u).square().sum(-3).mean((-2, -1)))
    mean, rate = torch.stack(means), torch.stack(rates)
    torch.testing.assert_close(
        mean[-1] - mean[0], torch.trapezoid(rate, dx=step, dim=0), rtol=1e-3, atol=1e-6
    )


def test_mean_vorticity_is_conserved(rng):
    domain = Box(2 * math.pi, 2)
    transform = domain.transform(32, 10)
    state = start(domain, transform, rng)
    state[..., 10, 0] = 0.3
    final = last(NavierStokes(forced_index=4), transform, state, 0.02, 50)
    torch.testing.assert_close(final[..., 10, 0], state[..., 10, 0], rtol=0, atol=1e-13)


def test_inviscid_flow_keeps_energy_and_enstrophy(rng):
    domain = Box(2 * math.pi, 2)
    transform = domain.transform(32, 10)
    state = start(domain, transform, rng)
    final = last(NavierStokes(viscosity=0.0, forcing=0.0), transform, state, 0.01, 100)
    twice = torch.where(transform.indices[-1] == 0, 1.0, 2.0)
    for weight in (twice, twice / -transform.laplacian.clamp(max=-1)):
        before, after = ((weight * s.abs().square()).sum((-2, -1)) for s in (state, final))
        torch.testing.assert_close(after, before, rtol=1e-5, atol=0)


def test_shallow_water_conserves_mass_and_rests_at_rest(rng):
    transform = Sphere().transform(16, 10)
    state = start(Sphere(), transform, rng, (2.0, 0.2, 0.1))
    final = last(SHALLOW_WATER, transform, state, 0.005, 40)
    torch.testing.assert_close(final[:, 2, 0, 0], state[:, 2, 0, 0], rtol=0, atol=1e-12)
    rest = torch.zeros_like(state)
    still = last(SHALLOW_WATER, transform, rest, 0.005, 40)
    torch.testing.assert_close(still, rest, rtol=0, atol=1e-10)


def test_a_solution_that_blows_up_says_when(rng):
    transform = BOX.transform(16)
    state = 1e3 * start(BOX, transform, rng)
    with pytest.raises(FloatingPointError, match="not finite at t = "):
        last(SwiftHohenberg(), transform, state, 1.0, 50)
