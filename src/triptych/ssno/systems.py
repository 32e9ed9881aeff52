"""The seven systems, each one frozen object: adding a system means adding one object here.

Grids, steps, horizons and numbers of trajectories are those of the paper scale; the configuration
of a scale takes their place (:func:`triptych.ssno.adapt.adapt`).
"""

from __future__ import annotations

import math

from triptych.ssno.domains import Box, Sphere
from triptych.ssno.equations import (
    KuramotoSivashinsky,
    NavierStokes,
    ShallowWater,
    SwiftHohenberg,
)
from triptych.ssno.grf import BalancedFlow, BandField, GaussianField
from triptych.ssno.system import System, standard_splits
from triptych.ssno.wavenumbers import DEALIAS_CUBIC

_SMOOTH = GaussianField(4.0, 8.0)
_SHIFTED = {
    "rougher": GaussianField(3.0, 8.0),
    "larger": GaussianField(4.0, 8.0, amplitude=2.0),
}
"""The laws of the out-of-distribution sets, where the system's own is ``_SMOOTH``."""
_CRITICAL_DEGREE = 12
"""Of Swift–Hohenberg on the sphere: the degree that grows fastest."""
_ROTATION = 2 * math.pi
"""Of the Earth, radians a day."""
_MEAN_GEOPOTENTIAL = 2.94e4 * (86400 / 6.37122e6) ** 2
"""In squared radii a squared day: the gh₀ of test case 2 of Williamson et al.
(1992), 2.94e4 m²/s². At less, troughs of strong initial flows would be dry."""

SYSTEMS: dict[str, System] = {}


def register(system: System) -> System:
    """Add a system under its name.

    Raises
    ------
    ValueError
        If there is one of that name.
    """
    if system.name in SYSTEMS:
        raise ValueError(f"system {system.name} is already registered")
    SYSTEMS[system.name] = system
    return system


def get_system(name: str) -> System:
    """Return the system of that name.

    Raises
    ------
    KeyError
        If there is none; the message lists those known.
    """
    if name not in SYSTEMS:
        raise KeyError(f"unknown system {name!r}; known: {', '.join(sorted(SYSTEMS))}")
    return SYSTEMS[name]


register(
    System(
        name="ks2d",
        title="Kuramoto–Sivashinsky, 2D",
        equation=KuramotoSivashinsky(),
        domain=Box(8 * math.pi, 2),
        initial=_SMOOTH,
        source_points=128,
        points=64,
        dt=0.5,
        solver_step=0.1,
        storage_step=0.5,
        onset=8,
        splits=standard_splits(5.0, 5, _SHIFTED),
    )
)
register(
    System(
        name="sh2d",
        title="Swift–Hohenberg, 2D",
        equation=SwiftHohenberg(),
        domain=Box(8 * math.pi, 2),
        initial=_SMOOTH,
        source_points=128,
        points=64,
        dt=0.5,
        solver_step=0.1,
        storage_step=0.5,
        onset=8,
        dealias_fraction=DEALIAS_CUBIC,
        splits=standard_splits(5.0, 5, _SHIFTED),
    )
)
register(
    System(
        name="ns2d",
        title="Navier–Stokes, 2D",
        equation=NavierStokes(),
        domain=Box(2 * math.pi, 2),
        initial=GaussianField(2.5, 7.0),
        source_points=512,
        points=128,
        channels=("vorticity",),
        dt=0.05,
        solver_step=0.01,
        storage_step=0.05,
        splits=standard_splits(
            8.0,
            5,
            {
                "rougher": GaussianField(2.0, 7.0),
                "larger": GaussianField(2.5, 7.0, amplitude=1.5),
            },
            test_horizon=15.0,
        ),
        depends_on_place=True,
    )
)
register(
    System(
        name="ks3d",
        title="Kuramoto–Sivashinsky, 3D",
        equation=KuramotoSivashinsky(),
        domain=Box(8 * math.pi, 3),
        initial=_SMOOTH,
        source_points=128,
        points=64,
        dt=0.2,
        solver_step=0.1,
        storage_step=0.2,
        onset=8,
        splits=standard_splits(5.0, 2, _SHIFTED),
    )
)
register(
    System(
        name="sh3d",
        title="Swift–Hohenberg, 3D",
        equation=SwiftHohenberg(growth=2.0),
        domain=Box(8 * math.pi, 3),
        initial=_SMOOTH,
        source_points=128,
        points=64,
        dt=0.5,
        solver_step=0.05,
        storage_step=0.5,
        onset=8,
        dealias_fraction=DEALIAS_CUBIC,
        splits=standard_splits(5.0, 2, _SHIFTED),
    )
)
register(
    System(
        name="sh_sphere",
        title="Swift–Hohenberg, sphere",
        equation=SwiftHohenberg(length_squared=1 / (_CRITICAL_DEGREE * (_CRITICAL_DEGREE + 1))),
        domain=Sphere(),
        initial=BandField(10.0, 4.0, (0.5,)),
        source_points=128,
        points=64,
        dt=0.5,
        solver_step=0.1,
        storage_step=0.5,
        dealias_fraction=DEALIAS_CUBIC,
        splits=standard_splits(
            5.0,
            5,
            {"rougher": BandField(14.0, 4.0, (0.5,)), "larger": BandField(10.0, 4.0, (1.0,))},
        ),
    )
)
register(
    System(
        name="swe_sphere",
        title="Shallow water, sphere",
        equation=ShallowWater(_ROTATION, _MEAN_GEOPOTENTIAL, 1e-4),
        domain=Sphere(),
        initial=BalancedFlow(5.0, 2.0, 1.5, _ROTATION),
        source_points=64,
        points=64,
        channels=("vorticity", "divergence", "geopotential"),
        shared_scale=("vorticity", "divergence"),
        dt=0.05,
        solver_step=0.01,
        storage_step=0.05,
        splits=standard_splits(
            5.0,
            5,
            {
                "rougher": BalancedFlow(8.0, 2.0, 1.5, _ROTATION),
                "larger": BalancedFlow(5.0, 2.0, 2.25, _ROTATION),
            },
        ),
        depends_on_place=True,
        time_units="d",
    )
)
