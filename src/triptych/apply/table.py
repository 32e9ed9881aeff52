"""The table of predictions: a row for every molecule and task, and one for each refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from triptych.apply.smiles_file import Molecule
from triptych.toxicity.applying import Answer, Predicted
from triptych.toxicity.calibration import Calibration

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


def rows(
    molecule: Molecule, answer: Answer, tasks: Sequence[str], calibration: Calibration
) -> Iterator[list[str]]:
    """Yield a molecule's rows of the table, each as long as :data:`COLUMNS`.

    Parameters
    ----------
    molecule
        As given.
    answer
        What the model says of it.
    tasks
        Names of the model's tasks.
    calibration
        That the probabilities went through.
    """
    given = [str(molecule.row), molecule.name, molecule.text]
    if not isinstance(answer, Predicted):
        yield [*given, *[""] * 9, answer.reason]
        return
    near = [f"{answer.similarity:.3f}", f"{answer.rank:.3f}", answer.nearest]
    for place, task in enumerate(tasks):
        said = [
            answer.smiles,
            task,
            f"{answer.probability[place]:.4f}",
            "yes" if calibration.fitted[place] else "no",
            atom_shares(answer, place),
        ]
        yield [*given, *said, *near, str(answer.unknown), ""]


def atom_shares(prediction: Predicted, task: int) -> str:
    """Return the shares of a molecule's heavy atoms as a JSON list; empty without masks."""
    if prediction.share is None:
        return ""
    return json.dumps([round(float(share), 4) for share in prediction.share[task]])
