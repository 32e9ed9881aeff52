"""Exponential time differencing, fourth order, for equations with a diagonal stiff part."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from triptych.ssno.equations import Equation
from triptych.ssno.transforms import TensorMap, Transform

CONTOUR_POINTS = 32
"""Points on the upper half of a circle, over which the coefficients are averaged."""
GRADING = 4
"""From step ``GRADING + 1`` on, a step is at most ``1 / GRADING`` of the time elapsed before it."""


@dataclass(frozen=True)
class Coefficients:
    """What one step needs of the linear part.

    Attributes
    ----------
    full, half : real Tensor of shape (channels, *modes)
        ``exp(h L)`` and ``exp(h L / 2)``.
    inner : float64 Tensor of shape (channels, *modes)
        Weight of a stage: ``h (e^{hL/2} − 1) / (hL)``, in units of time.
    first, middle, last : float64 Tensor of shape (channels, *modes)
        Weights of the four stages in the final sum, in units of time.
    """

    full: Tensor
    half: Tensor
    inner: Tensor
    first: Tensor
    middle: Tensor
    last: Tensor


def coefficients(linear: Tensor, step: float) -> Coefficients:
    """Return the coefficients of ETDRK4.

    The closed forms cancel badly for small ``hL``. They are averaged over a circle of radius 1
    around each value, on the upper half of it because ``L`` is real.

    Parameters
    ----------
    linear : real Tensor
        The symbol ``L``, of any shape, in inverse units of time.
    step : float
        The time step ``h``.

    Returns
    -------
    Coefficients
        Of the shape of ``linear``; those beside exponentials in the unit of ``step``.

    References
    ----------
    Cox and Matthews, J. Comput. Phys. 176, 430 (2002), equations 26 to 29; Kassam and Trefethen,
    SIAM J. Sci. Comput. 26, 1214 (2005), for the mean over the circle.
    """
    angles = math.pi * (torch.arange(CONTOUR_POINTS, dtype=torch.float64) + 0.5) / CONTOUR_POINTS
    circle = torch.polar(torch.ones_like(angles), angles).to(linear.device)
    # The symbol depends on |k| alone: far fewer values than wavenumbers, above all in 3D.
    values, value_index = torch.unique(linear.to(torch.float64), return_inverse=True)
    z = step * values.unsqueeze(-1) + circle
    exponential = torch.exp(z)

    def mean(on_circle: Tensor) -> Tensor:
        return (step * on_circle.real.mean(-1))[value_index]

    return Coefficients(
        full=torch.exp(step * linear),
        half=torch.exp(step * linear / 2),
        inner=mean((torch.exp(z / 2) - 1) / z),
        first=mean((-4 - z + exponential * (4 - 3 * z + z**2)) / z**3),
        middle=mean((2 + z + exponential * (z - 2)) / z**3) * 2,
        last=mean((-4 - 3 * z - z**2 + exponential * (4 - z)) / z**3),
    )


def step(state: Tensor, weights: Coefficients, nonlinear: TensorMap) -> Tensor:
    """Return the state one step later.

    Parameters
    ----------
    state : complex Tensor of shape (batch, channels, *modes)
        Coefficients.
    weights : Coefficients
        From :func:`coefficients`, of the step's length.
    nonlinear : callable
        N on coefficients, in the shape of ``state``.

    Returns
    -------
    complex Tensor of shape (batch, channels, *modes)
        In the units of ``state``.
    """
    n0 = nonlinear(state)
    decayed = weights.half * state
    a = decayed + weights.inner * n0
    na = nonlinear(a)
    b = decayed + weights.inner * na
    nb = nonlinear(b)
    c = weights.half * a + weights.inner * (2 * nb - n0)
    return (
        weights.full * state
        + weights.first * n0
        + weights.middle * (na + nb)
        + weights.last * nonlinear(c)
    )


def graded_steps(onset: int) -> Iterator[int]:
    """Yield the lengths of all steps, without end, the shortest being 1 and the full one 2**onset.

    A rough initial field dies out within the first full step, and what it does to the other modes
    meanwhile is an error of low order that later steps no longer make. So the lengths are halvings
    of the full one: eight of the shortest, then four of each before it doubles. From the fifth step
    on none is longer than a quarter of the time elapsed; every full step ends where one of them
    does.
    """
    elapsed = 0
    while True:
        longest = 1 << (elapsed // GRADING).bit_length() >> 1
        length = min(max(longest, 1), 1 << onset)
        yield length
        elapsed += length


def integrate(
    equation: Equation,
    transform: Transform,
    state: Tensor,
    *,
    step_size: float,
    steps_per_frame: int,
    frames: int,
    onset: int = 0,
) -> Iterator[Tensor]:
    """Yield the coefficients at frames ``0 … frames - 1``, the initial one first.

    Parameters
    ----------
    equation : Equation
    transform : Transform
    state : complex128 Tensor of shape (batch, channels, *modes)
        Initial coefficients.
    step_size : float
        Step of the solver, in units of time.
    steps_per_frame : int
        Steps between two stored frames.
    frames : int
        Number of frames.
    onset : int, optional
        How often the very first step is halved, see :func:`graded_steps`. For KS from a rough
        field 8 brings the error down by 10⁴ at the cost of 32 steps.

    Yields
    ------
    complex128 Tensor of shape (batch, channels, *modes)
        The coefficients at one frame.

    Raises
    ------
    FloatingPointError
        If the solution stops being finite; the message gives the time.
    """
    linear, nonlinear = equation.linear(transform), equation.nonlinear(transform)
    lengths, length = graded_steps(onset), 0
    yield state
    for frame in range(1, frames):
        remaining = steps_per_frame << onset
        while remaining:
            # Lengths only grow, so that one set of weights is held at a time.
            if (next_length := next(lengths)) != length:
                length = next_length
                weights = coefficients(linear, step_size * length / 2**onset)
            state = step(state, weights, nonlinear)
            remaining -= length
        if not bool(torch.isfinite(torch.view_as_real(state)).all()):
            time = frame * steps_per_frame * step_size
            raise FloatingPointError(
                f"the solution is not finite at t = {time:g}; take a step below {step_size:g}"
            )
        yield state
