"""λ from successive frames, before a training."""

import itertools
import math

import numpy as np
import pytest
import torch
import xarray as xr
from ssno_specs import ssno_model

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.frames import Frames
from triptych.ssno.generators import apply_matrix, exponential
from triptych.ssno.model import SSNO
from triptych.ssno.regression import explained, fit_symbol, moments, unexplained

SPEC = ssno_model(multipliers=2, products=1, hidden=32, local=8, forcing=8)
DT = 0.5


def decay(size):
    """Return a stiff symbol: the longest waves hardly decay, those at the band's edge at once."""
    return torch.complex(-0.02 * size**2 - 1e-4 * size**4, 0 * size)


def linear_frames(model: SSNO, channels: int, times: int = 9, noise: float = 0.0) -> Frames:
    """Return trajectories of an exactly linear equation, from white noise of the model's band."""
    domain, generator = model.domain, torch.Generator().manual_seed(3)
    transform = domain.transform(16, model.cutoff)
    fields = torch.randn(4, channels, *domain.grid(16), generator=generator).double()
    state, step = transform.forward(fields), torch.exp(decay(transform.magnitude) * DT)
    states = []
    for _ in range(times):
        kick = torch.randn(fields.shape, generator=generator).double()
        states.append(transform.inverse(state + noise * transform.forward(kick)))
        state = state * step
    values = torch.stack(states, 1).numpy().astype(np.float32)
    names = ("latitude", "longitude") if isinstance(domain, Sphere) else ("x", "y", "z")
    grid = names[: values.ndim - 3]
    dataset = xr.Dataset({"state": (("trajectory", "time", "channel", *grid), values)})
    return Frames(dataset, np.ones(channels, np.float32))


@pytest.fixture(params=[Box(8 * math.pi, 2), Box(8 * math.pi, 3), Sphere()])
def model(request):
    return SSNO(SPEC, request.param, 1, 16, DT)


def test_a_stiff_symbol_is_found_and_nothing_else_is_changed(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    frames = linear_frames(model, 1)
    fresh = step_error(model, frames)
    assert fit_symbol(model, frames) < 1e-3
    assert step_error(model, frames) < 0.03 < 0.2 < fresh
    changed = {n for n, v in model.state_dict().items() if not torch.equal(v, before[n])}
    assert {name.split(".")[0] for name in changed} == {"symbol_network"}


def step_error(model, frames):
    """Return the mean error of ``exp(λ dt)`` over the modes that the frames have."""
    padded = model.padded(model.transform(frames.block(0, 1)[:, 0]))
    with torch.no_grad():
        own = exponential(model.symbol(padded) * DT)[0, 0]
    true = torch.exp(decay(padded.magnitude) * DT)
    there_are = moments(model, frames)[2][0] > 0
    return float((own - true).abs()[there_are].mean())


def test_sums_over_frames_are_the_residuals(model):
    model = SSNO(SPEC, model.domain, 2, 16, DT)
    frames = linear_frames(model, 2, times=4, noise=0.3)
    padded = model.padded(model.transform(frames.block(0, 1)[:, 0]))
    step = exponential(model.symbol(padded) * DT).detach()
    transform = model.transform(frames.block(0, 1)[:, 0])
    spectra = [transform.forward(frames.block(t, 1)[:, 0]) for t in range(4)]
    plain = sum(
        (apply_matrix(step, here) - there).abs().square().sum(0)
        for here, there in itertools.pairwise(spectra)
    )
    sums = unexplained(step, *moments(model, frames))
    torch.testing.assert_close(sums, plain, rtol=1e-4, atol=1e-4 * float(plain.max()))


def test_noise_explains_nothing_and_a_linear_equation_everything(model):
    size = model.transform(linear_frames(model, 1).block(0, 1)[:, 0]).magnitude
    sums = moments(model, linear_frames(model, 1, times=5))
    long = (size < 4) & (sums[2][0] > 0)
    assert explained(*sums)[0][long].min() > 0.99
    assert explained(*moments(model, linear_frames(model, 1, times=5, noise=100.0))).mean() < 0.2
