"""The names that settings, rules and science of paper 1 share, and nothing else."""

from __future__ import annotations

from typing import Literal

BaselineName = Literal["ffno", "cnext", "percnn", "sfno", "dpot", "factformer", "fno"]
ModelName = Literal["ssno", BaselineName]
BASELINE_SIZES: dict[BaselineName, tuple[str, ...]] = {
    "ffno": ("width", "layers"),
    "cnext": ("width", "levels", "blocks", "kernel"),
    "percnn": ("width", "kernel", "substeps"),
    "sfno": ("width", "layers"),
    "dpot": ("width", "layers", "patch", "heads"),
    "factformer": ("width", "layers", "heads"),
    "fno": ("width", "layers"),
}
"""The sizes that each baseline can be given."""
VariantName = Literal["explicit", "no_products", "no_local", "free_sign"]
"""The ablations of the SSNO."""

LEADING = "leading"
"""Stands for the baseline that validation finds best: which it is, only the trainings say."""
DEFAULT = "default"
"""The variant of a model that nothing is left out of."""

SCORED = ("test", "long", "rougher", "larger")
"""The sets of trajectories that models are scored on."""
SPLITS = ("train", "val", *SCORED)
"""All sets of trajectories of every system."""

SPHERES = frozenset({"sh_sphere", "swe_sphere"})
"""The registered systems on the sphere; their registry itself loads torch, which no rule needs."""
