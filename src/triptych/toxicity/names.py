"""The names that settings, rules and science of paper 3 share, and nothing else."""

from __future__ import annotations

from typing import Literal, get_args

MultiTaskName = Literal["mtl", "attention", "sparse"]
LanguageModelName = Literal["stl", MultiTaskName]
KindName = Literal[LanguageModelName, "forest"]
LANGUAGE_MODELS: tuple[LanguageModelName, ...] = get_args(LanguageModelName)
"""Single-task, multi-task, multi-task with masks, and the same with a penalty on the masks."""
STL, MTL, ATTENTION, SPARSE, FOREST = get_args(KindName)
POOLED, MASKED = (STL, MTL), (ATTENTION, SPARSE)
"""Language models that weigh all tokens alike, and those with a mask a task."""

MaskName = Literal["gates", "tied", "noisy_or"]
MASKS: tuple[MaskName, ...] = get_args(MaskName)
"""Forms of the masks."""

SPLITS = ("train", "val", "test")
EVALUATED = SPLITS[1:]
"""The splits that a trained model predicts."""

SPLIT_METHODS = RANDOM, SCAFFOLD = ("random", "scaffold")
"""Ways to split the molecules."""
MAIN_SPLIT_METHOD = RANDOM
"""The one whose folds claims and most figures are of."""
