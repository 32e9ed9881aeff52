"""A table of molecules and labels, read from the bytes of a CSV file and checked cell by cell."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MOST_COLUMNS = 10_000
"""More are no table of labels."""
LABELS = {"": np.nan, "0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0}
"""Cells that are labels; tables written with missing labels often hold 0.0 and 1.0."""


@dataclass(frozen=True)
class Table:
    """Molecules and their labels, a row each, as they stand in the source.

    Attributes
    ----------
    smiles : tuple of str, shape (row,)
        Text of the SMILES column, without blanks around it; may be empty.
    labels : float32 ndarray of shape (row, task)
        0, 1, or NaN where the label is missing.
    tasks : tuple of str, shape (task,)
    """

    smiles: tuple[str, ...]
    labels: NDArray[np.float32]
    tasks: tuple[str, ...]


def read_table(content: bytes, name: str, smiles_column: str, tasks: Sequence[str] | None) -> Table:
    """Read a CSV file with a SMILES column and task columns of 0, 1 and empty cells.

    Parameters
    ----------
    content : bytes
        The file's, UTF-8.
    name : str
        What errors call the file.
    smiles_column : str
        Header of the column of SMILES.
    tasks : sequence of str or None
        Headers of the task columns; all but the SMILES column when None.

    Returns
    -------
    Table
        SMILES (row,) and labels (row, task).

    Raises
    ------
    ValueError
        If the file is empty or not UTF-8 text, if rows are of unequal length, if columns lack or
        share a name, if the SMILES column or a task is not among them, if a label is not 0, 1 or
        empty, or if a task does not have both classes. Rows are counted from 1 below the header,
        blank lines left out.
    """
    columns, *rows = csv_rows(io.StringIO(_decode(content, name), newline=""), name)
    _check_columns(columns, name)
    if not rows:
        raise ValueError(f"{name}: a header, but no rows")
    chosen = _tasks(columns, name, smiles_column, tasks)
    frame = pd.DataFrame(rows, columns=columns, dtype=str)
    labels = np.empty((len(frame), len(chosen)), dtype=np.float32)
    for place, task in enumerate(chosen):
        labels[:, place] = _labels(frame[task], name, task)
    check_classes(labels, chosen, name)
    return Table(tuple(frame[smiles_column]), labels, chosen)


def check_classes(labels: NDArray[np.float32], tasks: Sequence[str], name: str) -> None:
    """Check that every task has molecules of both classes.

    Parameters
    ----------
    labels : ndarray of shape (row, task)
        0, 1 or NaN.
    tasks : sequence of str, shape (task,)
        Their names.
    name : str
        What errors call the table.

    Raises
    ------
    ValueError
        If all labels of a task are missing or all those present are equal.
    """
    for place, task in enumerate(tasks):
        present = labels[:, place][~np.isnan(labels[:, place])]
        if not len(present):
            raise ValueError(f"{name}: column {task!r} has no label at all")
        if present.min() == present.max():
            raise ValueError(
                f"{name}: column {task!r} has one class only: "
                f"all of its {len(present)} labels are {present[0]:g}"
            )


def _decode(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from behind a byte-order mark.
        offset = len(content) - len(error.object) + error.start
        raise ValueError(
            f"{name}: not UTF-8 text: byte 0x{content[offset]:02x} at offset {offset}"
            f" ({error.reason})"
        ) from error
    if "\0" in text:
        raise ValueError(f"{name}: not text: a zero byte at character {text.index(chr(0))}")
    if not text.strip():
        raise ValueError(f"{name}: the file is empty")
    return text


def csv_rows(lines: Iterable[str], name: str) -> Iterator[list[str]]:
    """Yield the header and the rows of a table, blanks around cells and blank lines left out.

    The reader of the standard library guesses nothing: no renamed columns, no missing values made
    of words, no short rows filled up.

    Parameters
    ----------
    lines : iterable of str
        Of the text.
    name : str
        What errors call the table.

    Raises
    ------
    ValueError
        If it is no CSV table, or a row is not as long as the header.
    """
    reader = csv.reader(lines, strict=True)
    filled = (row for row in reader if row and not (len(row) == 1 and row[0].isspace()))
    rows = ([cell.strip() for cell in row] for row in filled)
    try:
        header = next(rows, [])
        yield header
        for number, row in enumerate(rows, start=1):
            if len(row) != len(header):
                raise ValueError(
                    f"{name}: row {number} has {len(row)} columns, the header {len(header)}"
                )
            yield row
    except csv.Error as error:
        raise ValueError(f"{name}: not a CSV table: line {reader.line_num}: {error}") from error


def _check_columns(columns: list[str], name: str) -> None:
    if len(columns) > MOST_COLUMNS:
        raise ValueError(f"{name}: {len(columns)} columns, more than {MOST_COLUMNS}")
    if "" in columns:
        raise ValueError(f"{name}: column {columns.index('') + 1} has no name")
    repeated = [column for column, count in Counter(columns).items() if count > 1]
    if repeated:
        raise ValueError(f"{name}: several columns are called {_listed(repeated)}")


def _tasks(
    columns: list[str], name: str, smiles_column: str, tasks: Sequence[str] | None
) -> tuple[str, ...]:
    if smiles_column not in columns:
        raise ValueError(
            f"{name}: no column {smiles_column!r} for the SMILES; there are {_listed(columns)}"
        )
    others = [column for column in columns if column != smiles_column]
    chosen = others if tasks is None else list(tasks)
    if not chosen:
        raise ValueError(f"{name}: no task column beside {smiles_column!r}")
    unknown = [task for task in chosen if task not in others]
    if unknown:
        raise ValueError(f"{name}: no task column {_listed(unknown)}; there are {_listed(others)}")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"{name}: a task is named twice in {_listed(chosen)}")
    return tuple(chosen)


def _labels(cells: pd.Series, name: str, task: str) -> NDArray[np.float32]:
    wrong = np.flatnonzero(~cells.isin(LABELS))
    if len(wrong):
        raise ValueError(
            f"{name}: column {task!r}, row {wrong[0] + 1}: "
            f"label {_short(cells.iloc[wrong[0]])}, which is not 0, 1 or empty"
        )
    return cells.map(LABELS).to_numpy(np.float32)


def _listed(names: Sequence[str], most: int = 30) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(_short, names[:most])) + more


def _short(value: str, most: int = 60) -> str:
    return repr(value) if len(value) <= most else repr(value[:most]) + "…"
