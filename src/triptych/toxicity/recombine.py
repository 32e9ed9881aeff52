"""New molecules from a list of known ones: BRICS fragments, put together at random from a seed.

Degen et al., ChemMedChem 3, 1503 (2008): bonds that chemists make are cut, both ends marked with
the kind of environment they came from, and ends of fitting kinds may be joined again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rdkit import Chem, rdBase
from rdkit.Chem import BRICS, rdChemReactions

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.toxicity.smiles import canonical_form, heavy_atoms, read_canonical, tokens

LARGE = 20
"""Heavy atoms from which on a molecule is only closed, not grown further."""
MOST_JOINS = 8
"""Joins after which a molecule is given up, closed by the last one or not."""
DRAWS_PER_MOLECULE = 50
"""Attempts for each molecule wanted, in the mean, before there are said to be too few."""
END = Chem.MolFromSmarts("[#0]")
"""An open end, which BRICS marks with a dummy atom."""


@dataclass(frozen=True)
class Sizes:
    """What a molecule may measure: heavy atoms from and to, and SMILES tokens."""

    least_atoms: int
    most_atoms: int
    most_tokens: int


@dataclass(frozen=True)
class Fragment:
    """A fragment with open ends.

    Attributes
    ----------
    molecule : Chem.Mol
        With a dummy atom at every open end.
    ends : tuple of int
        Kind of each end, the isotope of its dummy atom.
    """

    molecule: Chem.Mol
    ends: tuple[int, ...]


@dataclass(frozen=True)
class Option:
    """A fragment that can be joined to an end, and how.

    Attributes
    ----------
    reaction : rdChemReactions.ChemicalReaction
        Joins two ends.
    fragment : Fragment
    end_first : bool
        Whether the reaction takes the end first, and the fragment second.
    """

    reaction: rdChemReactions.ChemicalReaction
    fragment: Fragment
    end_first: bool


def recombine(
    blocks: Sequence[str], count: int, sizes: Sizes, seed: int, monitor: Monitor | None = None
) -> list[str]:
    """Return distinct molecules: the blocks that fit, then combinations of their fragments.

    Every draw starts from a fragment and joins fragments to its open ends until none is left, with
    ones of a single end from 20 heavy atoms on. All lists are sorted before anything is drawn from
    them, so that the seed alone says what comes out.

    Parameters
    ----------
    blocks : sequence of str
        SMILES.
    count : int
        Molecules to return.
    sizes : Sizes
    seed : int
        Of all draws.
    monitor : Monitor, optional
        Gets a report of every new molecule.

    Returns
    -------
    list of str, shape (count,)
        Canonical SMILES.

    Raises
    ------
    ValueError
        If a block cannot be read, or the fragments do not give as many molecules.
    """
    monitor = monitor or NullMonitor()
    generator = np.random.default_rng(seed)
    parsed = [read_canonical(block) for block in blocks]
    distinct = dict.fromkeys(
        canonical_form(molecule) for molecule in parsed if _fits(molecule, sizes)
    )
    pieces = fragments(parsed)
    options = _options(pieces)
    closing = _options([piece for piece in pieces if len(piece.ends) == 1])
    for _ in range(DRAWS_PER_MOLECULE * count if pieces else 0):
        if len(distinct) >= count:
            break
        molecule = _grow(pieces, options, closing, generator)
        if molecule is not None and _fits(molecule, sizes):
            distinct.setdefault(canonical_form(molecule))
            monitor.report(len(distinct), count)
    if len(distinct) < count:
        raise ValueError(
            f"{len(blocks)} building blocks gave {len(distinct)} distinct molecules, not {count}"
        )
    return list(distinct)[:count]


def fragments(molecules: Sequence[Chem.Mol]) -> list[Fragment]:
    """Return the distinct BRICS fragments with an open end, in the order of their SMILES.

    Parameters
    ----------
    molecules : sequence of Chem.Mol
        To be cut.

    Returns
    -------
    list of Fragment
    """
    texts: set[str] = set()
    for molecule in molecules:
        texts |= set(BRICS.BRICSDecompose(molecule))
    pieces = [Chem.MolFromSmiles(text) for text in sorted(texts)]
    return [Fragment(piece, ends) for piece in pieces if (ends := _ends(piece))]


def _ends(molecule: Chem.Mol) -> tuple[int, ...]:
    matches = molecule.GetSubstructMatches(END)
    return tuple(molecule.GetAtomWithIdx(index).GetIsotope() for (index,) in matches)


def _fits(molecule: Chem.Mol, sizes: Sizes) -> bool:
    return (
        sizes.least_atoms <= len(heavy_atoms(molecule)) <= sizes.most_atoms
        and len(tokens(Chem.MolToSmiles(molecule))) <= sizes.most_tokens
    )


def _options(pieces: Sequence[Fragment]) -> dict[int, list[Option]]:
    """Return, for each kind of end, all that can be joined to it.

    A reaction undoes a BRICS cut: it joins an end of one kind to one of another.
    """
    options: dict[int, list[Option]] = {}
    for reaction in BRICS.reverseReactions:
        first, second = (end.GetAtomWithIdx(0).GetIsotope() for end in reaction._matchers)
        for end, partner, end_first in ((first, second, True), (second, first, False)):
            options.setdefault(end, []).extend(
                Option(reaction, piece, end_first) for piece in pieces if partner in piece.ends
            )
    return options


def _grow(
    pieces: Sequence[Fragment],
    options: dict[int, list[Option]],
    closing: dict[int, list[Option]],
    generator: np.random.Generator,
) -> Chem.Mol | None:
    """Join fragments until no end is open; None if that does not come about."""
    molecule = pieces[int(generator.integers(len(pieces)))].molecule
    for _ in range(MOST_JOINS):
        ends = sorted(set(_ends(molecule)))
        if not ends:
            return molecule
        end = ends[generator.integers(len(ends))]
        allowed = (closing if molecule.GetNumHeavyAtoms() >= LARGE else options).get(end, [])
        if not allowed:
            return None
        joined = _join(molecule, allowed[generator.integers(len(allowed))], generator)
        if joined is None:
            return None
        molecule = joined
    return None


def _join(molecule: Chem.Mol, option: Option, generator: np.random.Generator) -> Chem.Mol | None:
    """Join a fragment, at places drawn at random where several fit."""
    pair = (molecule, option.fragment.molecule)
    products = option.reaction.RunReactants(pair if option.end_first else pair[::-1])
    if not products:
        return None
    (product,) = products[generator.integers(len(products))]
    with rdBase.BlockLogs():
        failed = Chem.SanitizeMol(product, catchErrors=True)
    return None if failed else product
