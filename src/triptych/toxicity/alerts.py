"""A dataset with known answers: molecules labelled by structural alerts, and the alerts' atoms.

The alerts are those of Brenk et al., ChemMedChem 3, 435 (2008), as RDKit's filter catalog holds
them. A task is one alert; a molecule is positive if the alert matches, and the matched atoms are
what a mask for the task should find.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import FilterCatalog

from triptych.runtime.monitor import Monitor
from triptych.toxicity.building_blocks import BUILDING_BLOCKS
from triptych.toxicity.curate import curate
from triptych.toxicity.recombine import Sizes, recombine
from triptych.toxicity.smiles import heavy_atoms, read_canonical
from triptych.toxicity.tables import Table

LEAST_ATOMS, MOST_ATOMS = 8, 45
"""Heavy atoms of a molecule that is made."""
LEAST_SHARE, MOST_SHARE = 0.02, 0.4
"""Of the molecules, those that carry an alert which may become a task."""

Atoms = dict[str, set[int]]
"""Matched atoms by the name of the alert."""


def alert_dataset(
    molecules: int,
    tasks: int,
    seed: int,
    dataset: str,
    max_tokens: int,
    monitor: Monitor | None = None,
) -> xr.Dataset:
    """Make molecules from the project's building blocks and label them with their alerts.

    Parameters
    ----------
    molecules, tasks : int
        How many molecules, and how many alerts.
    seed : int
        Of the recombination.
    dataset : str
        Name, for the attributes and for errors.
    max_tokens : int
        Longest SMILES, in tokens without the special ones.
    monitor : Monitor, optional
        Gets a report of every molecule that is made.

    Returns
    -------
    xarray.Dataset
        As :func:`triptych.toxicity.curate.curate` returns it, with ``alert`` (molecule, task,
        atom): whether a match of the task's alert holds the heavy atom, in written order.

    Raises
    ------
    ValueError
        If there are not as many molecules, or not as many alerts that are frequent enough.
    RuntimeError
        If a canonical SMILES changes when it is written again.
    """
    sizes = Sizes(LEAST_ATOMS, MOST_ATOMS, max_tokens)
    blocks = list(BUILDING_BLOCKS.values())
    smiles = recombine(blocks, molecules, sizes, seed, monitor)
    matched = alert_atoms([read_canonical(text) for text in smiles])
    chosen = frequent(matched, tasks)
    labels = np.array([[task in atoms for task in chosen] for atoms in matched], dtype=np.float32)
    store = curate(Table(tuple(smiles), labels, chosen), dataset, max_tokens)
    if (store.smiles.values != np.array(smiles)[store.row_of.values]).any():
        raise RuntimeError("a canonical SMILES changed when written again")
    kept = [matched[row] for row in store.row_of.values]
    store["alert"] = (("molecule", "task", "atom"), _in_written_order(store, kept))
    store.alert.attrs["long_name"] = "heavy atom is matched by the task's alert"
    return store


def alert_atoms(molecules: Sequence[Chem.Mol]) -> list[Atoms]:
    """Return, for each molecule, the atoms of all matches of every BRENK alert it carries.

    RDKit's catalog gives the first match of an alert only. Its pattern is therefore taken from that
    match, and all its matches are searched. Entries of one name are one alert.

    Parameters
    ----------
    molecules : sequence of Chem.Mol, shape (molecule,)
        As RDKit reads them.

    Returns
    -------
    list of dict of str to set of int, shape (molecule,)
        Indices of the matched atoms by the name of the alert.
    """
    parameters = FilterCatalog.FilterCatalogParams()
    parameters.AddCatalog(FilterCatalog.FilterCatalogParams.FilterCatalogs.BRENK)
    catalog = FilterCatalog.FilterCatalog(parameters)
    result: list[Atoms] = []
    for molecule in molecules:
        atoms: Atoms = {}
        for entry in catalog.GetMatches(molecule):
            alert_matches = atoms.setdefault(entry.GetDescription(), set())
            for match in entry.GetFilterMatches(molecule):
                pattern = match.filterMatch.GetPattern()
                alert_matches.update(*molecule.GetSubstructMatches(pattern))
        result.append(atoms)
    return result


def frequent(matched: Sequence[Mapping[str, object]], count: int) -> tuple[str, ...]:
    """Return the most frequent alerts that at least 2 % and at most 40 % of the molecules carry.

    Parameters
    ----------
    matched : sequence of mapping of str to object, shape (molecule,)
        The alerts of each molecule by name.
    count : int
        How many alerts.

    Returns
    -------
    tuple of str, shape (count,)
        Names of alerts, the most frequent first, ties by name.

    Raises
    ------
    ValueError
        If fewer than ``count`` alerts are within these bounds.
    """
    carriers = Counter(name for atoms in matched for name in atoms)
    eligible = [
        name
        for name, number in carriers.items()
        if LEAST_SHARE <= number / len(matched) <= MOST_SHARE
    ]
    if len(eligible) < count:
        raise ValueError(
            f"{count} alerts are asked for, but only {len(eligible)} are carried by "
            f"{LEAST_SHARE:g} to {MOST_SHARE:g} of the {len(matched)} molecules"
        )
    return tuple(sorted(eligible, key=lambda name: (-carriers[name], name))[:count])


def _in_written_order(molecules: xr.Dataset, matched: Sequence[Atoms]) -> NDArray[np.bool_]:
    """Return which heavy atoms are matched, (molecule, task, atom); False beyond the molecule.

    Matched atoms are given as RDKit numbers them in the canonical SMILES.
    """
    tasks = [str(task) for task in molecules.task.values]
    shape = (len(matched), len(tasks), int(molecules.heavy_atoms.max()))
    alert = np.zeros(shape, dtype=bool)
    for row, (smiles, atoms) in enumerate(zip(molecules.smiles.values, matched, strict=True)):
        order = heavy_atoms(read_canonical(str(smiles)))
        for place, task in enumerate(tasks):
            alert[row, place, : len(order)] = np.isin(order, sorted(atoms.get(task, ())))
    return alert
