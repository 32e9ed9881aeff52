"""RMSprop ascent of models that may have one learning rate each."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

DECAY = 0.99
EPSILON = 1e-8


def rmsprop_(
    parameters: Mapping[str, Tensor],
    moments: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    rates: Tensor,
) -> None:
    """Take one step uphill, in place: ``v ← 0.99 v + 0.01 g²``, ``θ ← θ + η g / (√v + 1e-8)``.

    That is RMSprop (Tieleman and Hinton, 2012) with the constants of PyTorch.

    Parameters
    ----------
    parameters, moments, gradients : mapping of str to Tensor of shapes (M, ...)
        θ, v and g by the same names; the moments start at zero.
    rates : Tensor of shape (M,) or (1,)
        Learning rates η along the first axis; a single one is that of all.
    """
    for name, parameter in parameters.items():
        g, v = gradients[name], moments[name]
        v.mul_(DECAY).addcmul_(g, g, value=1.0 - DECAY)
        step = g / v.sqrt().add_(EPSILON)
        parameter.addcmul_(step, rates.view(-1, *(1,) * (g.ndim - 1)))
