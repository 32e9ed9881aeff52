"""One step of ``û_t = λ û + N(û)`` with a diagonal λ, differentiable."""

from __future__ import annotations

from torch import Tensor

from triptych.ssno.transforms import TensorMap


def integrating_factor_step(
    state: Tensor, full: Tensor, half: Tensor, nonlinear: TensorMap, step: float
) -> Tensor:
    """Return the state one step later by integrating-factor RK4; the linear part is exact.

    Parameters
    ----------
    state
        Coefficients ``(batch, channels, *modes)``.
    full, half
        ``exp(λ h)`` and ``exp(λ h / 2)``.
    nonlinear
        N on coefficients.
    step
        h.
    """
    decayed = half * state
    a = step * nonlinear(state)
    b = step * nonlinear(decayed + 0.5 * half * a)
    c = step * nonlinear(decayed + 0.5 * b)
    whole = full * state
    d = step * nonlinear(whole + half * c)
    return whole + (full * a + 2 * half * (b + c) + d) / 6


def explicit_step(state: Tensor, symbol: Tensor, nonlinear: TensorMap, step: float) -> Tensor:
    """Return the state one classical RK4 step later, the linear part included in the slope."""

    def slope(u: Tensor) -> Tensor:
        return symbol * u + nonlinear(u)

    a = slope(state)
    b = slope(state + 0.5 * step * a)
    c = slope(state + 0.5 * step * b)
    d = slope(state + step * c)
    return state + step / 6 * (a + 2 * b + 2 * c + d)
