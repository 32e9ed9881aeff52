"""One training loop for all kinds of models."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from triptych.runtime.monitor import Monitor, NullMonitor
from triptych.toxicity.batches import Batch, Encoded, buckets
from triptych.toxicity.metrics import mean_of_present, roc_auc
from triptych.toxicity.models import Model, masked_bce
from triptych.toxicity.predict import logits
from triptych.training.adam import Adam
from triptych.training.schedule import one_cycle
from triptych.training.tensors import copy_weights, prefixed, unprefixed

CURVES = ("loss", "mean_gate", "val_loss", "val_auc")
"""What is kept of every epoch."""


@dataclass(frozen=True)
class TrainingSpec:
    """How a model is fitted.

    Attributes
    ----------
    epochs, batch_size : int
        Passes over the training molecules, and molecules in a step.
    encoder_rate, head_rate : float
        Peak learning rates of the encoder, and of heads and masks.
    penalty : float
        Weight of the mean gate in the loss (λ).
    warmup : float
        Share of the steps in which the rates rise.
    clip : float
        Largest norm of the gradient.
    decay : float
        Weight decay.
    """

    epochs: int
    batch_size: int
    encoder_rate: float
    head_rate: float
    penalty: float
    warmup: float
    clip: float
    decay: float


@dataclass(frozen=True)
class Trained:
    """The outcome of a training.

    Attributes
    ----------
    weights : dict of str to Tensor
        The model's state after the epoch that did best on validation.
    history : xarray.Dataset
        :data:`CURVES` (epoch); attribute ``chosen_epoch``.
    """

    weights: dict[str, Tensor]
    history: xr.Dataset


class _Session:
    """A training under way: all that a checkpoint holds, and nothing else.

    Batches follow from seed and epoch, dropout from seed and step; so a checkpoint needs no
    random state, and may be taken at any step.
    """

    def __init__(self, model: Model, count: int, spec: TrainingSpec, seed: int) -> None:
        self.model, self.spec, self.seed = model, spec, seed
        encoder = [p for n, p in model.named_parameters() if n.startswith("encoder.")]
        others = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
        self.peaks = (spec.encoder_rate, spec.head_rate)
        self.optimizer = Adam([encoder, others], decay=spec.decay, fused=True)
        self.steps_per_epoch = math.ceil(count / spec.batch_size)
        self.total_steps = self.steps_per_epoch * spec.epochs
        self.step_count = 0
        self.best_score, self.chosen_epoch = -math.inf, 0
        self.best_weights: dict[str, Tensor] = {}
        self.epoch_sums = torch.zeros(2, dtype=torch.float64)
        self.curves = torch.full((len(CURVES), spec.epochs), math.nan, dtype=torch.float64)

    @property
    def epoch(self) -> int:
        return self.step_count // self.steps_per_epoch

    def state(self) -> dict[str, Tensor]:
        return {
            **prefixed(copy_weights(self.model), "model."),
            **prefixed(self.best_weights, "best."),
            **prefixed(self.optimizer.tensors(), "optimizer."),
            "step": torch.tensor(self.step_count),
            "score": torch.tensor([self.best_score, self.chosen_epoch], dtype=torch.float64),
            "sums": self.epoch_sums.clone(),
            "curves": self.curves.clone(),
        }

    def restore(self, state: dict[str, Tensor]) -> None:
        self.model.load_state_dict(unprefixed(state, "model."))
        self.best_weights = unprefixed(state, "best.")
        self.optimizer.restore(unprefixed(state, "optimizer."))
        self.step_count = int(state["step"])
        self.best_score, self.chosen_epoch = float(state["score"][0]), int(state["score"][1])
        self.epoch_sums, self.curves = state["sums"].clone(), state["curves"].clone()

    def batches(self, molecules: Encoded) -> Iterator[Batch]:
        """Yield what is left of the present epoch's batches, each molecule in a random spelling."""
        rng = np.random.default_rng([self.seed, self.epoch])
        spelling = rng.integers(molecules.spellings, size=len(molecules))
        length = molecules.length.numpy()[np.arange(len(molecules)), spelling]
        runs = buckets(length, self.spec.batch_size, rng)
        for index in runs[self.step_count % self.steps_per_epoch :]:
            yield molecules.batch(index, spelling[index])

    def step(self, batch: Batch) -> float:
        """Take one step of AdamW and return its loss, the penalty left out."""
        factor = one_cycle(self.step_count, self.total_steps, self.spec.warmup)
        torch.manual_seed(_step_seed(self.seed, self.step_count))
        self.model.train()
        output = self.model(batch)
        loss = masked_bce(output.logit, batch.label)
        cross_entropy, gate = loss.item(), output.mean_gate.item()
        if not (math.isfinite(cross_entropy) and math.isfinite(gate)):
            raise self._not_finite("loss")
        if self.spec.penalty:
            loss = loss + self.spec.penalty * output.mean_gate
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.spec.clip)
        if not math.isfinite(norm.item()):
            raise self._not_finite("gradient")
        self.optimizer.step([peak * factor for peak in self.peaks])
        self.epoch_sums += torch.tensor([cross_entropy, gate], dtype=torch.float64)
        self.step_count += 1
        return cross_entropy

    def _not_finite(self, quantity: str) -> FloatingPointError:
        place = f"epoch {self.epoch + 1}, step {self.step_count + 1}"
        return FloatingPointError(f"the {quantity} is not finite in {place}")

    def close_epoch(self, molecules: Encoded, device: torch.device) -> None:
        """Measure on validation, and keep the weights if they are the best so far."""
        closed = self.epoch
        logit = logits(self.model, molecules, device)
        if not np.isfinite(logit).all():
            raise FloatingPointError(f"the logits are not finite after epoch {closed}")
        loss, auc = math.nan, math.nan
        if bool(torch.isfinite(molecules.label).any()):
            loss = float(masked_bce(torch.from_numpy(logit), molecules.label))
            auc = float(mean_of_present(roc_auc(molecules.label.numpy(), logit)))
        column = [*(self.epoch_sums / self.steps_per_epoch).tolist(), loss, auc]
        self.curves[:, closed - 1] = torch.tensor(column, dtype=torch.float64)
        self.epoch_sums.zero_()
        score = auc if math.isfinite(auc) else -loss
        late = 2 * closed > self.spec.epochs
        if late and (score >= self.best_score or not math.isfinite(score)):
            self.best_score = score if math.isfinite(score) else self.best_score
            self.chosen_epoch, self.best_weights = closed, copy_weights(self.model)


def train(
    model: Model,
    training: Encoded,
    validation: Encoded,
    spec: TrainingSpec,
    *,
    seed: int,
    device: torch.device | None = None,
    monitor: Monitor | None = None,
) -> Trained:
    """Fit a model to labelled molecules; the weights kept are those best on validation.

    In every epoch each molecule comes in one of its spellings, drawn at random; validation reads
    the canonical SMILES.

    The epoch is chosen from the second half of them, the later of two equals: gates take time to
    close, and where the AUC is at its ceiling early, the first epoch at it has them open still. It
    is chosen by the mean ROC-AUC over the tasks that have both classes in validation; if none has,
    by the loss there; without any label there, it is the last. The optimiser is AdamW (Loshchilov
    and Hutter 2019) with a one-cycle learning rate.

    Parameters
    ----------
    model : Model
        From :func:`triptych.toxicity.models.build_model`; left with the weights that are kept.
    training, validation : Encoded
        Molecules with labels (molecule, task).
    spec : TrainingSpec
    seed : int
        Seed of the batches and of dropout. The weights are the model's own at the start.
    device : torch.device, optional
        Where to compute; the CPU if None.
    monitor : Monitor, optional
        Reports every step, saves checkpoints, and loads one at the start.

    Returns
    -------
    Trained
        The weights that are kept, and curves (epoch).

    Raises
    ------
    ValueError
        If there are no molecules to train on, or no label among them.
    FloatingPointError
        If the loss, its gradient or the logits stop being finite; the message names the epoch, and
        the step of the first two. The last checkpoint is good.
    """
    if not len(training):
        raise ValueError("there are no training molecules")
    if not bool(torch.isfinite(training.label).any()):
        raise ValueError("there is no label among the training molecules")
    device, monitor = device or torch.device("cpu"), monitor or NullMonitor()
    session = _Session(model.to(device), len(training), spec, seed)
    state = monitor.load_checkpoint()
    if state is not None:
        session.restore(dict(state))
    validation = validation.canonical
    while session.step_count < session.total_steps:
        for batch in session.batches(training):
            loss = session.step(batch.to(device))
            if session.step_count % session.steps_per_epoch == 0:
                session.close_epoch(validation, device)
            best = {"best": session.best_score} if session.best_weights else {}
            monitor.report(session.step_count, session.total_steps, loss=loss, **best)
            monitor.save_checkpoint(session.state)
    model.load_state_dict(session.best_weights)
    session.optimizer.zero_grad()  # the model outlives its training
    return Trained(session.best_weights, history_of(session.curves.numpy(), session.chosen_epoch))


def history_of(curves: np.ndarray, chosen_epoch: int) -> xr.Dataset:
    """Return the history of a training.

    Parameters
    ----------
    curves : ndarray of shape (curve, epoch)
        :data:`CURVES`, in their order.
    chosen_epoch : int
        Epoch whose weights are kept, from 1.
    """
    return xr.Dataset(
        {name: ("epoch", values) for name, values in zip(CURVES, curves, strict=True)},
        coords={"epoch": np.arange(1, curves.shape[1] + 1)},
        attrs={"chosen_epoch": chosen_epoch},
    )


def _step_seed(seed: int, step: int) -> int:
    """Return a seed of dropout for one step, by hashing: near steps get unlike streams."""
    return int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0] >> 1)
