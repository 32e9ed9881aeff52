"""Small settings for the tests of paper 1: the science has no defaults, so all are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from configuration import scale_values

from triptych.config.load import load_config
from triptych.ssno.design import ssno_sizes
from triptych.ssno.specs import ModelSpec, TrainingSpec

SMALL_BASELINES: dict[str, dict[str, int]] = {
    "ffno": {"width": 8, "layers": 1},
    "cnext": {"width": 4, "levels": 1, "kernel": 3},
    "percnn": {"width": 4, "kernel": 3, "substeps": 2},
    "sfno": {"width": 4, "layers": 1},
    "dpot": {"width": 8, "layers": 1},
    "factformer": {"width": 8, "layers": 1},
    "fno": {"width": 4, "layers": 1},
}
"""Sizes of every baseline."""

CONFIG = Path(__file__).resolve().parents[2] / "config"


def published_model() -> ModelSpec:
    """Return the shape of the SSNO at paper scale, stepped once a dt."""
    section = load_config(scale_values(CONFIG, "paper")).ssno
    sizes = ssno_sizes(section.model.model_dump(), dt=section.model.longest_step, scored=False)
    return ModelSpec(**sizes)


def ssno_model(**changes: Any) -> ModelSpec:
    """Return the shape of a small SSNO."""
    values: dict[str, Any] = {
        "multipliers": 2,
        "products": 2,
        "hidden": 8,
        "local": 8,
        "forcing": 0,
        "padding": 1.5,
        "substeps": 1,
    }
    return ModelSpec(**{**values, **changes})


def ssno_training(**changes: Any) -> TrainingSpec:
    """Return a short training of a model of paper 1."""
    values: dict[str, Any] = {
        "iterations": 12,
        "learning_rate": 1e-2,
        "pushforward_steps": 1,
        "unroll_lengths": (2,),
        "coarse_share": 0.0,
        "mixed": False,
        "mask_penalty": 0.0,
        "validations": 3,
        "restarts": 2,
    }
    return TrainingSpec(**{**values, **changes})
