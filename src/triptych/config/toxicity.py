"""Settings of paper 3, sparse task masks for toxicity."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from triptych.config.base import (
    Count,
    Fraction,
    Name,
    Names,
    PlainPath,
    PositiveFloat,
    Section,
    Seed,
    distinct,
    increasing,
    merge,
    refuse_unknown,
    section,
    setting,
)
from triptych.toxicity.names import MaskName, MultiTaskName

Penalties = Annotated[list[PositiveFloat], AfterValidator(increasing)]
FoldCount = Annotated[int, Field(ge=0)]


class Alerts(Section):
    """Molecules made by recombination and labelled with structural alerts."""

    molecules: int = setting(3000, "molecules made", ge=20)
    tasks: Count = setting(12, "alerts taken as tasks, the most frequent ones")
    seed: Seed = setting(0, "seed of the recombination")


class Folds(Section):
    """Cross-validation: how molecules are dealt to folds, and how many of these are run."""

    count: int = setting(3, "folds, at random and by scaffold; a molecule is tested in one", ge=2)
    seed: Seed = setting(100, "of folds and validation and, with the fold's number, of trainings")
    validation: Fraction = setting(0.1, "share of what is not tested that validates")
    single_task: FoldCount = setting(1, "random folds on which there is a model for each task")
    scaffold: FoldCount = setting(1, "scaffold folds that are run")


class MostFolds(Section):
    """How many folds are run on one dataset, at most, and never more than all sets have."""

    random: Count | None = setting(
        None, "how many of the random folds are run, at most all; null for all"
    )
    single_task: FoldCount | None = setting(None, "with models for each task; null for no limit")
    scaffold: FoldCount | None = setting(None, "of the scaffold folds; null for no limit")
    backbones: FoldCount = setting(0, "random folds on which encoders are compared")


class Dataset(Section):
    """A table of molecules with 0/1/empty task columns, or the generated alerts."""

    raw: Name | None = setting(None, "raw input that holds the table")
    file: PlainPath | None = setting(None, "path of a table of your own (CSV)")
    alerts: Alerts | None = setting(None, "make the molecules instead of reading them")
    smiles_column: str = setting("smiles", "column of the SMILES")
    tasks: Annotated[list[str], AfterValidator(distinct)] | None = setting(
        None, "task columns; null for all others", min_length=1
    )
    epochs: Count = setting(4, "passes over the training molecules, whatever the kind of model")
    batch_size: Count = setting(16, "molecules a step")
    penalties: Penalties = setting([], "further λ of the sparse model, on the first fold")
    folds: MostFolds = section(
        MostFolds, "fewer folds than all sets have, where cost asks for it; more change nothing"
    )
    replicate: bool = setting(
        False, "train the first fold's sparse model from a second seed as well"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Dataset:
        sources = [name for name in ("raw", "file", "alerts") if getattr(self, name) is not None]
        if len(sources) != 1:
            given = " and ".join(sources) or "none"
            raise ValueError(f"a dataset has one of raw, file and alerts; given: {given}")
        if self.smiles_column in (self.tasks or []):
            raise ValueError(f"tasks: {self.smiles_column!r} is the smiles_column")
        return self


class Backbone(Section):
    """A pretrained encoder."""

    raw: Name = Field(description="raw input with weights, configuration and vocabulary")
    n_layers: Count = setting(4, "layers kept, from the first")
    pretrained: bool = setting(True, "false: the same architecture with random weights")


class Training(Section):
    """What every language model is made and trained with, whatever its kind."""

    encoder_rate: PositiveFloat = setting(1e-4, "peak learning rate of the encoder")
    head_rate: PositiveFloat = setting(1e-3, "peak learning rate of masks and heads")
    warmup: Fraction = setting(0.1, "share of the steps in which the rates rise")
    clip: PositiveFloat = setting(1.0, "largest gradient norm let through")
    decay: float = setting(0.01, "weight decay", ge=0)
    dropout: float = setting(0.1, "dropout of the encoder's hidden states", ge=0, le=0.99)
    hidden: Count = setting(32, "hidden units of each task's mask network")
    bfloat16: bool = setting(True, "encoder in bfloat16 where that is faster; the rest is float32")


class Masks(Section):
    """Attention of each task over the tokens, and the penalty on it."""

    mask: MaskName = setting("gates", "form of the masks of record, for all datasets")
    penalty: PositiveFloat = setting(0.2, "λ of the sparse model, for all datasets and encoders")
    others: dict[MaskName, PositiveFloat] = setting(
        {"tied": 0.2, "noisy_or": 0.2},
        "other forms and λ of each, on the first fold, for toxicity_figS1",
    )

    @property
    def compared(self) -> dict[MaskName, float]:
        """Return the forms that are compared with the one of record, and λ of each."""
        return {mask: penalty for mask, penalty in self.others.items() if mask != self.mask}


class Forest(Section):
    """The reference: a random forest on Morgan fingerprints."""

    radius: Count = setting(2, "bonds around an atom")
    bits: Count = setting(2048, "length of the fingerprint")
    trees: Count = setting(200, "trees a task")
    min_leaf: Count = setting(2, "training molecules in a leaf, at least")


class Comparison(Section):
    """How models are scored and compared."""

    bins: int = setting(10, "bins of the calibration curves", ge=2)
    resamples: Count = setting(1000, "samples over molecules")
    seed: Seed = setting(0, "seed of the resampling of molecules in scores and fragments")
    fragment_minimum: Count = setting(20, "molecules that a fragment must be in to be shown")


LAPTOP: dict[str, dict[str, Any]] = {
    "clintox": {
        "raw": "clintox",
        "epochs": 6,
        "penalties": [0.05],
        "folds": {"backbones": 2},
    },
    "sider": {"raw": "sider", "epochs": 3, "penalties": [0.05], "folds": {"scaffold": 0}},
    "tox21": {
        "raw": "tox21",
        "epochs": 2,
        "penalties": [0.05],
        "folds": {"scaffold": 0, "backbones": 1},
        "replicate": True,
    },
    "alerts": {
        "alerts": {},
        "epochs": 3,
        "penalties": [0.05],
        "folds": {"single_task": 0, "scaffold": 0},
    },
}
BACKBONES: dict[str, dict[str, Any]] = {
    "rxnfp_bert": {"raw": "rxnfp_bert"},
    "rxnmapper_albert": {"raw": "rxnmapper_albert"},
    "scratch": {"raw": "rxnfp_bert", "pretrained": False},
}


class Toxicity(Section):
    """All of paper 3."""

    include: Names = setting(list(LAPTOP), "the datasets that are run")
    datasets: Annotated[dict[Name, Dataset], BeforeValidator(partial(merge, LAPTOP))] = setting(
        {}, "the datasets; those of the laptop scale are always there"
    )
    max_tokens: int = setting(128, "longest molecule kept, in SMILES tokens", ge=8)
    spellings: Count = setting(2, "SMILES of each molecule: the canonical one and random ones")
    folds: Folds = section(Folds, "cross-validation")
    backbones: Annotated[dict[Name, Backbone], BeforeValidator(partial(merge, BACKBONES))] = (
        setting({}, "the encoders")
    )
    backbone: Name = setting("rxnfp_bert", "the encoder of the comparison")
    examples: Annotated[list[Name], AfterValidator(distinct)] = setting(
        ["tox21", "sider"], "datasets whose masks are shown, best first; all if none of them is run"
    )
    backbone_kinds: Annotated[list[MultiTaskName], AfterValidator(distinct)] = setting(
        ["mtl", "sparse"], "kinds of model for which they are compared", min_length=1
    )
    model: Masks = section(Masks, "masks of the attention and sparse models")
    training: Training = section(Training, "training of all language models")
    forest: Forest = section(Forest, "fingerprint reference")
    comparison: Comparison = section(Comparison, "scores")

    def folds_run(self, dataset: str) -> dict[str, int]:
        """Return how many folds of a dataset are run: its own limits within those of all."""
        most = self.datasets[dataset].folds
        random = _within(self.folds.count, most.random)
        return {
            "random": random,
            "scaffold": _within(self.folds.scaffold, most.scaffold),
            "single_task": min(random, _within(self.folds.single_task, most.single_task)),
            "backbones": min(random, most.backbones),
        }

    @property
    def shown(self) -> list[str]:
        """Return the datasets whose masks are shown, best first."""
        return [name for name in self.examples if name in self.include] or self.include

    @property
    def alerted(self) -> list[str]:
        """Return the datasets that are made of molecules with known alerts."""
        return [name for name in self.include if self.datasets[name].alerts]

    @property
    def raw_inputs(self) -> set[str]:
        """Return the names of the raw inputs that are needed."""
        tables = {self.datasets[name].raw for name in self.include}
        used = {self.backbone: self.backbones[self.backbone]}
        if any(self.datasets[name].folds.backbones for name in self.include):
            used = self.backbones
        encoders = {encoder.raw for encoder in used.values()}
        return {name for name in tables if name} | encoders

    @model_validator(mode="after")
    def _consistent(self) -> Toxicity:
        for key in ("include", "examples"):
            refuse_unknown(key, getattr(self, key), "dataset", self.datasets)
        refuse_unknown("backbone", [self.backbone], "encoder", self.backbones)
        for key in ("single_task", "scaffold"):
            if getattr(self.folds, key) > self.folds.count:
                raise ValueError(
                    f"folds.{key} {getattr(self.folds, key)}: there are {self.folds.count} folds"
                )
        return self


def _within(limit: int, own: int | None) -> int:
    return limit if own is None else min(limit, own)
