"""What can be chosen about a model and its training: plain values, no tensors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelSpec:
    """The shape of an SSNO.

    Attributes
    ----------
    multipliers
        K, learned operators per channel besides the identity.
    orders
        Powers of ``|k|`` that the multipliers carry in turn as a factor, and of which the
        operators after the products carry the highest; ``(0,)`` as published. With ``(-2, 0, 2)``
        inverse Laplacians and Laplacians are within a small change of a fresh network where the
        operators span three decades (shallow water).
    products
        P, pairs of fields multiplied pointwise; 0 switches the product block Π off.
    gradient_products
        Pairs multiplied as ``∇a·∇b``, and as many as ``r̂·∇a×∇b``. On the sphere no diagonal
        operator is a derivative along a meridian, so products of gradients need this; on a box the
        multipliers contain ``ik`` already.
    outputs
        Learned operators applied after the products, the identity included.
    hidden
        Width of the two hidden layers of the networks over wavenumbers.
    local
        Width of the two hidden layers of the pointwise ``f_u``; 0 switches it off.
    forcing
        Width of the two hidden layers of ``f_x``; 0 switches it off.
    low_pass
        Fraction of the Nyquist index of the training grid up to which the model keeps modes.
    substeps
        Integrating-factor steps in one ``dt`` of the data; 1 as published. The exact equations
        stepped once at ``dt = 0.5`` are themselves off by 3–5 % (KS, Swift–Hohenberg).
    integrating_factor
        Step the linear part exactly; False takes explicit RK4 on all of it (ablation).
    decaying
        Restrict Re λ to be negative, as published; False leaves its sign free (ablation).
    """

    multipliers: int
    orders: tuple[int, ...]
    products: int
    gradient_products: int
    outputs: int
    hidden: int
    local: int
    forcing: int
    low_pass: float
    substeps: int
    integrating_factor: bool = True
    decaying: bool = True


@dataclass(frozen=True)
class TrainingSpec:
    """How a model is trained; the same fields serve the SSNO and every baseline.

    Attributes
    ----------
    iterations
        Steps of Adam.
    learning_rate
        Peak of the one-cycle schedule.
    warmup
        Up to this many steps are taken without gradient before the supervised ones; drawn anew each
        iteration.
    supervised
        Steps whose states enter the loss.
    mask_penalty
        Weight of the L1 norm of the product mask.
    windows
        Windows drawn from every trajectory in one batch.
    validations
        Validation rollouts, evenly spread over the second half of the iterations.
    """

    iterations: int
    learning_rate: float
    warmup: int
    supervised: int
    mask_penalty: float
    windows: int
    validations: int
