"""From stores to a fitted model and its predictions: all tasks together, or one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel

from triptych.monitor import Monitor
from triptych.tensors import prefixed
from triptych.toxicity.batches import Encoded, encoded
from triptych.toxicity.models import MASKED, Model, ModelSpec, build_model, count_parameters
from triptych.toxicity.predict import attribute, predict
from triptych.toxicity.runs import EVALUATED, prediction_store
from triptych.toxicity.training import Trained, TrainingSpec, logits, train


@dataclass(frozen=True)
class Job:
    """What to fit, and how.

    Attributes
    ----------
    kind
        One of ``triptych.toxicity.models.KINDS``.
    build
        Returns a fresh backbone.
    seed
        Of heads, batches and dropout.
    attribute
        Whether a model without masks is asked for gradient × input.
    hidden, bfloat16
        As in :class:`triptych.toxicity.models.ModelSpec`.
    """

    kind: str
    training: TrainingSpec
    build: Callable[[], PreTrainedModel]
    seed: int
    device: torch.device
    attribute: bool
    hidden: int
    bfloat16: bool

    @property
    def stated_penalty(self) -> float | None:
        """The penalty of a model that has masks; None of one that has none."""
        return self.training.penalty if self.kind in MASKED else None

    def model(self, tasks: int) -> Model:
        """Return a fresh model."""
        spec = ModelSpec(self.kind, tasks, self.hidden, self.bfloat16)
        return build_model(spec, self.build(), self.seed).to(self.device)


@dataclass(frozen=True)
class Parts:
    """A dataset in its parts.

    Attributes
    ----------
    training, validation, asked
        Encoded molecules; those ``asked`` for are validation and test together.
    index
        Positions of those asked for among all molecules.
    token_of_atom
        ``(asked, atom)``.
    """

    molecules: xr.Dataset
    split: xr.Dataset
    training: Encoded
    validation: Encoded
    asked: Encoded
    index: NDArray[np.int64]
    token_of_atom: NDArray

    @property
    def tasks(self) -> list[str]:
        return [str(name) for name in self.molecules.task.values]


@dataclass(frozen=True)
class Fitted:
    """Weights, history and predictions of one job."""

    weights: dict[str, Tensor]
    history: xr.Dataset
    predictions: xr.Dataset
    parameters: int


def job_parts(molecules: xr.Dataset, split: xr.Dataset, tokens: xr.Dataset) -> Parts:
    """Return a dataset's molecules in their parts.

    Raises
    ------
    ValueError
        If the stores are not of the same molecules, or a molecule is in no known part.
    """
    part = split.part.values
    if len(part) != molecules.sizes["molecule"]:
        raise ValueError(f"a split of {len(part)}, {molecules.sizes['molecule']} molecules")
    unknown = set(np.unique(part)) - {"train", *EVALUATED}
    if unknown:
        raise ValueError(f"parts {sorted(unknown)}; known: train, val, test")
    everything = encoded(tokens, molecules.label.values)
    index = np.flatnonzero(np.isin(part, EVALUATED))
    return Parts(
        molecules,
        split,
        everything.select(np.flatnonzero(part == "train")),
        everything.select(np.flatnonzero(part == "val")),
        everything.select(index),
        index,
        tokens["token_of_atom"].values[index],
    )


def fit_together(job: Job, parts: Parts, monitor: Callable[[str], Monitor]) -> Fitted:
    """Fit one model to all tasks."""
    model = job.model(len(parts.tasks))
    trained = train(
        model,
        parts.training,
        parts.validation,
        job.training,
        seed=job.seed,
        device=job.device,
        monitor=monitor(job.kind),
    )
    logit, mask = predict(model, parts.asked, parts.token_of_atom, job.device)
    over_atoms = {"mask": mask} if job.kind in MASKED else {}
    if job.attribute and job.kind not in MASKED:
        over_atoms = {"attribution": attribute(model, parts.asked, parts.token_of_atom, job.device)}
    found = prediction_store(parts.molecules, parts.split, parts.index, logit, over_atoms)
    return Fitted(trained.weights, trained.history, found, count_parameters(model))


def fit_each_task(job: Job, parts: Parts, monitor: Callable[[str], Monitor]) -> Fitted:
    """Fit one model a task to the molecules that have a label for it.

    A task without a label in training gets even odds for every molecule.
    """
    logit = np.zeros((len(parts.index), len(parts.tasks)), np.float32)
    weights: dict[str, Tensor] = {}
    histories, parameters = [], 0
    for position, task in enumerate(parts.tasks):
        training = parts.training.task(position)
        if not len(training):
            histories.append(_no_history(job.training.epochs))
            continue
        model = job.model(1)
        trained: Trained = train(
            model,
            training,
            parts.validation.task(position),
            job.training,
            seed=job.seed,
            device=job.device,
            monitor=monitor(f"{job.kind} {task}"),
        )
        logit[:, position] = logits(model, parts.asked.column(position), job.device)[:, 0]
        weights |= prefixed(trained.weights, f"{position}.")
        histories.append(trained.history)
        parameters += count_parameters(model)
    chosen = [history.attrs["chosen_epoch"] for history in histories]
    history = xr.concat(histories, dim=xr.Variable("task", parts.tasks), combine_attrs="drop")
    history.attrs["chosen_epoch"] = chosen
    found = prediction_store(parts.molecules, parts.split, parts.index, logit, {})
    return Fitted(weights, history, found, parameters)


def _no_history(epochs: int) -> xr.Dataset:
    names = ("loss", "mean_gate", "val_loss", "val_auc")
    return xr.Dataset(
        {name: ("epoch", np.full(epochs, np.nan)) for name in names},
        {"epoch": np.arange(1, epochs + 1)},
        {"chosen_epoch": 0},
    )
