"""Cross-validation: molecules dealt to folds, stratified at random over all labels or by scaffold.

Every molecule is in one fold, and tested where that fold is the one tested. Of the other folds a
share validates, taken in the same way, and the rest is trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold, MultilabelStratifiedShuffleSplit
from numpy.typing import NDArray
from rdkit.Chem.Scaffolds import MurckoScaffold

from triptych.toxicity.metrics import scorable
from triptych.toxicity.names import RANDOM, SCAFFOLD, SPLITS
from triptych.toxicity.smiles import read_canonical

Indices = NDArray[np.int64]
Dealer = Callable[[xr.Dataset, int, int], Indices]
"""From molecules, the number of folds and a seed to the fold of each molecule, from 0."""
Taker = Callable[[xr.Dataset, Indices, float, int], Indices]
"""From molecules, the positions of some, a share and a seed to the positions that are taken."""


def deal_folds(molecules: xr.Dataset, split_method: str, count: int, seed: int) -> xr.Dataset:
    """Deal molecules to folds, and count the labels in each.

    Parameters
    ----------
    molecules : xarray.Dataset
        ``smiles`` (molecule) and ``label`` (molecule, task), 0, 1 or NaN.
    split_method : str
        ``random`` or ``scaffold``.
    count : int
        Number of folds, at least 2.
    seed : int
        Of the folds.

    Returns
    -------
    xarray.Dataset
        ``fold`` (molecule), from 0; ``positives`` and ``negatives`` (subset, task), numbers of
        labels, and ``scorable`` (subset, task), whether a fold has both classes; the coordinates
        ``subset``, the folds, and ``task``.

    Raises
    ------
    ValueError
        If ``split_method`` is not known, there are fewer than two folds, or one would be empty.
    """
    if split_method not in METHODS:
        known = ", ".join(METHODS)
        raise ValueError(f"split_method {split_method!r} is not known; there are {known}")
    if count < 2:
        raise ValueError(f"{count} folds; there have to be two or more")
    deal, _ = METHODS[split_method]
    fold = deal(molecules, count, seed)
    folds = np.arange(count)
    empty = np.setdiff1d(folds, fold)
    if len(empty):
        raise ValueError(
            f"{split_method} folds of {len(fold)} molecules: {len(empty)} of {count} are empty"
        )
    attrs = {"split_method": split_method, "dealing_seed": seed}
    members = [fold == number for number in folds]
    return _counted(molecules, members, folds, attrs).assign(fold=("molecule", fold))


def split_fold(
    molecules: xr.Dataset, folds: xr.Dataset, fold: int, validation: float
) -> xr.Dataset:
    """Split molecules into training, validation and test where one fold is tested.

    Parameters
    ----------
    molecules : xarray.Dataset
        As in :func:`deal_folds`.
    folds : xarray.Dataset
        What it returned.
    fold : int
        The one tested.
    validation : float
        Share of the molecules of the other folds that validates, between 0 and 1.

    Returns
    -------
    xarray.Dataset
        ``split`` (molecule), one of train, val, test; ``positives``, ``negatives`` and
        ``scorable`` (subset, task) as in :func:`deal_folds`, of the three parts.

    Raises
    ------
    ValueError
        If there is no such fold, the folds are of another number of molecules, the share is not
        between 0 and 1, or a part would be empty.
    """
    dealt = folds.fold.values
    if len(dealt) != molecules.sizes["molecule"]:
        raise ValueError(f"folds of {len(dealt)}, {molecules.sizes['molecule']} molecules")
    if fold not in dealt:
        raise ValueError(f"there is no fold {fold} among {dealt.max() + 1}")
    if not 0 < validation < 1:
        raise ValueError(f"a share of {validation} cannot validate; it lies between 0 and 1")
    split_method = folds.attrs["split_method"]
    rest = np.flatnonzero(dealt != fold)
    if len(rest) < 2:
        raise ValueError(
            f"{split_method} fold {fold} of {len(dealt)} molecules leaves {len(rest)} to train and "
            "validate on: take a larger table"
        )
    _, take = METHODS[split_method]
    taken = take(molecules, rest, validation, folds.attrs["dealing_seed"] + fold)
    split = np.full(len(dealt), "train", dtype="<U5")
    split[dealt == fold] = "test"
    split[taken] = "val"
    parts = [split == name for name in SPLITS]
    for name, members in zip(SPLITS, parts, strict=True):
        if not members.any():
            raise ValueError(f"{split_method} fold {fold} of {len(dealt)} molecules: no {name}")
    attrs = {"split_method": split_method, "fold": fold, "validation": validation}
    return _counted(molecules, parts, np.array(SPLITS), attrs).assign(split=("molecule", split))


def _random_folds(molecules: xr.Dataset, count: int, seed: int) -> Indices:
    """Deal molecules at random with the same share of every label in every fold.

    Iterative stratification (Sechidis et al., ECML PKDD 2011): labels are dealt out from the rarest
    on. What is dealt out are two properties a task, *positive* and *missing*; with both balanced
    and sizes fixed, the negatives are balanced too.
    """
    properties = _properties(molecules)
    if len(properties) < count:
        raise ValueError(f"random folds of {len(properties)} molecules: {count} would be too many")
    dealer = MultilabelStratifiedKFold(n_splits=count, shuffle=True, random_state=seed)
    fold = np.zeros(len(properties), dtype=np.int64)
    for number, (_, tested) in enumerate(dealer.split(np.zeros(len(properties)), properties)):
        fold[tested] = number
    return fold


def _random_share(molecules: xr.Dataset, members: Indices, share: float, seed: int) -> Indices:
    """Take a share of some molecules, stratified as in :func:`_random_folds`."""
    taker = MultilabelStratifiedShuffleSplit(
        n_splits=1, test_size=share, train_size=1 - share, random_state=seed
    )
    _, taken = next(taker.split(members, _properties(molecules)[members]))
    return members[taken]


def _scaffold_folds(molecules: xr.Dataset, count: int, seed: int) -> Indices:
    """Deal molecules so that no scaffold (Bemis and Murcko 1996) is in two folds.

    Groups of one scaffold are dealt out from the largest on, each to the fold that has the fewest
    molecules so far. Groups of equal size come in the order that the seed draws, and so do folds of
    equal size. Molecules without a ring are one group, as usual in the field; where a group is
    larger than a fold should be, so is its fold.
    """
    groups = _groups(molecules.smiles.values)
    rng = np.random.default_rng(seed)
    group_rank, fold_order = rng.permutation(len(groups)), rng.permutation(count)
    order = sorted(range(len(groups)), key=lambda group: (-len(groups[group]), group_rank[group]))
    fold = np.zeros(molecules.sizes["molecule"], dtype=np.int64)
    sizes = np.zeros(count, dtype=np.int64)
    for number in order:
        emptiest = fold_order[np.argmin(sizes[fold_order])]
        fold[groups[number]] = emptiest
        sizes[emptiest] += len(groups[number])
    return fold


def _scaffold_share(molecules: xr.Dataset, members: Indices, share: float, seed: int) -> Indices:
    """Take whole scaffolds in the order that the seed draws, each that still fits the share."""
    groups = _groups(molecules.smiles.values[members])
    room = round(share * len(members))
    taken: list[int] = []
    for number in np.random.default_rng(seed).permutation(len(groups)):
        if len(taken) + len(groups[number]) <= room:
            taken += groups[number]
    return members[np.array(taken, dtype=np.int64)]


METHODS: dict[str, tuple[Dealer, Taker]] = {
    RANDOM: (_random_folds, _random_share),
    SCAFFOLD: (_scaffold_folds, _scaffold_share),
}
"""By split method what deals molecules to folds, and what takes a share of some of them."""


def scaffolds(smiles: Sequence[str]) -> list[str]:
    """Return the scaffold of each molecule (Bemis and Murcko 1996), chirality left out.

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)

    Returns
    -------
    list of str, shape (molecule,)
        SMILES, empty without a ring.

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    return [
        MurckoScaffold.MurckoScaffoldSmiles(mol=read_canonical(text), includeChirality=False)
        for text in smiles
    ]


def _groups(smiles: Sequence[str]) -> list[list[int]]:
    """Return the positions of the molecules of each scaffold, in the order of the scaffolds."""
    groups: dict[str, list[int]] = {}
    for number, scaffold in enumerate(scaffolds(smiles)):
        groups.setdefault(scaffold, []).append(number)
    return [groups[name] for name in sorted(groups)]


def _properties(molecules: xr.Dataset) -> NDArray[np.int64]:
    label = molecules.label.values
    return np.concatenate([label == 1, np.isnan(label)], axis=1).astype(np.int64)


def _counted(
    molecules: xr.Dataset,
    parts: Sequence[NDArray[np.bool_]],
    names: NDArray,
    attrs: dict[str, object],
) -> xr.Dataset:
    """Return the numbers of labels in each part of the molecules."""
    labels = [molecules.label.values[members] for members in parts]
    values = {
        "positives": np.stack([(label == 1).sum(0) for label in labels]),
        "negatives": np.stack([(label == 0).sum(0) for label in labels]),
        "scorable": np.stack([scorable(label) for label in labels]),
    }
    return xr.Dataset(
        {name: (("subset", "task"), value) for name, value in values.items()},
        {"subset": names, "task": molecules.task.values},
        {"dataset": molecules.attrs["dataset"], **attrs},
    )
