"""One step of ``û_t = λ û + N(û)``, differentiable."""

from __future__ import annotations

from torch import Tensor

from triptych.ssno.transforms import TensorMap


def integrating_factor_step(
    state: Tensor, full: TensorMap, half: TensorMap, nonlinear: TensorMap, step: float
) -> Tensor:
    """Return the state one step later by integrating-factor RK4; the linear part is exact.

    Parameters
    ----------
    state : complex Tensor of shape (batch, channels, *modes)
        Coefficients.
    full, half : callable
        Apply ``exp(λ h)`` and ``exp(λ h / 2)`` to coefficients.
    nonlinear : callable
        N on coefficients, in the shape of ``state``.
    step : float
        h, in units of time.

    Returns
    -------
    complex Tensor of shape (batch, channels, *modes)
        In the units of ``state``.

    References
    ----------
    Zhang et al., arXiv:2512.11686; the classical scheme for ``e^{−λt} û``.
    """
    a = step * nonlinear(state)
    b = step * nonlinear(half(state + 0.5 * a))
    c = step * nonlinear(half(state) + 0.5 * b)
    d = step * nonlinear(full(state) + half(c))
    return full(state + a / 6) + half(b + c) / 3 + d / 6


def explicit_step(state: Tensor, linear: TensorMap, nonlinear: TensorMap, step: float) -> Tensor:
    """Return the state one classical RK4 step later, the linear part included in the slope.

    Parameters
    ----------
    state : complex Tensor of shape (batch, channels, *modes)
        Coefficients.
    linear : callable
        Applies λ to coefficients, per unit of time.
    nonlinear : callable
        N on coefficients, in the shape of ``state``.
    step : float
        h, in units of time.

    Returns
    -------
    complex Tensor of shape (batch, channels, *modes)
        In the units of ``state``.
    """

    def slope(u: Tensor) -> Tensor:
        return linear(u) + nonlinear(u)

    a = slope(state)
    b = slope(state + 0.5 * step * a)
    c = slope(state + 0.5 * step * b)
    d = slope(state + step * c)
    return state + step / 6 * (a + 2 * b + 2 * c + d)
