"""From the folder of a training, as the workflow leaves it, to a model that can be asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray

from triptych.apply.applicability import Neighbourhood
from triptych.apply.calibration import Calibration, calibrate
from triptych.apply.predictor import Evaluate, Predictor, evaluation
from triptych.runtime.integrity import verified_digest
from triptych.runtime.layout import job_file, rebuild_command
from triptych.runtime.step import Job, read_job
from triptych.runtime.store import open_store, read_store, read_weights
from triptych.toxicity.batches import encoded
from triptych.toxicity.bootstrap import auc_interval, resample_counts
from triptych.toxicity.fitting import recipe_of
from triptych.toxicity.metrics import scorable
from triptych.toxicity.runs import of_split
from triptych.toxicity.tokens import load_tokenizer

ASKED_AGAIN = 16
"""Molecules by which a model is checked."""
ROUND_OFF, RELATIVE_ROUND_OFF = 0.1, 0.05
"""How far log odds may lie from those of the training: 0.1, and a twentieth of their value. The
encoder's bfloat16 has eight binary digits, and some processors compute without it."""
RESAMPLES, SEED = 1000, 0
"""Of test molecules, behind an interval."""
FIRST_OUTPUT = "predictions.zarr"
"""The output of a training that its record is named after."""


@dataclass(frozen=True)
class TaskQuality:
    """How well a model does one task, on molecules that it was not trained on.

    Attributes
    ----------
    name : str
        Of the task.
    auc, auc_low, auc_high : float
        ROC-AUC on the test molecules, NaN without both classes, and its 95 % interval, for which
        molecules are resampled.
    positives, labelled : int
        Test molecules that are positive, and that have a label.
    expected : float
        How many of these were positive if the calibrated probabilities were right; NaN of a task
        that was not learned.
    """

    name: str
    auc: float
    auc_low: float
    auc_high: float
    positives: int
    labelled: int
    expected: float


@dataclass(frozen=True)
class TrainedRun:
    """A model, and what is to be known of it.

    Attributes
    ----------
    folder : Path
        Of the training.
    kind, dataset, backbone : str
        Names.
    trained_on : int
        Number of training molecules.
    quality : list of TaskQuality
        Of every task.
    predictor : Predictor
        What is asked about molecules.
    """

    folder: Path
    kind: str
    dataset: str
    backbone: str
    trained_on: int
    quality: list[TaskQuality]
    predictor: Predictor


def read_run(folder: Path, device: torch.device) -> TrainedRun:
    """Return the model of a run's folder, its calibration and its neighbourhood.

    All is read from where the workflow left it; the scale's folder may have been moved as a whole.

    Parameters
    ----------
    folder : Path
        ``results/<scale>/toxicity/<dataset>/runs/<run>``.
    device : torch.device
        Where to compute.

    Raises
    ------
    ValueError
        If the folder is not one of a training, or one of another version of this project; if a
        result is damaged; or if molecules, split, tokens or encoder are no longer those that the
        model was trained with.
    """
    record = _record(folder)
    try:
        return _trained_run(folder, record, device)
    except torch.cuda.OutOfMemoryError as error:
        raise ValueError(f"{folder}: {error}") from error
    except (KeyError, TypeError, RuntimeError) as error:  # how each part says that it lacks one
        fault = next(iter(str(error).splitlines()), type(error).__name__)
        raise ValueError(f"{folder} was trained by another version of this: {fault}") from error


def _trained_run(folder: Path, record: Job, device: torch.device) -> TrainedRun:
    paths = {
        name: _input(folder, record, name) for name in ("molecules", "split", "tokens", "backbone")
    }
    predictions = read_store(folder / FIRST_OUTPUT)
    molecules, split = read_store(paths["molecules"]), read_store(paths["split"]).split.values
    tasks = [str(task) for task in molecules.task.values]
    validation = of_split(predictions, "val")
    learned = scorable(molecules.label.values[split == "train"])
    known = np.where(learned, validation.label.values, np.nan)
    calibration = calibrate(known, validation.logit.values)
    smiles = molecules.smiles.values.astype(str)
    training = smiles[split == "train"]
    recipe = recipe_of(record.params, paths["backbone"], device)
    evaluate = evaluation(recipe, read_weights(folder / "weights.safetensors"), len(tasks))
    _check_unchanged(evaluate, predictions, open_store(paths["tokens"]))
    return TrainedRun(
        folder=folder,
        kind=recipe.spec.kind,
        dataset=str(molecules.attrs["dataset"]),
        backbone=str(record.params["backbone"]["name"]),
        trained_on=len(training),
        quality=_quality(tasks, learned, predictions, calibration),
        predictor=Predictor(
            tasks=tasks,
            learned=learned,
            max_tokens=int(molecules.attrs["max_tokens"]),
            spellings=int(open_store(paths["tokens"]).sizes["spelling"]),
            tokenizer=load_tokenizer(paths["backbone"]),
            evaluate=evaluate,
            calibration=calibration,
            neighbourhood=Neighbourhood.of(list(training), list(smiles[split != "train"])),
        ),
    )


def _record(folder: Path) -> Job:
    path = job_file(folder / FIRST_OUTPUT, ".json")
    if not path.exists():
        raise ValueError(
            f"{folder} is not the folder of a trained model: no {path.relative_to(folder)} in it"
        )
    record = read_job(path)
    if record.script != "scripts/toxicity/train.py":
        raise ValueError(f"{folder} was written by {record.script}, which trains no model")
    return record


def _input(folder: Path, record: Job, name: str) -> Path:
    """Return where an input of the training lies now, after checking that it is the same still."""
    first = Path(record.outputs["predictions"])
    path = folder / os.path.relpath(record.inputs[name], first.parent)
    path = Path(os.path.normpath(path))
    if verified_digest(path) != record.digests[name]:
        again = rebuild_command(folder / FIRST_OUTPUT)
        raise ValueError(f"{path} is not what the model was trained with; train it again: {again}")
    return path


def _check_unchanged(evaluate: Evaluate, predictions: xr.Dataset, tokens: xr.Dataset) -> None:
    """Check that a model says of molecules what it said when it was trained, up to round-off."""
    known = predictions.isel(molecule=slice(ASKED_AGAIN))
    unlabelled = np.full(known.logit.shape, np.nan, np.float32)
    logit, _ = evaluate(encoded(tokens.isel(molecule=known.molecule.values), unlabelled))
    if not np.allclose(logit, known.logit.values, rtol=RELATIVE_ROUND_OFF, atol=ROUND_OFF):
        off = np.abs(logit - known.logit.values).max()
        raise ValueError(
            "the model was trained by another version of this: "
            f"log odds of its held-out molecules come out {off:.2g} off"
        )


def _quality(
    tasks: list[str], learned: NDArray, predictions: xr.Dataset, calibration: Calibration
) -> list[TaskQuality]:
    test = of_split(predictions, "test")
    label, logit = test.label.values, test.logit.values
    counts = resample_counts(len(label), RESAMPLES, SEED)
    probability = np.where(learned, calibration.probability(logit), np.nan)
    columns = zip(tasks, label.T, logit.T, probability.T, strict=True)
    return [
        TaskQuality(
            name,
            *auc_interval(labels, logits, counts),
            positives=int((labels == 1).sum()),
            labelled=int((~np.isnan(labels)).sum()),
            expected=float(probabilities[~np.isnan(labels)].sum()),
        )
        for name, labels, logits, probabilities in columns
    ]
