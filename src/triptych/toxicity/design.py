"""Which models paper 3 trains on which folds. The rules read this: it imports nothing slow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from triptych.toxicity.names import ATTENTION, MTL, RANDOM, SCAFFOLD, SPARSE, STL

NO_PENALTY = "none"
"""Where a run has no λ."""
OF_RECORD, REPLICATE = "runs", "replicate"
"""Series of runs: those of record, and sparse ones from a second seed. Others: forms of masks."""


@dataclass(frozen=True)
class Split:
    """Training, validation and test where one fold is tested."""

    split_method: str
    fold: int


FIRST_SPLIT = Split(RANDOM, 0)
"""Where masks are shown, and their forms compared."""


@dataclass(frozen=True)
class Training:
    """One language model, trained where one fold of a dataset is tested.

    Attributes
    ----------
    kind, backbone, split_method : str
    fold : int
        The one that is tested.
    penalty : str
        λ as it is written, or :data:`NO_PENALTY`.
    series : str, optional
        :data:`OF_RECORD`, :data:`REPLICATE`, or the form of its masks where that is another one.
    """

    kind: str
    backbone: str
    split_method: str
    fold: int
    penalty: str
    series: str = OF_RECORD


@dataclass(frozen=True)
class Comparison:
    """What is compared on one dataset.

    Attributes
    ----------
    random, scaffold, single_task, backbones : int
        Folds that are run: at random, by scaffold, of the random ones those with a model for each
        task, and those on which encoders are compared.
    penalties : sequence of float
        Further λ of the sparse model on the first fold.
    replicate : bool
        Whether the sparse model of the first fold is trained from a second seed as well.
    """

    random: int
    scaffold: int
    single_task: int
    backbones: int
    penalties: Sequence[float]
    replicate: bool

    @property
    def splits(self) -> list[Split]:
        """The splits that all models but the single-task ones are trained on, random ones first."""
        return _splits(RANDOM, self.random) + _splits(SCAFFOLD, self.scaffold)


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
    backbone_kinds : sequence of str
        For which kinds of model.
    penalty : float
        λ of the sparse models, fixed in advance.
    masks : mapping of str to float
        Forms of masks beside the one of record, and λ of each.
    """

    datasets: Mapping[str, Comparison]
    backbone: str
    backbones: Sequence[str]
    backbone_kinds: Sequence[str]
    penalty: float
    masks: Mapping[str, float]

    def runs(self, dataset: str) -> list[Training]:
        """Return the runs of record: every kind of model, the sweep of λ, the other encoders."""
        comparison = self.datasets[dataset]
        runs = [self._run(STL, split) for split in _splits(RANDOM, comparison.single_task)]
        for split in comparison.splits:
            runs += [self._run(kind, split) for kind in (MTL, ATTENTION, SPARSE)]
        runs += [
            replace(self.sparse, penalty=str(penalty))
            for penalty in comparison.penalties
            if penalty != self.penalty
        ]
        runs += [
            replace(self._run(kind, split), backbone=backbone)
            for backbone in self.backbones
            if backbone != self.backbone
            for split in _splits(RANDOM, comparison.backbones)
            for kind in self.backbone_kinds
        ]
        return runs

    @property
    def sparse(self) -> Training:
        """The sparse run that tests the first random fold: its masks are shown."""
        return self._run(SPARSE, FIRST_SPLIT)

    @property
    def replicate(self) -> Training:
        """The sparse run of the first fold from a second seed."""
        return replace(self.sparse, series=REPLICATE)

    def replicated(self, datasets: Sequence[str]) -> list[str]:
        """Return those of the datasets on which there is a run from a second seed."""
        return [name for name in datasets if self.datasets[name].replicate]

    @property
    def forms(self) -> list[Training]:
        """What forms of masks are compared by: on the first fold, that of record and the others."""
        of_record = [self._run(kind, FIRST_SPLIT) for kind in (MTL, ATTENTION, SPARSE)]
        return of_record + [
            replace(self.sparse, penalty=str(penalty), series=mask)
            for mask, penalty in self.masks.items()
        ]

    def _run(self, kind: str, split: Split) -> Training:
        penalties = {ATTENTION: "0", SPARSE: str(self.penalty)}
        penalty = penalties.get(kind, NO_PENALTY)
        return Training(kind, self.backbone, split.split_method, split.fold, penalty)


def training_seed(seed: int, fold: int, folds: int, series: str) -> int:
    """Return the seed of a training: that of the configuration plus the fold.

    A second training of a fold has the number of folds added.

    Parameters
    ----------
    seed : int
        Of the configuration.
    fold, folds : int
        The fold that is tested, and how many there are.
    series : str
        As in :class:`Training`; forms of masks are compared from equal seeds.
    """
    return seed + fold + (folds if series == REPLICATE else 0)


def mask_settings(series: str, penalty: str, of_record: str) -> dict[str, str | float | None]:
    """Return form and λ of a run's masks.

    Both are None of a run without masks, so that it is not trained again where a form changes.

    Parameters
    ----------
    series, penalty : str
        As in :class:`Training`.
    of_record : str
        The form of the runs of record.
    """
    if penalty == NO_PENALTY:
        return {"mask": None, "penalty": None}
    form = of_record if series in (OF_RECORD, REPLICATE) else series
    return {"mask": form, "penalty": float(penalty)}


def _splits(split_method: str, folds: int) -> list[Split]:
    return [Split(split_method, fold) for fold in range(folds)]
