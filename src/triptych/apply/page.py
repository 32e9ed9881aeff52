"""What the page of predictions shows: the model, what was refused, and pictures of molecules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.colors import Normalize, to_hex
from numpy.typing import NDArray

from triptych.apply.predictor import Answer, Predicted
from triptych.apply.smiles_file import Molecule
from triptych.apply.trained_run import TrainedRun
from triptych.toxicity.drawing import SHADES, molecule_svg

PICTURED_TASKS = 3
"""Of a molecule those of highest probability are drawn."""
FULL_SHARE = 0.25
"""Share of a mask on one atom at which the colour is full, on all pages alike."""
SIZE = (320, 220)
LISTED = 100
"""Molecules refused that the page lists; the table has all of them."""
LONGEST = 100
"""Characters of a text that are shown of it."""


@dataclass
class Summary:
    """What is kept of the answers while they are written: no more for a million than for some.

    Attributes
    ----------
    pictures : int
        How many molecules are to be drawn, the first ones.
    predicted, refused : int
        How many molecules there were of either.
    first : list of (Molecule, Predicted)
        The first that were predicted, with what was said of them.
    first_refused : list of (Molecule, str)
        The first that were refused, with the reason.
    """

    pictures: int
    predicted: int = 0
    refused: int = 0
    first: list[tuple[Molecule, Predicted]] = field(default_factory=list)
    first_refused: list[tuple[Molecule, str]] = field(default_factory=list)

    def add(self, molecule: Molecule, answer: Answer) -> None:
        """Take note of an answer."""
        if isinstance(answer, Predicted):
            self.predicted += 1
            if len(self.first) < self.pictures:
                self.first.append((molecule, answer))
        else:
            self.refused += 1
            if len(self.first_refused) < LISTED:
                self.first_refused.append((molecule, answer.reason))


def page_values(run: TrainedRun, summary: Summary) -> dict[str, Any]:
    """Return what the template ``report/predictions.html.j2`` is filled with.

    Parameters
    ----------
    run : TrainedRun
        The model.
    summary : Summary
        What it said.
    """
    return {
        "title": f"Predictions for {run.dataset}",
        "run": run,
        "summary": summary,
        "cards": [_card(molecule, said, run) for molecule, said in summary.first],
        "refused": [(m.row, short(m.name), short(m.text), why) for m, why in summary.first_refused],
        "masked": any(said.share is not None for _, said in summary.first),
        "full_share": f"{FULL_SHARE:.0%}",
        "shades": ", ".join(to_hex(SHADES(value)) for value in np.linspace(0, 1, 5)),
    }


def _card(molecule: Molecule, said: Predicted, run: TrainedRun) -> dict[str, Any]:
    """Return what the page shows of a molecule, tasks with the most probable first."""
    tasks, order = run.predictor.tasks, np.argsort(-said.probability, kind="stable")
    shown: list[tuple[str, NDArray]] = [("", np.zeros(said.heavy_atoms))]
    if said.share is not None:
        shown = [
            (f"{tasks[task]}: {said.probability[task]:.2f}", said.share[task])
            for task in order[:PICTURED_TASKS]
            if np.isfinite(said.probability[task])
        ] or shown
    return {
        "heading": f"{molecule.row}. {short(molecule.name or molecule.text)}",
        "smiles": said.smiles,
        "nearness": _nearness(said),
        "unknown": said.unknown,
        "tasks": [(tasks[task], _shown(said.probability[task])) for task in order],
        "pictures": [
            (caption, Markup(molecule_svg(said.smiles, share, Normalize(0, FULL_SHARE), SIZE)))
            for caption, share in shown
        ],
    }


def _shown(probability: float) -> str:
    return f"{probability:.2f}" if np.isfinite(probability) else "not learned"


def _nearness(said: Predicted) -> str:
    """Say how near a molecule is to those that the model was trained on."""
    if said.nearest == said.smiles:
        return "It is one of the molecules that the model was trained on."
    if not said.nearest:
        return "It shares no substructure with any molecule that the model was trained on."
    near = f"Similarity {said.similarity:.2f} to {said.nearest}, the nearest training molecule"
    if said.rank == 0:
        return f"{near}; further than every molecule held out from training."
    return f"{near}; {said.rank:.0%} of the molecules held out from training are at most as near."


def short(text: str) -> str:
    """Return a text, cut where it is long."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
