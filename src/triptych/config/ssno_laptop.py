"""The laptop scale of paper 1: what differs from a section's defaults, by system."""

from __future__ import annotations

from typing import Any

from triptych.ssno.names import BaselineName

LEARNING_RATES: dict[BaselineName, list[float]] = {
    "ffno": [2e-3, 6e-3],
    "cnext": [2e-3, 6e-3],
    "percnn": [1e-3, 3e-3],
    "sfno": [1e-3, 3e-3, 1e-2],
    "factformer": [5e-4, 2e-3],
    "dpot": [5e-4, 2e-3],
    "fno": [1e-3, 3e-3],
}

FFNO = {"width": 32, "modes": 10}
CNEXT = {"width": 16, "levels": 2}
PERCNN = {"width": 32, "kernel": 5}
FFNO_3D = {"width": 24, "modes": 8}
CNEXT_3D = {"width": 8, "levels": 2, "kernel": 5}
PERCNN_3D = {"width": 16, "kernel": 3}


def _baselines(
    ffno: int, cnext: int, percnn: int, sizes: tuple[dict[str, int], ...] = (FFNO, CNEXT, PERCNN)
) -> dict[str, dict[str, Any]]:
    """Return iterations and sizes of the three baselines: about the SSNO's CPU time each."""
    named = zip(("ffno", "cnext", "percnn"), (ffno, cnext, percnn), sizes, strict=True)
    return {name: {"iterations": count, "sizes": size} for name, count, size in named}


IN_3D = (FFNO_3D, CNEXT_3D, PERCNN_3D)
TWO_EULER_STEPS = (FFNO, CNEXT, {**PERCNN, "substeps": 2})
"""For stiff systems: on validation better than twice the iterations with one step a ``dt``."""

LAPTOP: dict[str, dict[str, Any]] = {
    "ks2d": {
        "grid": {},
        "model": {"products": 4},
        "training": {"learning_rate": 2e-2},
        "baselines": _baselines(800, 500, 1200, TWO_EULER_STEPS),
        "seeds": [0, 1],
    },
    "sh2d": {
        "grid": {},
        "model": {"products": 0, "substeps": 2},
        "training": {"iterations": 1500},
        "baselines": _baselines(800, 500, 1200, TWO_EULER_STEPS),
    },
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
        "model": {"products": 6, "local": 0, "forcing": 64},
        "training": {"iterations": 1000, "unroll_length": 3, "validations": 4},
        "baselines": _baselines(250, 200, 500),
        "seeds": [0, 1],
    },
    "ks3d": {
        "grid": {
            "source_points": 48,
            "points": 24,
            "storage_step": 0.2,
            "dt": 0.2,
            "trajectories": 2,
        },
        "model": {"local": 32},
        "training": {"iterations": 900, "validations": 6},
        "baselines": _baselines(180, 180, 250, IN_3D),
    },
    "sh3d": {
        "grid": {"source_points": 48, "points": 24, "solver_step": 0.05, "trajectories": 2},
        "model": {"products": 0, "substeps": 3},
        "training": {"iterations": 700},
        "baselines": _baselines(200, 200, 250, IN_3D),
    },
    "sh_sphere": {
        "grid": {},
        "model": {"products": 0, "substeps": 2},
        "training": {"iterations": 1000},
        "baselines": _baselines(400, 400, 1500),
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
        "model": {
            "products": 6,
            "multipliers": 9,
            "local": 0,
        },
        "training": {"iterations": 1000, "learning_rate": 2e-2, "validations": 5},
        "baselines": _baselines(400, 400, 1500),
    },
}
