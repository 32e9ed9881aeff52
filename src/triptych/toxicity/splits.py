"""Training, validation and test: stratified at random over all labels, or by scaffold."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit
from numpy.typing import NDArray
from rdkit.Chem.Scaffolds import MurckoScaffold

from triptych.toxicity.names import RANDOM, SCAFFOLD, SPLITS
from triptych.toxicity.smiles import read_canonical

Indices = NDArray[np.int64]
Splitter = Callable[[xr.Dataset, Sequence[float], int], list[Indices]]
SPLITTERS: dict[str, Splitter] = {}


def splitter(name: str) -> Callable[[Splitter], Splitter]:
    """Register a function from molecules, fractions and a seed to the indices of each split.

    Parameters
    ----------
    name
        Of the split method.
    """

    def register(function: Splitter) -> Splitter:
        SPLITTERS[name] = function
        return function

    return register


def split_dataset(
    molecules: xr.Dataset, split_method: str, seed: int, fractions: Sequence[float]
) -> xr.Dataset:
    """Split molecules in three, and check and describe the splits.

    Parameters
    ----------
    molecules
        ``smiles`` (molecule) and ``label`` (molecule, task), 0, 1 or NaN.
    split_method
        ``random`` or ``scaffold``.
    seed
        Of the split.
    fractions
        Shares of training, validation and test, (3,); they sum to 1.

    Returns
    -------
    xarray.Dataset
        ``split`` (molecule), one of train, val, test; ``positives`` and ``negatives`` (subset,
        task), numbers of labels; ``scorable`` (task), whether every split has both classes; the
        coordinates ``subset`` and ``task``.

    Raises
    ------
    ValueError
        If ``split_method`` is not known, the fractions are not three positive numbers with sum 1,
        there are too few molecules, or a split is empty, or less than half or more than one and a
        half times as large as it should be (when scaffolds are too large, say).
    """
    if split_method not in SPLITTERS:
        raise ValueError(
            f"split_method {split_method!r} is not known; there are {', '.join(sorted(SPLITTERS))}"
        )
    count = molecules.sizes["molecule"]
    _check_request(count, fractions)
    splits = SPLITTERS[split_method](molecules, fractions, seed)
    split = name_splits(splits, count)
    _check_sizes(splits, fractions, split_method)
    label = molecules.label.values
    positives = np.stack([(label[members] == 1).sum(0) for members in splits])
    negatives = np.stack([(label[members] == 0).sum(0) for members in splits])
    return xr.Dataset(
        {
            "split": ("molecule", split),
            "positives": (("subset", "task"), positives),
            "negatives": (("subset", "task"), negatives),
            "scorable": ("task", (positives > 0).all(0) & (negatives > 0).all(0)),
        },
        {"subset": np.array(SPLITS), "task": molecules.task.values},
        {
            "dataset": molecules.attrs["dataset"],
            "split_method": split_method,
            "split_seed": seed,
            "fractions": [float(fraction) for fraction in fractions],
        },
    )


def name_splits(splits: Sequence[Indices], count: int) -> NDArray[np.str_]:
    """Return the split of each molecule by name.

    Parameters
    ----------
    splits
        Positions of the molecules of training, validation and test, (3,) of (member,).
    count
        Number of molecules.

    Returns
    -------
    NDArray
        Of :data:`triptych.toxicity.names.SPLITS`, (molecule,).

    Raises
    ------
    ValueError
        If a molecule is in no split or in several.
    """
    taken = np.zeros(count, dtype=np.int64)
    named = np.full(count, "", dtype="<U5")
    for name, members in zip(SPLITS, splits, strict=True):
        np.add.at(taken, members, 1)
        named[members] = name
    wrong = np.flatnonzero(taken != 1)
    if len(wrong):
        raise ValueError(f"molecule {wrong[0]} is in {taken[wrong[0]]} splits, not in one")
    return named


@splitter(RANDOM)
def random_split(molecules: xr.Dataset, fractions: Sequence[float], seed: int) -> list[Indices]:
    """Split at random with the same share of every label in every split.

    Iterative stratification (Sechidis et al., ECML PKDD 2011): labels are dealt out from the rarest
    on. What is dealt out are two properties a task, *positive* and *missing*; with both balanced
    and sizes fixed, the negatives are balanced too. Test is taken first, validation from the rest.

    Parameters
    ----------
    molecules
        ``label`` (molecule, task), 0, 1 or NaN.
    fractions
        Shares of training, validation and test, (3,).
    seed
        Of the stratification.

    Returns
    -------
    list of NDArray
        Positions of the molecules of training, validation and test, rising, (member,) each.
    """
    label = molecules.label.values
    properties = np.concatenate([label == 1, np.isnan(label)], axis=1).astype(np.int64)
    everyone = np.arange(len(label))
    rest, test = _stratified(properties, everyone, fractions[2], seed)
    training, validation = _stratified(properties, rest, fractions[1] / (1 - fractions[2]), seed)
    return [training, validation, test]


@splitter(SCAFFOLD)
def scaffold_split(molecules: xr.Dataset, fractions: Sequence[float], seed: int) -> list[Indices]:
    """Split so that no scaffold (Bemis and Murcko 1996) is in two splits.

    Groups of one scaffold are dealt out from the largest on: to training while it has room, then
    to validation, then to test, so that a model is tested on rare scaffolds. Groups of equal size
    come in the order that the seed draws; most groups are single molecules, so seeds differ.
    Molecules without a ring are one group, as usual in the field; chirality is left out of the
    scaffold.

    Parameters
    ----------
    molecules
        ``smiles`` (molecule).
    fractions
        Shares of training, validation and test, (3,).
    seed
        Of the order of groups of equal size.

    Returns
    -------
    list of NDArray
        Positions of the molecules of training, validation and test, rising, (member,) each.

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    groups: dict[str, list[int]] = {}
    for number, scaffold in enumerate(scaffolds(molecules.smiles.values)):
        groups.setdefault(scaffold, []).append(number)
    names = sorted(groups)
    drawn = np.random.default_rng(seed).permutation(len(names))
    order = sorted(range(len(names)), key=lambda n: (-len(groups[names[n]]), drawn[n]))
    count = molecules.sizes["molecule"]
    room = [round(fraction * count) for fraction in fractions[:2]]
    splits: list[list[int]] = [[], [], []]
    for number in order:
        members = groups[names[number]]
        fits = [len(splits[k]) + len(members) <= room[k] for k in range(2)]
        splits[fits.index(True) if any(fits) else 2] += members
    return [np.sort(np.array(members, dtype=np.int64)) for members in splits]


def scaffolds(smiles: Sequence[str]) -> list[str]:
    """Return the scaffold of each molecule (Bemis and Murcko 1996), chirality left out.

    Parameters
    ----------
    smiles
        (molecule,).

    Returns
    -------
    list of str
        SMILES, empty without a ring, (molecule,).

    Raises
    ------
    ValueError
        If a SMILES cannot be read.
    """
    return [
        MurckoScaffold.MurckoScaffoldSmiles(mol=read_canonical(text), includeChirality=False)
        for text in smiles
    ]


def _stratified(
    properties: NDArray[np.int64], members: Indices, share: float, seed: int
) -> tuple[Indices, Indices]:
    """Take a share of the members off, balanced in all properties; return the rest and it."""
    rest, taken = next(
        MultilabelStratifiedShuffleSplit(
            n_splits=1, test_size=share, train_size=1 - share, random_state=seed
        ).split(members, properties[members])
    )
    return np.sort(members[rest]), np.sort(members[taken])


def _check_request(count: int, fractions: Sequence[float]) -> None:
    values = np.asarray(fractions, dtype=np.float64)
    if values.shape != (3,) or not np.isfinite(values).all() or (values <= 0).any():
        raise ValueError(f"fractions are {list(fractions)}; three positive numbers are needed")
    if abs(values.sum() - 1) > 1e-6:
        raise ValueError(f"fractions {list(fractions)} sum to {values.sum():g}, not to 1")
    if count * values.min() < 1:
        raise ValueError(
            f"{count} molecules are too few: the smallest split, a share of {values.min():g}, "
            "would be empty"
        )


def _check_sizes(splits: Sequence[Indices], fractions: Sequence[float], split_method: str) -> None:
    count = sum(map(len, splits))
    for name, members, fraction in zip(SPLITS, splits, fractions, strict=True):
        share = len(members) / count
        if abs(share - fraction) > 0.5 * fraction:
            raise ValueError(
                f"{split_method} split of {count} molecules: {name} has {len(members)}, "
                f"a share of {share:.3f} where {fraction:g} was asked"
            )
