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
    bottleneck. Cycles that share their narrowest edge are equally wide: of these it is a shortest
    one through the state that comes first. So the widest flux is the chain's own, but which cycles
    have it and what is left for the next depends on how states are numbered. A stationary current
    has as much coming into a state as going out, and every cycle removes at least one edge. So
    nothing but rounding is left after at most ``K(K−1)/2`` cycles. The entropy production is the
    sum of ``flux × affinity`` over the cycles (affinities: Schnakenberg, Rev. Mod. Phys. 48, 571,
    1976; decomposition of flows: Ahuja, Magnanti and Orlin, *Network Flows*, 1993, section 3.5; the
    order is ours).

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
        bottlenecks = np.diagonal(_widest(remaining))
        start = int(bottlenecks.argmax())
        if bottlenecks[start] <= rounding:
            return cycles
        states = _shortest_cycle(remaining >= bottlenecks[start], start)
        bottleneck = float(bottlenecks[start])
        edges = np.array(states), np.roll(states, -1)
        cycles.append(Cycle(states, bottleneck, float(ratios[edges].sum())))
        remaining[edges] -= bottleneck


def _widest(capacity: Array) -> Array:
    """Return the capacity of the widest path between all pairs of states (Floyd and Warshall)."""
    widest = capacity.copy()
    for via in range(len(widest)):
        np.maximum(widest, np.minimum(widest[:, via, None], widest[via]), out=widest)
    return widest


def _shortest_cycle(connected: NDArray[np.bool_], start: int) -> tuple[int, ...]:
    """Return the states of a shortest cycle through ``start``, found breadth first."""
    previous = {start: -1}
    frontier = [start]
    while frontier:
        state = frontier.pop(0)
        for following in np.flatnonzero(connected[state]).tolist():
            if following == start:
                path = [state]
                while previous[path[-1]] >= 0:
                    path.append(previous[path[-1]])
                return tuple(reversed(path))
            if following not in previous:
                previous[following] = state
                frontier.append(following)
    raise ValueError(f"no cycle leads through state {start}")
