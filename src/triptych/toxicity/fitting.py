"""From stores to a fitted model and its predictions: all tasks together, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from triptych.runtime.memory import return_freed_memory
from triptych.runtime.monitor import Monitor
from triptych.toxicity.attribution import (
    Attribution,
    attribute,
    gradient_times_input,
    integrated_gradients,
)
from triptych.toxicity.backbones import BackboneSpec, load_backbone
from triptych.toxicity.batches import Encoded, encoded
from triptych.toxicity.bert import Backbone
from triptych.toxicity.models import Model, ModelSpec, build_model
from triptych.toxicity.names import ATTENTION, EVALUATED, MASKED, SPARSE, SPLITS
from triptych.toxicity.predict import logits, predict
from triptych.toxicity.runs import prediction_store
from triptych.toxicity.training import CURVES, Trained, TrainingSpec, history_of, train
from triptych.training.tensors import count_parameters, prefixed

POINTS = 4
"""On the way of integrated gradients, for each spelling."""
ATTRIBUTIONS: dict[str, Attribution] = {
    "attribution": gradient_times_input,
    "integrated": partial(integrated_gradients, points=POINTS),
}
"""What a model without masks is asked for, by its name in the predictions."""


@dataclass(frozen=True)
class Recipe:
    """What to fit, and how.

    Attributes
    ----------
    spec : ModelSpec
        Of the model.
    training : TrainingSpec
    build : callable
        Returns a fresh backbone.
    seed : int
        Of heads, batches and dropout.
    device : torch.device
        Where to compute.
    attribute : bool
        Whether a model without masks is asked for gradient × input and integrated gradients.
    """

    spec: ModelSpec
    training: TrainingSpec
    build: Callable[[], Backbone]
    seed: int
    device: torch.device
    attribute: bool

    @property
    def masked(self) -> bool:
        """Whether the model has masks."""
        return self.spec.kind in MASKED

    @property
    def stated_penalty(self) -> float | None:
        """The penalty of a model that has masks; None of one that has none."""
        return self.training.penalty if self.masked else None

    def model(self, tasks: int) -> Model:
        """Return a fresh model of some number of tasks."""
        return build_model(self.spec, tasks, self.build(), self.seed).to(self.device)


@dataclass(frozen=True)
class SplitData:
    """A dataset in its splits.

    Attributes
    ----------
    molecules : xarray.Dataset
        ``label`` (molecule, task) and what the dataset is called.
    splits : xarray.Dataset
        ``split`` (molecule), and what the split is called.
    training, validation, evaluated : Encoded
        ``evaluated`` are validation and test together.
    index : int64 ndarray of shape (evaluated,)
        Positions of those evaluated among all molecules.
    """

    molecules: xr.Dataset
    splits: xr.Dataset
    training: Encoded
    validation: Encoded
    evaluated: Encoded
    index: NDArray[np.int64]

    @property
    def tasks(self) -> list[str]:
        """Names of the tasks."""
        return [str(name) for name in self.molecules.task.values]

    @property
    def attributed(self) -> Encoded:
        """Those evaluated, with the labels of validation molecules hidden.

        An attribution is made for each label of 1, and costs a backward pass. Only those of test
        molecules are read.
        """
        test = torch.from_numpy(self.splits.split.values[self.index] == "test")
        label = self.evaluated.label.masked_fill(~test[:, None], torch.nan)
        return replace(self.evaluated, label=label)


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves.

    Attributes
    ----------
    weights : dict of str to Tensor
        The model's state; of single-task models each name begins with the task's position.
    history : xarray.Dataset
        :data:`triptych.toxicity.training.CURVES` (epoch), or (task, epoch) of single-task models;
        attribute ``chosen_epoch``.
    predictions : xarray.Dataset
        Of the validation and test molecules, as
        :func:`triptych.toxicity.runs.prediction_store` returns it.
    parameters : int
        How many numbers were trained, in all models together.
    """

    weights: dict[str, Tensor]
    history: xr.Dataset
    predictions: xr.Dataset
    parameters: int


def recipe_of(params: Mapping[str, Any], backbone: Path, device: torch.device) -> Recipe:
    """Return the recipe that the parameters of a training describe.

    Parameters
    ----------
    params : mapping of str to object
        ``kind``, ``mask``, ``penalty``, ``seed``, ``training``, ``backbone`` and ``attribute``, as
        the step ``train`` is given them. The penalty is 0 for attention. Without masks it is None,
        and so is ``mask``.
    backbone : Path
        Folder of the encoder, as :func:`triptych.toxicity.backbones.convert` writes it.
    device : torch.device
        Where to compute.

    Raises
    ------
    ValueError
        If the penalty is none that the kind of model can have.
    """
    kind, penalty = params["kind"], params["penalty"]
    if kind == SPARSE and penalty is None:
        raise ValueError("a sparse model needs a penalty")
    if kind == ATTENTION and penalty != 0:
        raise ValueError(f"attention is a model whose penalty is 0, not {penalty}")
    if kind not in MASKED and penalty is not None:
        raise ValueError(f"{kind} is a model without masks and has no penalty: none, not {penalty}")
    settings, encoder = dict(params["training"]), dict(params["backbone"])
    spec = ModelSpec(kind, params["mask"], settings.pop("hidden"), settings.pop("bfloat16"))
    encoder.pop("name")
    encoder_spec = BackboneSpec(**encoder, dropout=settings.pop("dropout"))
    return Recipe(
        spec=spec,
        training=TrainingSpec(**settings, penalty=penalty or 0.0),
        build=lambda: load_backbone(backbone, encoder_spec, params["seed"]),
        seed=params["seed"],
        device=device,
        attribute=params["attribute"],
    )


def split_data(molecules: xr.Dataset, splits: xr.Dataset, tokens: xr.Dataset) -> SplitData:
    """Return a dataset's molecules, encoded, in their splits.

    Parameters
    ----------
    molecules : xarray.Dataset
        ``label`` (molecule, task), 0, 1 or NaN.
    splits : xarray.Dataset
        ``split`` (molecule), one of train, val and test.
    tokens : xarray.Dataset
        As :func:`triptych.toxicity.tokens.encode` writes them.

    Raises
    ------
    ValueError
        If the stores are not of the same molecules, or a molecule is in no known split.
    """
    split = splits.split.values
    if len(split) != molecules.sizes["molecule"]:
        raise ValueError(f"a split of {len(split)}, {molecules.sizes['molecule']} molecules")
    unknown = set(np.unique(split)) - set(SPLITS)
    if unknown:
        raise ValueError(f"splits {sorted(unknown)}; known: {', '.join(SPLITS)}")
    whole = encoded(tokens, molecules.label.values)
    index = np.flatnonzero(np.isin(split, EVALUATED))
    return SplitData(
        molecules[["label"]],
        splits[["split"]],
        whole.select(np.flatnonzero(split == "train")),
        whole.select(np.flatnonzero(split == "val")),
        whole.select(index),
        index,
    )


def fit_together(recipe: Recipe, data: SplitData, monitor: Callable[[str], Monitor]) -> Fitted:
    """Fit one model to all tasks.

    Parameters
    ----------
    recipe : Recipe
    data : SplitData
    monitor : callable
        Returns the monitor of a training by its name.

    Returns
    -------
    Fitted
        Predictions: ``logit`` (molecule, task), and over (molecule, task, atom) ``mask`` and
        ``evidence`` of a model with masks, or ``attribution`` and ``integrated`` where the recipe
        asks for them: gradient × input and integrated gradients of test molecules.

    Raises
    ------
    ValueError, FloatingPointError
        As in :func:`triptych.toxicity.training.train`.
    """
    model, trained = _fit(recipe, data.training, data.validation, monitor(recipe.spec.kind))
    over_atoms = {}
    if recipe.masked:
        logit, mask, evidence = predict(model, data.evaluated, recipe.device)
        over_atoms = {"mask": mask, "evidence": evidence}
    else:
        logit = logits(model, data.evaluated, recipe.device)
        if recipe.attribute:
            over_atoms = {
                name: attribute(model, data.attributed, recipe.device, attribution)
                for name, attribution in ATTRIBUTIONS.items()
            }
    predictions = prediction_store(data.molecules, data.splits, data.index, logit, over_atoms)
    return Fitted(trained.weights, trained.history, predictions, count_parameters(model))


def fit_each_task(recipe: Recipe, data: SplitData, monitor: Callable[[str], Monitor]) -> Fitted:
    """Fit one model a task to the molecules that have a label for it.

    A task without a label in training gets even odds for every molecule.

    Parameters
    ----------
    recipe : Recipe
    data : SplitData
    monitor : callable
        As in :func:`fit_together`.

    Returns
    -------
    Fitted
        Predictions: ``logit`` (molecule, task). History: the curves (task, epoch). Weights by the
        position of the task.

    Raises
    ------
    ValueError, FloatingPointError
        As in :func:`triptych.toxicity.training.train`.
    """
    logit = np.zeros((len(data.index), len(data.tasks)), np.float32)
    weights: dict[str, Tensor] = {}
    histories, parameters = [], 0
    for position, task in enumerate(data.tasks):
        training = data.training.labelled_for(position)
        if not len(training):
            curves = np.full((len(CURVES), recipe.training.epochs), np.nan)
            histories.append(history_of(curves, 0))
            continue
        validation = data.validation.labelled_for(position)
        model, trained = _fit(recipe, training, validation, monitor(f"{recipe.spec.kind} {task}"))
        logit[:, position] = logits(model, data.evaluated.with_task(position), recipe.device)[:, 0]
        weights |= prefixed(_on_disk(trained.weights), f"{position}.")
        histories.append(trained.history)
        parameters += count_parameters(model)
        del model, trained  # before there are the next ones
        return_freed_memory()
    chosen = [history.attrs["chosen_epoch"] for history in histories]
    history = xr.concat(histories, dim=xr.Variable("task", data.tasks), combine_attrs="drop")
    history.attrs["chosen_epoch"] = chosen
    predictions = prediction_store(data.molecules, data.splits, data.index, logit, {})
    return Fitted(weights, history, predictions, parameters)


def _on_disk(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the same weights, mapped from a file: they take memory when read, and not before.

    There is an encoder a task, up to 27 of them.
    """
    with TemporaryDirectory() as folder:  # what is mapped outlives the file's name
        path = Path(folder, "weights.safetensors")
        save_file(dict(weights), path)
        return load_file(path)


def _fit(
    recipe: Recipe, training: Encoded, validation: Encoded, monitor: Monitor
) -> tuple[Model, Trained]:
    """Fit a fresh model to the tasks that the molecules have labels of."""
    model = recipe.model(training.label.shape[1])
    trained = train(
        model,
        training,
        validation,
        recipe.training,
        seed=recipe.seed,
        device=recipe.device,
        monitor=monitor,
    )
    return model, trained
