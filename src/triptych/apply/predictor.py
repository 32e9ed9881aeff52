"""A trained model on molecules that belong to no dataset: an answer to each, or why there is none.

What a model says of one molecule does not depend on those beside it, up to round-off: any number of
molecules can be asked about in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from triptych.apply.applicability import Neighbourhood
from triptych.apply.calibration import Calibration
from triptych.toxicity.batches import Encoded, encoded
from triptych.toxicity.curate import KEPT, CuratedRow, examine
from triptych.toxicity.fitting import Recipe
from triptych.toxicity.models import Model
from triptych.toxicity.names import STL
from triptych.toxicity.predict import logits, predict
from triptych.toxicity.tokens import encode
from triptych.training.tensors import unprefixed

Evaluate = Callable[[Encoded], tuple[NDArray, NDArray | None]]
"""From molecules to logits (molecule, task) and, of a model that has masks, these (molecule, task,
atom)."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model says of one molecule.

    Attributes
    ----------
    smiles : str
        Canonical; atoms are counted in the order in which they are written there.
    heavy_atoms : int
    probability : ndarray of shape (task,)
        Calibrated; NaN of a task that was not learned.
    share : float32 ndarray of shape (task, atom), or None
        Each heavy atom's share of a task's mask; None of a model without masks.
    similarity : float
        Tanimoto similarity to the nearest training molecule.
    rank : float
        Share of the molecules held out from training that are at most as near.
    nearest : str
        SMILES of that training molecule.
    unknown : int
        How many tokens of its canonical SMILES the model's vocabulary lacks.
    """

    smiles: str
    heavy_atoms: int
    probability: NDArray[np.float64]
    share: NDArray[np.float32] | None
    similarity: float
    rank: float
    nearest: str
    unknown: int


@dataclass(frozen=True)
class Refused:
    """Why a molecule is not predicted."""

    reason: str


Answer = Predicted | Refused


@dataclass(frozen=True)
class Predictor:
    """A trained model with all that it takes to ask it.

    Attributes
    ----------
    tasks : sequence of str
        Their names.
    learned : ndarray of shape (task,)
        Whether the training had labels of both classes: otherwise nothing can be said of a task.
    max_tokens : int
        Longest molecule, in SMILES tokens, that the model was trained on.
    spellings : int
        SMILES of each molecule that a prediction is the mean over.
    tokenizer : PreTrainedTokenizerBase
        That of its encoder.
    evaluate : Evaluate
        The model.
    calibration : Calibration
    neighbourhood : Neighbourhood
    """

    tasks: Sequence[str]
    learned: NDArray[np.bool_]
    max_tokens: int
    spellings: int
    tokenizer: PreTrainedTokenizerBase
    evaluate: Evaluate
    calibration: Calibration
    neighbourhood: Neighbourhood

    def answer(self, texts: Sequence[str]) -> list[Answer]:
        """Return what the model says of molecules, an answer for each text, in their order.

        Parameters
        ----------
        texts : sequence of str
            SMILES, or what stands in their place; all are in memory at once with their masks.
        """
        rows = [examine(text, self.max_tokens) for text in texts]
        tokens = self._encode(rows)
        predictions = iter(self._predict(rows, tokens) if tokens is not None else ())
        return [
            next(predictions)
            if row.status == KEPT
            else Refused(f"{row.status.replace('_', ' ')}: {row.reason}")
            for row in rows
        ]

    def _encode(self, rows: Sequence[CuratedRow]) -> xr.Dataset | None:
        """Encode the rows that are kept, if any; refuse one with an atom that no token holds."""
        try:
            return self._tokens(_kept(rows))
        except ValueError:
            for row in _kept(rows):
                try:
                    self._tokens([row])
                except ValueError as error:
                    row.status, row.reason = "unreadable", str(error)
        return self._tokens(_kept(rows))

    def _tokens(self, rows: Sequence[CuratedRow]) -> xr.Dataset | None:
        if not rows:
            return None
        atoms = max(row.heavy_atoms for row in rows)
        return encode([row.canonical for row in rows], self.tokenizer, atoms, self.spellings)

    def _predict(self, rows: Sequence[CuratedRow], tokens: xr.Dataset) -> list[Predicted]:
        smiles = [row.canonical for row in _kept(rows)]
        unlabelled = np.full((len(smiles), len(self.tasks)), np.nan, np.float32)
        logit, mask = self.evaluate(encoded(tokens, unlabelled))
        probability = np.where(self.learned, self.calibration.probability(logit), np.nan)
        similarity, nearest = self.neighbourhood.nearest(smiles)
        rank = self.neighbourhood.rank(similarity)
        unknown = (tokens.token.values[:, 0] == self.tokenizer.unk_token_id).sum(axis=-1)
        return [
            Predicted(
                text,
                row.heavy_atoms,
                probability[place],
                None if mask is None else mask[place, :, : row.heavy_atoms],
                float(similarity[place]),
                float(rank[place]),
                nearest[place],
                int(unknown[place]),
            )
            for place, (text, row) in enumerate(zip(smiles, _kept(rows), strict=True))
        ]


def evaluation(recipe: Recipe, weights: Mapping[str, Tensor], tasks: int) -> Evaluate:
    """Return the trained model of a recipe.

    Parameters
    ----------
    recipe : Recipe
        What was fitted.
    weights : mapping of str to Tensor
        As :func:`triptych.toxicity.fitting.fit_together` returns them, or
        :func:`triptych.toxicity.fitting.fit_each_task` for single-task models.
    tasks : int
        Their number.
    """
    if recipe.spec.kind == STL:
        return _apart(recipe, [unprefixed(weights, f"{task}.") for task in range(tasks)])
    return _together(recipe, _loaded(recipe.model(tasks), weights))


def _together(recipe: Recipe, model: Model) -> Evaluate:
    def evaluate(molecules: Encoded) -> tuple[NDArray, NDArray | None]:
        if not recipe.masked:
            return logits(model, molecules, recipe.device), None
        prediction = predict(model, molecules, recipe.device)
        return prediction.logit, prediction.mask

    return evaluate


def _apart(recipe: Recipe, weights: Sequence[Mapping[str, Tensor]]) -> Evaluate:
    """Return the models of single tasks as one; a task that had no label has even odds."""
    models = {task: _loaded(recipe.model(1), own) for task, own in enumerate(weights) if own}

    def evaluate(molecules: Encoded) -> tuple[NDArray, NDArray | None]:
        logit = np.zeros(tuple(molecules.label.shape), np.float32)
        for task, model in models.items():
            logit[:, task] = logits(model, molecules.with_task(task), recipe.device)[:, 0]
        return logit, None

    return evaluate


def _loaded(model: Model, weights: Mapping[str, Tensor]) -> Model:
    model.load_state_dict(dict(weights))
    return model


def _kept(rows: Sequence[CuratedRow]) -> list[CuratedRow]:
    return [row for row in rows if row.status == KEPT]
