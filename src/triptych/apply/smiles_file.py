"""Molecules as people keep them: lines of SMILES and names, or a column of a CSV file.

A file is read a line at a time, so that it may be of any length, and twice: its faults are found
before the first molecule is predicted.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from triptych.toxicity.tables import csv_rows

LONGEST = 2**20
"""Most characters of a line. What is longer is no list of molecules, and may not fit in memory."""
SHOWN = 20
"""Columns that an error lists."""
ESCAPE = 0xDC00
"""A byte b that is no text is read as the character ``ESCAPE + b``."""


@dataclass(frozen=True)
class Molecule:
    """A molecule that is asked about.

    Attributes
    ----------
    row : int
        Its number in the source, from 1 on: of the line, with blank lines counted, or of the row
        below a CSV file's header, without them.
    name : str
        What the source calls it; may be empty.
    text : str
        Its SMILES, as given.
    """

    row: int
    name: str
    text: str


Source = Callable[[], Iterator[Molecule]]
"""Gives the molecules in their order, from the first on whenever it is called."""


def given(texts: Sequence[str]) -> Iterator[Molecule]:
    """Yield molecules that are given one by one, without names."""
    for number, text in enumerate(texts, start=1):
        yield Molecule(number, "", text.strip())


def in_file(path: Path, smiles_column: str, name_column: str | None) -> Iterator[Molecule]:
    """Yield the molecules of a file.

    ``.csv`` is a table with a header; anything else has one molecule a line, a SMILES and, after a
    blank, its name. Blank lines are no molecules. A line that begins with a tab has a name and no
    SMILES.

    Parameters
    ----------
    path : Path
    smiles_column : str
        Of a table.
    name_column : str or None
        Of a table; without one its molecules have no names.

    Yields
    ------
    Molecule

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is a pipe, which can be read once only, is not UTF-8 text, is no CSV table with these
        columns and rows of one length, holds no molecule, or is no table though a column of names
        is asked for.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path}: no file but a pipe, which cannot be read twice: save it first")
    is_table = path.suffix.lower() == ".csv"
    if name_column and not is_table:
        raise ValueError(f"{path}: a table, .csv, may have a column {name_column!r}; it is none")
    molecules = _cells(path, smiles_column, name_column) if is_table else _words(path)
    first = next(molecules, None)
    if first is None:
        raise ValueError(f"{path}: no molecule in it")
    yield first
    yield from molecules


def _words(path: Path) -> Iterator[Molecule]:
    for number, line in enumerate(_lines(path), start=1):
        text, name, *_ = [*line.split(maxsplit=1), "", ""]
        if text and line.startswith("\t"):  # the first of two columns is empty
            yield Molecule(number, line.strip(), "")
        elif name.startswith("|"):  # an extension of SMILES, no name: without it another molecule
            yield Molecule(number, "", line.strip())
        elif text:
            yield Molecule(number, name.strip(), text)


def _cells(path: Path, smiles_column: str, name_column: str | None) -> Iterator[Molecule]:
    csv.field_size_limit(LONGEST)
    rows = csv_rows(_lines(path), str(path))
    header = next(rows)
    smiles = _place(path, header, smiles_column)
    name = _place(path, header, name_column) if name_column else None
    for number, row in enumerate(rows, start=1):
        yield Molecule(number, "" if name is None else row[name], row[smiles])


def _place(path: Path, header: Sequence[str], column: str) -> int:
    if header.count(column) != 1:
        what = "several columns are called" if column in header else "no column is called"
        names = ", ".join(map(repr, header[:SHOWN])) + (", …" if len(header) > SHOWN else "")
        raise ValueError(f"{path}: {what} {column!r}; there are {names or 'none'}")
    return header.index(column)


def _lines(path: Path) -> Iterator[str]:
    # What cannot be decoded comes as such: the decoder itself reads blocks, and knows no lines.
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as stream:
        number = 0
        while line := stream.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                raise ValueError(
                    f"{path}: no list of molecules: line {number} has more than "
                    f"{LONGEST} characters"
                )
            if broken := next(filter(_escaped, line), ""):
                value = ord(broken) - ESCAPE
                raise ValueError(f"{path}: not UTF-8 text: byte 0x{value:02x} in line {number}")
            if "\0" in line:
                raise ValueError(f"{path}: not text: a zero byte in line {number}")
            yield line


def _escaped(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"
