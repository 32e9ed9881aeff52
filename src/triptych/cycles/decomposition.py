"""Decomposition of a stationary current into directed cycles, strongest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triptych.cycles.thermodynamics import current, log_ratio

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cycle:
    """A directed cycle of latent states carrying a constant net current.

    Attributes
    ----------
    states : tuple of int
        In the order of the current; the last leads back to the first. Three or more.
    flux : float
        Probability per chain step.
    affinity : float
        ``log ∏F/∏Fᵀ`` around the cycle, in nats; positive. ``flux × affinity`` is the cycle's share
        of the entropy production.
    """

    states: tuple[int, ...]
    flux: float
    affinity: float


def decompose(fluxes: Array) -> list[Cycle]:
    """Split the current of a stationary chain into cycles that add up to it.

    Again and again the cycle with the widest bottleneck is taken out, with the flux of its
    bottleneck; of several a shortest one, and of these that of the highest affinity. So how
    states are numbered decides only between cycles that are equal in all this. A stationary current
    has as much coming into a state as going out, and every cycle removes at least one edge: nothing
    but rounding is left after at most ``K(K−1)/2`` cycles. The entropy production is the sum of
    ``flux × affinity`` over the cycles (affinities: Schnakenberg, Rev. Mod. Phys. 48, 571, 1976;
    decomposition of flows: Ahuja, Magnanti and Orlin, *Network Flows*, 1993, section 3.5; the order
    is ours).

    Parameters
    ----------
    fluxes : ndarray of shape (K, K)
        ``F(z, z′) = π(z) T(z′|z)`` with π the stationary state of T, per chain step.

    Returns
    -------
    list of Cycle
        In the order of falling flux; empty for a chain in detailed balance.
    """
    ratios = log_ratio(fluxes)
    remaining = current(fluxes).clip(min=0.0)
    # Fluxes add up to one, so this is what their differences are uncertain by.
    rounding = len(fluxes) * np.finfo(np.float64).eps
    cycles: list[Cycle] = []
    while True:
        bottleneck = float(np.diagonal(_widest(remaining)).max())
        if bottleneck <= rounding:
            return cycles
        states = _shortest_cycle(np.where(remaining >= bottleneck, ratios, -np.inf))
        edges = np.array(states), np.roll(states, -1)
        cycles.append(Cycle(states, bottleneck, float(ratios[edges].sum())))
        remaining[edges] -= bottleneck


def _widest(capacity: Array) -> Array:
    """Return the capacity of the widest path between all pairs of states (Floyd and Warshall)."""
    widest = capacity.copy()
    for via in range(len(widest)):
        np.maximum(widest, np.minimum(widest[:, via, None], widest[via]), out=widest)
    return widest


def _shortest_cycle(gains: Array) -> tuple[int, ...]:
    """Return the states of a shortest cycle, of several that with the largest sum of gains.

    Max-plus products: after n of them ``best`` has the largest sum over walks of n + 1 edges from
    one state to another. The first that leads back to where it began is a cycle.

    Parameters
    ----------
    gains : ndarray of shape (K, K)
        Of every edge, infinite where nothing leads back; minus infinity where there is none.

    Returns
    -------
    tuple of int
        From the state that comes first.
    """
    best, steps = gains, []
    while np.isneginf(np.diagonal(best)).all():
        with np.errstate(invalid="ignore"):
            through = best[:, :, None] + gains  # (from, via, to)
        through[np.isnan(through)] = -np.inf  # no walk, or no edge
        steps.append(through.argmax(1))
        best = through.max(1)
    first = int(np.diagonal(best).argmax())
    states = [first]
    for step in reversed(steps):
        states.append(int(step[first, states[-1]]))
    states.reverse()
    begin = states.index(min(states))
    return tuple(states[begin:] + states[:begin])
