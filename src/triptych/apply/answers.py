"""Molecules in, a table and a page out, with few of them in memory at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from triptych.apply.page import Summary
from triptych.apply.smiles_file import Molecule
from triptych.apply.table import COLUMNS, rows
from triptych.runtime.store import atomic
from triptych.toxicity.applying import Answer, Predictor

PART = 256
"""Molecules asked about at once: two batches of the model."""

Listener = Callable[[Molecule, Answer], None]


def answers(
    predictor: Predictor, molecules: Iterable[Molecule]
) -> Iterator[tuple[Molecule, Answer]]:
    """Yield every molecule with its answer, in order."""
    source = iter(molecules)
    while part := list(islice(source, PART)):
        yield from zip(part, predictor.answer([one.text for one in part]), strict=True)


def write_table(
    predictor: Predictor,
    molecules: Iterable[Molecule],
    path: Path,
    pictures: int,
    listener: Listener,
) -> Summary:
    """Ask about molecules and write what is said of them as it comes; whole or not at all.

    Parameters
    ----------
    predictor
        The model.
    molecules
        In the order of the table's rows.
    path
        Of the table.
    pictures
        Of how many molecules the answers are kept, to be drawn.
    listener
        Hears of every answer.
    """
    summary = Summary(pictures)
    with atomic(path) as sibling, sibling.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for molecule, answer in answers(predictor, molecules):
            writer.writerows(rows(molecule, answer, predictor.tasks, predictor.calibration))
            summary.add(molecule, answer)
            listener(molecule, answer)
    return summary
