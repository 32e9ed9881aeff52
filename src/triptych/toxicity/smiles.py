"""SMILES as text and as molecules: tokens, offsets of atoms, canonical form, heavy atoms.

Atoms of a molecule are counted everywhere in the order in which they are written in its canonical
SMILES, from left to right. Hydrogens that are written out (``[H]``, ``[2H]``) are left out of the
count; the dummy atom ``*`` is in it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase

TOKEN = re.compile(
    r"\[[^\]]+\]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|/|:|~|@|\?|>>?|\*|\$"
    r"|%[0-9]{2}|[0-9]"
)
"""Schwaller et al., ACS Cent. Sci. 5, 1572 (2019), supporting information."""
ATOM = re.compile(
    r"\[[0-9]*(?P<bracket>[A-Za-z][a-z]?|\*)[^\]]*\]|(?P<organic>Br?|Cl?|[NOSPFIbcnops*])"
)
"""A token that is an atom; its element's symbol is a group, within a bracket or without one."""
HEAVY_ATOM = Chem.MolFromSmarts("[!#1]")
HYDROGEN = re.compile(r"\[[0-9]*H(?![a-z])[^\]]*\]")


def tokens(text: str) -> list[str]:
    """Split a text into SMILES tokens; a run that the expression does not match is one token too.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    list of str
        Joined they are the text.
    """
    pieces: list[str] = []
    end = 0
    for match in TOKEN.finditer(text):
        if match.start() > end:
            pieces.append(text[end : match.start()])
        pieces.append(match.group())
        end = match.end()
    return pieces + ([text[end:]] if end < len(text) else [])


def atom_offsets(smiles: str) -> list[int]:
    """Return, for every heavy atom as written, the offset of its element symbol in the text.

    The symbol and not the bracket before it: a tokenizer that cuts ``[C@@H]`` in pieces then gives
    the atom to the piece that names the element.

    Parameters
    ----------
    smiles : str
        A SMILES that RDKit has written.

    Returns
    -------
    list of int, shape (atom,)
        Characters from the text's start, from 0 on.
    """
    offsets = []
    for match in TOKEN.finditer(smiles):
        atom = ATOM.fullmatch(match.group())
        if atom is not None and not HYDROGEN.fullmatch(match.group()):
            symbol = "bracket" if atom["bracket"] else "organic"
            offsets.append(match.start() + atom.start(symbol))
    return offsets


def parse(smiles: str) -> tuple[Chem.Mol | None, str]:
    """Parse a SMILES, quietly. A text with anything beside one SMILES is none.

    Parameters
    ----------
    smiles : str
        Any text.

    Returns
    -------
    molecule : Chem.Mol or None
    reason : str
        Why there is none; empty beside a molecule.
    """
    if len(smiles.split()) > 1:  # RDKit takes the second, a molecule perhaps, for a name
        return None, "more than one word: a SMILES has no blanks"
    if not smiles.isascii():
        return None, "not a SMILES: a character that is not ASCII"
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(smiles)
        if molecule is not None:
            return molecule, ""
        raw = Chem.MolFromSmiles(smiles, sanitize=False)
        if raw is None:
            return None, "not a SMILES: wrong syntax, or a ring or bracket left open"
        problems = Chem.DetectChemistryProblems(raw)
    return None, problems[0].Message() if problems else "rejected by RDKit"


def canonical_form(molecule: Chem.Mol) -> str:
    """Return the canonical SMILES that RDKit writes, of the molecule as it is read back.

    Numbers that map atoms, as in ``[CH3:1]``, are left out: they say nothing of the molecule.
    Writing, reading and writing once more is needed for a few molecules whose stereo marks only
    then settle.

    Raises
    ------
    ValueError
        If RDKit cannot read what it writes, as of some molecules with boron or dative bonds.
    """
    plain = Chem.Mol(molecule)
    for atom in plain.GetAtoms():
        atom.SetAtomMapNum(0)
    with rdBase.BlockLogs():
        written = Chem.MolToSmiles(plain)
        again = Chem.MolFromSmiles(written)
        if again is None:
            raise ValueError(f"RDKit cannot read the SMILES that it writes of it, {written}")
        return Chem.MolToSmiles(again)


def read_canonical(smiles: str) -> Chem.Mol:
    """Read a canonical SMILES of the ``molecules`` store; its atoms come in the order as written.

    Raises
    ------
    ValueError
        If RDKit cannot read it.
    """
    molecule, reason = parse(smiles)
    if molecule is None:
        raise ValueError(f"SMILES {smiles!r}: {reason}")
    return molecule


def heavy_atoms(molecule: Chem.Mol) -> NDArray[np.int64]:
    """Return the indices of the heavy atoms of a molecule read from a SMILES, in written order.

    RDKit numbers atoms as it reads them and keeps that order when it takes hydrogens off, so that
    the k-th of these is the k-th heavy atom of the text.

    Parameters
    ----------
    molecule : Chem.Mol
        As RDKit reads it.

    Returns
    -------
    int64 ndarray of shape (atom,)
        Ascending.
    """
    matches = molecule.GetSubstructMatches(HEAVY_ATOM, maxMatches=max(molecule.GetNumAtoms(), 1))
    return np.sort(np.array(matches, dtype=np.int64).reshape(-1))


def spellings(smiles: str, count: int) -> list[tuple[str, NDArray[np.int64]]]:
    """Return a molecule's canonical SMILES and, after it, random ones of the same molecule.

    Random ones start at a random atom and take branches in random order (Bjerrum 2017,
    arXiv:1703.07076). They follow from the canonical SMILES alone: a molecule has the same ones
    in every dataset.

    Parameters
    ----------
    smiles : str
        Canonical.
    count : int
        How many in all, 1 or more.

    Returns
    -------
    list of tuple of str and int64 ndarray of shape (atom,)
        The text, and which heavy atom of the canonical SMILES each heavy atom of the text is.

    Raises
    ------
    ValueError
        If RDKit cannot read the SMILES. Without random ones it does not try.
    """
    in_order = np.arange(len(atom_offsets(smiles)))
    return [(smiles, in_order), *islice(_random_spellings(smiles), count - 1)]


def _random_spellings(smiles: str) -> Iterator[tuple[str, NDArray[np.int64]]]:
    molecule = read_canonical(smiles)
    rank = np.full(molecule.GetNumAtoms(), -1)
    heavy = heavy_atoms(molecule)
    rank[heavy] = np.arange(len(heavy))
    digest = hashlib.sha256(smiles.encode()).digest()
    rng = np.random.default_rng(list(digest))
    while True:
        order = rng.permutation(molecule.GetNumAtoms())
        shuffled = Chem.RenumberAtoms(molecule, order.tolist())
        text = Chem.MolToSmiles(shuffled, canonical=False)
        written = shuffled.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"]
        ranks = rank[order[list(written)]]
        yield text, ranks[ranks >= 0]
