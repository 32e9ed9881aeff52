"""Paper 1, training step and rollout of the SSNO against its reference implementation.

The reference is the paper's formula with one full-size FFT for every mention of a transform
(``tests/reference/reference_ssno.py``). The model is the published one without forcing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
import torch
from readings import faster
from reference_ssno import reference_ssno
from ssno_specs import published_model
from ssno_trajectories import rollout
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from triptych.ssno.fourier import Fourier, MatrixFourier
from triptych.ssno.models import build_model
from triptych.ssno.systems import get_system

GRIDS = [(32, 2), (64, 2), (128, 2), (16, 3), (32, 3)]
BATCH = {2: 5, 3: 2}
UNROLL, ROLLED = 2, 10
WAYS = ("_analyse", "_synthesise", "_analyse_adjoint", "_synthesise_adjoint")
"""All that a transform does, forward and backward."""

grids = pytest.mark.parametrize(("points", "dim"), GRIDS, ids=[f"{n}-{d}d" for n, d in GRIDS])
threads = pytest.mark.parametrize("threads", [1, 2], indirect=True)


def published(points: int, dim: int) -> tuple[nn.Module, Tensor, str]:
    """Return the published model on a grid, a batch of fields, and what to call the case."""
    system = replace(get_system(f"ks{dim}d"), points=points, source_points=2 * points)
    spec = replace(published_model(), forcing=0)
    network = build_model(
        "ssno", system, seed=0, options=spec, increment_scale=np.ones(1, np.float32)
    )
    batch = BATCH[dim]
    fields = torch.randn(batch, 1, *(points,) * dim, generator=torch.Generator().manual_seed(0))
    return network, fields, f"{points}{'²³'[dim - 2]}, batch {batch}"


def training_step(network: nn.Module, predict: Callable, fields: Tensor) -> Callable[[], None]:
    """Return what computes the gradient of a loss over the steps of the unroll."""

    def step() -> None:
        network.zero_grad()
        predict(fields, UNROLL).square().mean().backward()

    return step


@threads
@grids
def test_training_step(measure, best, points, dim):
    network, fields, case = published(points, dim)
    fast = training_step(network, network, fields)
    reference = training_step(network, reference_ssno(network, tuple(fields.shape[2:])), fields)
    subject, target = "SSNO training step", 2.0 if (points, dim) == (64, 2) else None

    reference_times, fast_times = measure(reference, fast)
    ratio = faster(reference_times, fast_times)
    measure.reads(subject, case, "time", "time", median(fast_times))
    measure.reads(subject, case, "against the reference form", "speed-up", ratio, target=target)

    transform = network.transform(fields)
    padded = network.padded(transform)
    share, rate = transforms_of_the_fast_form(transform, padded, fast)
    note = "timed inside of the step"
    measure.reads(subject, case, "transforms", "share", share, note=note)
    products = isinstance(padded, MatrixFourier)
    peak, kind = (best.products, "matrix product") if products else (best.fft, "FFT")
    measure.reads(subject, case, f"transforms, of the best {kind}", "of peak", rate / peak)
    share, rate = ffts(reference)
    note = "the profiler's sum over FFTs"
    measure.reads(subject, case, "FFTs of the reference form", "share", share, note=note)
    # No figure of merit of ours, but of how fair the comparison is.
    measure.reads(
        subject, case, "FFTs of the reference form, of the best FFT", "share", rate / best.fft
    )


@threads
@grids
def test_rollout(measure, points, dim):
    network, fields, case = published(points, dim)
    reference = reference_ssno(network, tuple(fields.shape[2:]))
    subject, target = f"SSNO rollout, {ROLLED} steps", 2.5 if (points, dim) == (64, 2) else None
    reference_times, fast_times = measure(
        lambda: rollout(reference, fields, ROLLED), lambda: rollout(network, fields, ROLLED)
    )
    ratio = faster(reference_times, fast_times)
    measure.reads(subject, case, "time", "time", median(fast_times))
    measure.reads(subject, case, "against the reference form", "speed-up", ratio, target=target)


def transforms_of_the_fast_form(
    transform: Fourier, padded: Fourier, step: Callable[[], None]
) -> tuple[float, float]:
    """Return the transforms' share of a step's time, and their rate in FLOP/s.

    They are those of the fields' grid and of the padded one, on which N is evaluated, and are timed
    where they are called. The operations of products with small matrices are counted in a run of
    their own; where the padded grid takes FFTs the rate is that of the FFTs alone.
    """
    both = {transform, padded}
    seconds: list[float] = []

    @contextmanager
    def timed() -> Iterator[None]:
        started = time.perf_counter()
        yield
        seconds.append(time.perf_counter() - started)

    counts: list[int] = []

    @contextmanager
    def counted() -> Iterator[None]:
        with FlopCounterMode(display=False) as counter:
            yield
        counts.append(counter.get_total_flops())

    started = time.perf_counter()
    with watched(both, timed):
        step()
    whole = time.perf_counter() - started
    share = sum(seconds) / whole
    if not isinstance(padded, MatrixFourier):
        return share, ffts(step)[1]
    with watched(both, counted):
        step()
    return share, sum(counts) / sum(seconds)


@contextmanager
def watched(transforms: Iterable[Fourier], watch: Callable) -> Iterator[None]:
    """Run all that transforms do inside of a context."""

    def inside(way: Callable) -> Callable:
        def call(values: Tensor) -> Tensor:
            with watch():
                return way(values)

        return call

    ways = [(transform, name) for transform in transforms for name in WAYS]
    for transform, name in ways:
        setattr(transform, name, inside(getattr(transform, name)))
    yield
    for transform, name in ways:
        delattr(transform, name)


def ffts(step: Callable[[], None]) -> tuple[float, float]:
    """Return the FFTs' share of a step's CPU time, and their rate in FLOP/s, forward and backward.

    A real transform of N points counts as ``2.5 N log2 N`` operations, a complex one twice that.
    """
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as profiled:
        step()
    whole = spent = work = 0.0
    for event in profiled.events():
        whole += event.self_cpu_time_total * 1e-6
        if event.name.startswith("aten::_fft_"):
            spent += event.self_cpu_time_total * 1e-6
            work += fft_work(event)
    return spent / whole, work / spent


def fft_work(event) -> float:
    """Return the operations of the FFTs that the profiler saw in one call."""
    shape, axes = list(event.input_shapes[0]), event.concrete_inputs[1]
    if event.name == "aten::_fft_c2r":  # half of the spectrum goes in, all points come out
        shape[axes[-1]] = event.concrete_inputs[3]
    points = math.prod(shape[axis] for axis in axes)
    factor = 5.0 if event.name == "aten::_fft_c2c" else 2.5
    return factor * math.prod(shape) * math.log2(points)
