"""Which functional groups and rings a task's mask falls on more than their size explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rdkit import Chem

from triptych.toxicity.bootstrap import interval, resample_counts
from triptych.toxicity.smiles import heavy_atoms, read_canonical
from triptych.toxicity.sparsity import shares

FRAGMENTS = {
    "carboxylic acid": "[CX3](=O)[OX2H1,OX1-]",
    "ester": "[CX3](=O)[OX2H0][#6]",
    "amide": "[CX3](=O)[NX3]",
    "ketone": "[#6][CX3](=O)[#6]",
    "aldehyde": "[CX3H1](=O)[#6]",
    "phenol": "[OX2H]c",
    "alcohol": "[OX2H][CX4]",
    "ether": "[OX2H0]([#6;!$(C=O)])[#6;!$(C=O)]",
    "quinone": "O=C1[#6]=,:[#6]C(=O)[#6]=,:[#6]1",
    "primary amine": "[NX3H2;!$(NC=O);!$(NS=O)][CX4]",
    "aromatic amine": "[NX3;!$(NC=O);!$(NS=O);!$(N~[O,N])]c",
    "tertiary amine": "[NX3H0;!$(NC=[O,S,N]);!$(NS=O)]([CX4])([CX4])[CX4]",
    "ammonium": "[NX4+]",
    "nitro": "[N+;$([N+][#6,#7])](=O)[O-]",
    "azo": "[#6]N=N[#6]",
    "nitrile": "[NX1]#[CX2]",
    "imine": "[CX3;!$(C[N,O,S])]=[NX2]",
    "sulfonamide": "[SX4](=O)(=O)[NX3]",
    "sulfone": "[#6][SX4](=O)(=O)[#6]",
    "thioether": "[#6][SX2][#6]",
    "thiol": "[SX2H]",
    "thiocarbonyl": "[#6]=[SX1]",
    "phosphate or phosphonate": "P(=O)([OX2,OX1-])[OX2,OX1-]",
    "fluoro": "[#6]F",
    "chloro": "[#6]Cl",
    "bromo or iodo": "[#6][Br,I]",
    "alkene": "[CX3]=[CX3]",
    "alkyne": "[CX2]#[CX2]",
    "epoxide": "C1OC1",
    "long alkyl chain": "[CH2;R0][CH2;R0][CH2;R0][CH2;R0]",
    "benzene": "c1ccccc1",
    "fused six-rings": "a1aaa2aaaaa2a1",
    "pyridine": "n1ccccc1",
    "azole or pyrrole": "[n;r5]1[a;r5][a;r5][a;r5][a;r5]1",
    "furan or thiophene": "[o,s;r5]1cccc1",
    "piperazine": "N1CCNCC1",
    "steroid": "[#6]1~[#6]~[#6]~[#6]2~[#6](~[#6]~1)~[#6]~[#6]~[#6]1~[#6]~2~[#6]~[#6]~[#6]2~[#6]~1"
    "~[#6]~[#6]~[#6]~2",
    # Arsenic, germanium, antimony and tellurium count as metals.
    "metal": "[!#0;!#1;!#2;!#5;!#6;!#7;!#8;!#9;!#10;!#14;!#15;!#16;!#17;!#18;!#34;!#35;!#36;!#53;"
    "!#54]",
}
"""Names and SMARTS patterns of common functional groups and rings."""
FLOOR = 2.0**-10
"""Least ratio of mass: a fragment without any has a logarithm, too."""


@dataclass(frozen=True)
class Enrichment:
    """Fragments under masks.

    Attributes
    ----------
    fragment : list of str, shape (fragment,)
        Names of the fragments that are frequent enough.
    molecules : int64 ndarray of shape (fragment,)
        In how many molecules each occurs.
    log2_ratio : ndarray of shape (fragment, task)
        log₂ of mean mask mass on the fragment's atoms over their mean share of the atoms, both over
        the molecules that have it: 0 is what a uniform mask gives.
    low, high : ndarray of shape (fragment, task)
        95 % bootstrap interval over those molecules.
    """

    fragment: list[str]
    molecules: NDArray[np.int64]
    log2_ratio: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def matched_atoms(smiles: Sequence[str], atoms: int) -> NDArray[np.bool_]:
    """Return which heavy atoms each of :data:`FRAGMENTS` covers, by any of its matches.

    Parameters
    ----------
    smiles : sequence of str, shape (molecule,)
    atoms : int
        Length of the atom axis.

    Returns
    -------
    bool ndarray of shape (molecule, fragment, atom)
        Atoms in written order.

    Raises
    ------
    ValueError
        If a SMILES cannot be read, or a molecule has more than ``atoms`` heavy atoms.
    """
    patterns = [Chem.MolFromSmarts(smarts) for smarts in FRAGMENTS.values()]
    covered = np.zeros((len(smiles), len(patterns), atoms), dtype=bool)
    for row, text in enumerate(smiles):
        molecule = read_canonical(text)
        heavy = heavy_atoms(molecule)
        if len(heavy) > atoms:
            raise ValueError(f"{text!r} has {len(heavy)} heavy atoms, more than {atoms}")
        for fragment, pattern in enumerate(patterns):
            matched = list(chain.from_iterable(molecule.GetSubstructMatches(pattern)))
            covered[row, fragment, : len(heavy)] = np.isin(heavy, matched)
    return covered


def enrichment(
    mask: ArrayLike,
    smiles: Sequence[str],
    minimum: int,
    resamples: int,
    seed: int,
) -> Enrichment:
    """Measure which fragments the tasks' masks fall on.

    Parameters
    ----------
    mask : array_like of shape (molecule, task, atom)
        Non-negative, NaN beyond the molecule.
    smiles : sequence of str, shape (molecule,)
        Of the same molecules.
    minimum : int
        Fragments in fewer molecules are left out.
    resamples, seed : int
        Of the bootstrap over molecules.

    Returns
    -------
    Enrichment
        Of the fragments that are in ``minimum`` molecules or more, and at least in one.

    Raises
    ------
    ValueError
        If a mask is negative or infinite somewhere, a SMILES cannot be read, or a molecule has more
        heavy atoms than the masks.
    """
    weights = np.asarray(mask, dtype=np.float64)
    inside = np.asarray(~np.isnan(weights).all(axis=1))
    atoms = np.maximum(inside.sum(axis=-1), 1)
    share = np.nan_to_num(shares(weights))
    covered = matched_atoms(smiles, weights.shape[-1]) & inside[:, None, :]
    present = np.asarray(covered.any(axis=-1))
    kept = np.flatnonzero(present.sum(axis=0) >= max(minimum, 1))
    shape = (len(kept), weights.shape[1])
    ratio, low, high = (np.full(shape, np.nan) for _ in range(3))
    for row, fragment in enumerate(kept):
        members = np.flatnonzero(present[:, fragment])
        on_fragment = covered[members, fragment]
        mass = np.einsum("mta,ma->mt", share[members], on_fragment.astype(float))
        expected = on_fragment.sum(axis=-1) / atoms[members]
        ratio[row] = _log2_ratio(mass.mean(axis=0), expected.mean())
        counts = resample_counts(len(members), resamples, [seed, int(fragment)])
        samples = _log2_ratio(counts @ mass, (counts @ expected)[:, None])
        for task in range(shape[1]):
            low[row, task], high[row, task] = interval(samples[:, task])
    names = [list(FRAGMENTS)[fragment] for fragment in kept]
    return Enrichment(names, present.sum(axis=0)[kept], ratio, low, high)


def _log2_ratio(mass: NDArray, expected: ArrayLike) -> NDArray[np.float64]:
    """Return log₂(mass / expected), at least that of :data:`FLOOR`."""
    return np.asarray(np.log2(np.maximum(np.asarray(mass) / expected, FLOOR)))
