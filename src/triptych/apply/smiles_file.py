"""Molecules as people keep them: lines of SMILES and names, or a column of a CSV file.

A file is read a line at a time, so that it may be of any length, and twice: its faults are found
before the first molecule is predicted.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 2**20
"""Most characters of a line. What is longer is no list of molecules, and may not fit in memory."""
SHOWN = 20
"""Columns that an error lists."""


@dataclass(frozen=True)
class Molecule:
    """A molecule that is asked about.

    Attributes
    ----------
    row
        Its number in the source, from 1 on: of the line, or of the row below a CSV file's header.
    name
        What the source calls it; may be empty.
    text
        Its SMILES, as given.
    """

    row: int
    name: str
    text: str


@dataclass(frozen=True)
class SmilesFile:
    """A file of molecules.

    ``.csv`` is a table with a header; anything else has one molecule a line, a SMILES and, after a
    blank, its name. Blank lines are no molecules.

    Attributes
    ----------
    smiles_column, name_column
        Headers of columns of a CSV file. Without the latter its molecules have no names.
    """

    path: Path
    smiles_column: str
    name_column: str | None

    def count(self) -> int:
        """Read all of the file, and return how many molecules it holds.

        Raises
        ------
        OSError
            If it cannot be read.
        ValueError
            If it is not UTF-8 text, is no CSV table with these columns and rows of one length, or
            holds no molecule.
        """
        count = sum(1 for _ in self.molecules())
        if not count:
            raise ValueError(f"{self.path}: no molecule in it")
        return count

    def molecules(self) -> Iterator[Molecule]:
        """Yield the molecules in their order; errors as in :meth:`count`."""
        if self.path.suffix.lower() == ".csv":
            yield from self._cells()
            return
        for number, line in enumerate(_lines(self.path), start=1):
            text, name, *_ = [*line.strip().split(maxsplit=1), "", ""]
            if text:
                yield Molecule(number, name, text)

    def _cells(self) -> Iterator[Molecule]:
        reader = csv.reader(_lines(self.path), strict=True)
        rows = ([cell.strip() for cell in row] for row in reader if row)
        try:
            header = next(rows, [])
            smiles = self._place(header, self.smiles_column)
            name = self._place(header, self.name_column) if self.name_column else None
            for number, row in enumerate(rows, start=1):
                if len(row) != len(header):
                    raise ValueError(
                        f"{self.path}: row {number} has {len(row)} columns, "
                        f"the header {len(header)}"
                    )
                yield Molecule(number, "" if name is None else row[name], row[smiles])
        except csv.Error as error:
            fault = f"not a CSV table: line {reader.line_num}: {error}"
            raise ValueError(f"{self.path}: {fault}") from error

    def _place(self, header: Sequence[str], column: str) -> int:
        if header.count(column) != 1:
            what = "several columns are called" if column in header else "no column is called"
            names = ", ".join(map(repr, header[:SHOWN])) + (", …" if len(header) > SHOWN else "")
            raise ValueError(f"{self.path}: {what} {column!r}; there are {names or 'none'}")
        return header.index(column)


@dataclass(frozen=True)
class Given:
    """Molecules that are given one by one, without names."""

    texts: Sequence[str]

    def count(self) -> int:
        """Return how many there are."""
        return len(self.texts)

    def molecules(self) -> Iterator[Molecule]:
        """Yield them in their order."""
        for number, text in enumerate(self.texts, start=1):
            yield Molecule(number, "", text.strip())


Source = SmilesFile | Given


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8-sig") as stream:
        number = 0
        try:
            while line := stream.readline(LONGEST + 1):
                number += 1
                if len(line) > LONGEST:
                    raise ValueError(
                        f"{path}: no list of molecules: line {number} has more than "
                        f"{LONGEST} characters"
                    )
                if "\0" in line:
                    raise ValueError(f"{path}: not text: a zero byte in line {number}")
                yield line
        except UnicodeDecodeError as error:
            value = error.object[error.start]
            raise ValueError(
                f"{path}: not UTF-8 text: byte 0x{value:02x} after line {number} ({error.reason})"
            ) from error
