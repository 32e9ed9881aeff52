"""The laptop scale of paper 1: rates, sizes and iterations, and what differs by system."""

from __future__ import annotations

from typing import Any

from triptych.ssno.names import ModelName

LEARNING_RATES: dict[ModelName, list[float]] = {
    "ssno": [1e-2, 3e-2, 9e-2],
    "ffno": [2e-3, 6e-3, 1.8e-2],
    "cnext": [2e-3, 6e-3, 1.8e-2],
    "percnn": [1.7e-3, 5e-3, 1.5e-2],
    "sfno": [5e-3, 1.5e-2, 4.5e-2],
    "dpot": [7e-4, 2e-3, 6e-3],
    "factformer": [7e-4, 2e-3, 6e-3],
    "fno": [1e-3, 3e-3, 9e-3],
}
"""Three a model, by a factor of 3, as that to a rate beyond them."""

SIZES = {
    "ffno": {"width": 32},
    "cnext": {"width": 16, "levels": 2, "blocks": 2},
    "percnn": {"width": 16, "kernel": 5, "substeps": 4},
    "sfno": {"width": 32},
}
"""In two dimensions and on the sphere."""
SIZES_3D = {"ffno": {"width": 32}, "percnn": {"width": 8, "kernel": 5, "substeps": 2}}


def _compared(
    ssno: int, sizes: dict[str, dict[str, int]] = SIZES, **baselines: int
) -> dict[str, Any]:
    """Return the iterations of the SSNO and of baselines, and the sizes of these."""
    return {
        "iterations": {"ssno": ssno, **baselines},
        "baselines": {name: sizes[name] for name in baselines},
    }


LAPTOP: dict[str, dict[str, Any]] = {
    "ks2d": {
        "grid": {"long": 4},
        **_compared(1900, ffno=750, cnext=485, percnn=2000),
        "seeds": [0, 1],
    },
    "sh2d": {"grid": {"long": 4}, **_compared(1900, percnn=1850)},
    "ns2d": {
        "grid": {
            "source_points": 128,
            "points": 64,
            "solver_step": 0.02,
            "storage_step": 0.1,
            "dt": 0.1,
            "horizon": 8.0,
            "test_horizon": 8.0,
        },
        **_compared(1350, ffno=240),
    },
    "ks3d": {
        "grid": {
            "source_points": 48,
            "points": 24,
            "storage_step": 0.2,
            "dt": 0.2,
            "trajectories": 2,
        },
        **_compared(550, SIZES_3D, ffno=150),
    },
    "sh3d": {
        "grid": {"source_points": 72, "points": 24, "solver_step": 0.05, "trajectories": 2},
        **_compared(600, SIZES_3D, percnn=445),
    },
    # The pattern's third harmonic has degree 36: neither the solver nor a model may be without it.
    "sh_sphere": {
        "grid": {"source_points": 120, "points": 40, "long": 4},
        **_compared(645, sfno=235),
    },
    "swe_sphere": {
        "grid": {
            "source_points": 32,
            "points": 32,
            "solver_step": 0.0125,
            "storage_step": 0.05,
            "dt": 0.05,
            "horizon": 2.5,
            "test_horizon": 2.5,
        },
        **_compared(725, cnext=500, sfno=495),
    },
}
