"""The table of predictions: a row for every molecule and task, and one for each refused."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from itertools import islice

from triptych.apply.predictor import Answer, Predictor, Refused
from triptych.apply.smiles_file import Molecule
from triptych.apply.trained_run import TrainedRun

COLUMNS = (
    "row",
    "name",
    "molecule",
    "smiles",
    "task",
    "probability",
    "calibrated",
    "test_auc",
    "test_positives",
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


def answers(
    predictor: Predictor, molecules: Iterable[Molecule]
) -> Iterator[tuple[Molecule, Answer]]:
    """Yield molecules with what the model says of them, in their order.

    Parameters
    ----------
    predictor : Predictor
        The model.
    molecules : iterable of Molecule
        Read :data:`PART` at a time.

    Yields
    ------
    molecule : Molecule
    answer : Predicted or Refused
    """
    source = iter(molecules)
    while part := list(islice(source, PART)):
        yield from zip(part, predictor.answer([molecule.text for molecule in part]), strict=True)


def rows(molecule: Molecule, answer: Answer, run: TrainedRun) -> Iterator[dict[str, object]]:
    """Yield a molecule's rows of the table; shares of atoms are a JSON list.

    Parameters
    ----------
    molecule : Molecule
    answer : Predicted or Refused
        What the model says of it.
    run : TrainedRun
        The model.

    Yields
    ------
    dict of str to object
        By :data:`COLUMNS`; what is missing is left empty.
    """
    as_given = {"row": molecule.row, "name": molecule.name, "molecule": molecule.text}
    if isinstance(answer, Refused):
        yield {**as_given, "refused": answer.reason}
        return
    calibrated = "yes" if run.predictor.calibration.labels else "no"
    for index, task in enumerate(run.quality):
        probability = answer.probability[index]
        learned = math.isfinite(probability)
        shares = [] if answer.share is None or not learned else answer.share[index].tolist()
        yield {
            **as_given,
            "smiles": answer.smiles,
            "task": task.name,
            "probability": f"{probability:.4f}" if learned else "",
            "calibrated": calibrated if learned else "",
            "test_auc": f"{task.auc:.3f}" if math.isfinite(task.auc) else "",
            "test_positives": task.positives,
            "atom_shares": json.dumps([round(share, 4) for share in shares]) if shares else "",
            "similarity": f"{answer.similarity:.3f}",
            "similarity_rank": f"{answer.rank:.3f}",
            "nearest_training_molecule": answer.nearest,
            "unknown_tokens": answer.unknown,
        }
