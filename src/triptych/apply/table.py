"""The table of predictions: a row for every molecule and task, and one for each refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from triptych.apply.page import Summary
from triptych.apply.smiles_file import Molecule
from triptych.runtime.store import atomic
from triptych.toxicity.applying import Answer, Predictor, Refused

COLUMNS = (
    "row",
    "name",
    "molecule",
    "smiles",
    "task",
    "probability",
    "calibrated",
    "atom_shares",
    "similarity",
    "similarity_rank",
    "nearest_training_molecule",
    "unknown_tokens",
    "refused",
)
"""The header. ``molecule`` is as given, ``smiles`` the canonical form whose atoms are counted."""
PART = 256
"""Molecules asked about, and in memory, at once: two batches of the model."""

Listener = Callable[[Molecule, Answer], None]


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
    summary, source = Summary(pictures), iter(molecules)
    with atomic(path) as sibling, sibling.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        while part := list(islice(source, PART)):
            answers = predictor.answer([one.text for one in part])
            for molecule, answer in zip(part, answers, strict=True):
                writer.writerows(_rows(molecule, answer, predictor))
                summary.add(molecule, answer)
                listener(molecule, answer)
    return summary


def _rows(molecule: Molecule, answer: Answer, predictor: Predictor) -> Iterator[dict[str, object]]:
    """Yield a molecule's rows of the table; shares of atoms are a JSON list."""
    given = {"row": molecule.row, "name": molecule.name, "molecule": molecule.text}
    if isinstance(answer, Refused):
        yield {**given, "refused": answer.reason}
        return
    for place, task in enumerate(predictor.tasks):
        shares = [] if answer.share is None else answer.share[place].tolist()
        yield {
            **given,
            "smiles": answer.smiles,
            "task": task,
            "probability": f"{answer.probability[place]:.4f}",
            "calibrated": "yes" if predictor.calibration.fitted[place] else "no",
            "atom_shares": json.dumps([round(share, 4) for share in shares]) if shares else "",
            "similarity": f"{answer.similarity:.3f}",
            "similarity_rank": f"{answer.rank:.3f}",
            "nearest_training_molecule": answer.nearest,
            "unknown_tokens": answer.unknown,
        }
