"""Paper 1: data generation, and training step and rollout of the SSNO, fast form against plain.

The explicit solver is timed for a few hundred of its hundred thousand steps a unit time and
extrapolated; both numbers are printed side by side.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from plain_ssno import PlainSSNO

from triptych.ssno.etdrk4 import integrate
from triptych.ssno.grf import GaussianField
from triptych.ssno.models import build_model
from triptych.ssno.rollout import rollout
from triptych.ssno.simulation import split_rng
from triptych.ssno.systems import get_system

EXPLICIT_STEP = 1e-5
TIMED_STEPS = 40


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def start():
    """Return system, transform and five initial fields of ks2d on 128²."""
    system = get_system("ks2d")
    transform = system.domain.transform(system.source_points, system.source_cutoff)
    rng = split_rng(system, "train", 0)
    return system, transform, GaussianField(4.0, 8.0).sample(system.domain, transform, 5, rng)


@pytest.mark.benchmark(group="ks2d, 128², 5 trajectories, one unit time")
def test_etdrk4(benchmark, start):
    system, transform, state = start

    def solve():
        return list(
            integrate(
                system.equation, transform, state, step_size=0.0125, steps_per_frame=8, frames=11,
                onset=16,
            )
        )  # fmt: skip

    benchmark.pedantic(solve, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group="ks2d, 128², 5 trajectories, one unit time")
def test_explicit_rk4_extrapolated(benchmark, start):
    system, transform, state = start
    linear, nonlinear = system.equation.linear(transform), system.equation.nonlinear(transform)

    def slope(u):
        return linear * u + nonlinear(u)

    def some_steps():
        u, h = state, EXPLICIT_STEP
        for _ in range(TIMED_STEPS):
            a = slope(u)
            b = slope(u + 0.5 * h * a)
            c = slope(u + 0.5 * h * b)
            u = u + h / 6 * (a + 2 * b + 2 * c + slope(u + h * c))
        return u

    benchmark.pedantic(some_steps, rounds=3, warmup_rounds=1)
    whole = benchmark.stats.stats.median / TIMED_STEPS / EXPLICIT_STEP
    benchmark.extra_info["seconds_for_one_unit_time"] = round(whole, 1)


@pytest.fixture(scope="module")
def model():
    """Return the published model on 64² and a batch of five fields."""
    system = get_system("ks2d")
    spec = replace(system.model, forcing=0)
    return build_model("ssno", system, options=spec), torch.randn(5, 1, 64, 64)


def plain_form(network):
    return PlainSSNO(network, (64, 64))


def fast_form(network):
    return network


@pytest.mark.benchmark(group="SSNO at 64², batch 5: training step")
@pytest.mark.parametrize("form", [plain_form, fast_form])
def test_training_step(benchmark, model, form):
    network, fields = model
    predict = form(network)

    def step():
        network.zero_grad()
        predict(fields, 2).square().mean().backward()

    benchmark(step)


@pytest.mark.benchmark(group="SSNO at 64², batch 5: rollout of ten steps")
@pytest.mark.parametrize("form", [plain_form, fast_form])
def test_rollout(benchmark, model, form):
    network, fields = model
    predict = form(network)
    benchmark(lambda: rollout(predict, fields, 10))
