"""Which models paper 3 trains on which splits. The rules read this: it imports nothing slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triptych.toxicity.names import ATTENTION, MTL, RANDOM, SCAFFOLD, SPARSE, STL

NO_PENALTY, CHOSEN = "none", "chosen"
"""Where a run has no λ, and where it takes the one that validation chose."""

_PENALTIES = {MTL: NO_PENALTY, ATTENTION: "0", SPARSE: CHOSEN}
"""λ of a kind of model outside of the grid."""


@dataclass(frozen=True)
class Split:
    """One way of splitting a dataset: by a method, from a seed."""

    split_method: str
    seed: int


@dataclass(frozen=True)
class Run:
    """One language model on one split of a dataset.

    Attributes
    ----------
    kind, backbone, split_method : str
    seed : int
        Of the split and of the training.
    penalty : str
        λ as it is written, :data:`NO_PENALTY` or :data:`CHOSEN`.
    """

    kind: str
    backbone: str
    split_method: str
    seed: int
    penalty: str


@dataclass(frozen=True)
class Comparison:
    """What is compared on one dataset.

    Attributes
    ----------
    seeds, scaffold_seeds : sequence of int
        Of its random and of its scaffold splits.
    single_task_seeds : sequence of int
        Of the random splits on which there is a model for each task.
    penalties : sequence of float
        The grid of λ.
    """

    seeds: Sequence[int]
    scaffold_seeds: Sequence[int]
    single_task_seeds: Sequence[int]
    penalties: Sequence[float]

    @property
    def splits(self) -> list[Split]:
        """The splits that all models but the single-task ones are trained on."""
        random = [Split(RANDOM, seed) for seed in self.seeds]
        return random + [Split(SCAFFOLD, seed) for seed in self.scaffold_seeds]


@dataclass(frozen=True)
class Design:
    """All language models of the paper.

    Attributes
    ----------
    datasets : mapping of str to Comparison
    backbone : str
        The encoder of the comparison.
    backbones : sequence of str
        The encoders that are compared with it.
    backbone_dataset : str
        On which they are.
    backbone_kinds : sequence of str
        For which kinds of model.
    """

    datasets: Mapping[str, Comparison]
    backbone: str
    backbones: Sequence[str]
    backbone_dataset: str
    backbone_kinds: Sequence[str]

    def grid(self, dataset: str) -> list[Run]:
        """Return the runs that λ is chosen from: one a value, on the first random split."""
        compared = self.datasets[dataset]
        return [
            Run(SPARSE, self.backbone, RANDOM, compared.seeds[0], str(penalty))
            for penalty in compared.penalties
        ]

    def runs(self, dataset: str) -> list[Run]:
        """Return every run of a dataset beside the grid."""
        compared, main = self.datasets[dataset], self.backbone
        runs = [Run(STL, main, RANDOM, seed, NO_PENALTY) for seed in compared.single_task_seeds]
        for split in compared.splits:
            runs += [self._run(kind, main, split) for kind in (MTL, ATTENTION)]
            if split != compared.splits[0]:  # there the grid has it
                runs.append(self._run(SPARSE, main, split))
        if dataset == self.backbone_dataset:
            runs += [
                self._run(kind, backbone, Split(RANDOM, seed))
                for backbone in self.backbones
                if backbone != main
                for seed in compared.seeds
                for kind in self.backbone_kinds
            ]
        return runs

    def _run(self, kind: str, backbone: str, split: Split) -> Run:
        return Run(kind, backbone, split.split_method, split.seed, _PENALTIES[kind])
