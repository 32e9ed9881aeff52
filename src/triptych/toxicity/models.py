"""The models that are compared: one encoder, pooled once for all tasks or by each task's mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.toxicity.batches import Batch
from triptych.toxicity.bert import Backbone
from triptych.toxicity.kernels import gains_from_bfloat16
from triptych.toxicity.masks import FORMS, MaskForm, gates, mean_gate, shares
from triptych.toxicity.names import LANGUAGE_MODELS, POOLED, STL, MaskName
from triptych.toxicity.packing import Packing


class Output(NamedTuple):
    """What a model says about a batch.

    Attributes
    ----------
    logit : Tensor of shape (molecule, task)
        Log odds.
    share : Tensor of shape (molecule, position, task)
        Each token's share of the pooled mass.
    evidence : Tensor of shape (molecule, position, task)
        What a token says for the task: the head's weights times its state.
    mean_gate : Tensor of shape ()
        Which the penalty acts on.
    """

    logit: Tensor
    share: Tensor
    evidence: Tensor
    mean_gate: Tensor


@dataclass(frozen=True)
class ModelSpec:
    """What a model is made of, besides its backbone, for any number of tasks.

    Attributes
    ----------
    kind : str
        One of :data:`triptych.toxicity.names.LANGUAGE_MODELS`.
    mask : str or None
        Form of the masks, one of :data:`triptych.toxicity.masks.FORMS`. A kind without masks has
        none.
    hidden : int
        Hidden units of the scores of one task, where these have a network of their own.
    bfloat16 : bool
        Whether the encoder computes in bfloat16 where that is faster. Masks, heads and losses
        never do.
    """

    kind: str
    mask: MaskName | None
    hidden: int
    bfloat16: bool


class Encoder(nn.Module):
    """A backbone with packing and precision: a batch in, the states of its tokens in float32 out.

    :class:`triptych.toxicity.bert.Backbone` is the network alone. It reads a packed row, in
    whatever precision it is told to compute.
    """

    def __init__(self, backbone: Backbone, bfloat16: bool) -> None:
        super().__init__()
        self.backbone, self.in_bfloat16 = backbone, bfloat16

    def forward(self, batch: Batch) -> tuple[Tensor, Packing]:
        """Return the states of a batch's tokens, (token, width) float32, and where these are."""
        packing = Packing.of(batch.real)
        device = batch.token.device
        reduced = self.in_bfloat16 and gains_from_bfloat16(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=reduced):
            states = self.backbone(packing.pack(batch.token), packing)
        return states.float(), packing


class Model(nn.Module):
    """An encoder with what reads it; called on a batch."""

    encoder: Encoder

    def forward(self, batch: Batch) -> Output:
        """Return logits, masks and how open they are."""
        raise NotImplementedError


class PooledModel(Model):
    """The mean of the states of tokens that may be pooled, read out by a linear head a task."""

    def __init__(self, encoder: Encoder, tasks: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.Linear(encoder.backbone.width, tasks)

    def forward(self, batch: Batch) -> Output:
        """Return logits, equal shares for all tasks, evidence, and a mean gate of 1."""
        packed, packing = self.encoder(batch)
        evidence = packing.pad(functional.linear(packed, self.heads.weight))
        share = shares(batch.gated.float()[..., None]).expand_as(evidence)
        logit = (share * evidence).sum(1) + self.heads.bias
        return Output(logit, share, evidence, logit.new_ones(()))


class MaskedModel(Model):
    """Token states read out by each task's own linear head, under its own mask."""

    def __init__(self, encoder: Encoder, tasks: int, form: MaskForm) -> None:
        super().__init__()
        self.encoder, self.form = encoder, form
        self.heads = nn.Linear(encoder.backbone.width, tasks)

    def forward(self, batch: Batch) -> Output:
        """Return logits, each task's shares and evidence, and the mean gate."""
        packed, packing = self.encoder(batch)
        evidence = functional.linear(packed, self.heads.weight)
        gate = gates(packing.pad(self.form.scores(packed, evidence)), batch.gated)
        share, evidence = shares(gate), packing.pad(evidence)
        logit = self.form.logit(evidence, share, batch.gated, self.heads.bias)
        return Output(logit, share, evidence, mean_gate(gate, batch.gated))


def build_model(spec: ModelSpec, tasks: int, backbone: Backbone, seed: int) -> Model:
    """Return a model of one kind around a backbone.

    Parameters
    ----------
    spec : ModelSpec
    tasks : int
        Number of tasks; 1 for single-task models.
    backbone : Backbone
        Its encoder, trained further in place.
    seed : int
        Of heads and masks.

    Returns
    -------
    Model

    Raises
    ------
    ValueError
        If the kind or the form of its masks is unknown, or a single-task model is to have several
        tasks.
    """
    if spec.kind not in LANGUAGE_MODELS:
        raise ValueError(f"kind is {spec.kind!r}; known: {', '.join(LANGUAGE_MODELS)}")
    if spec.kind == STL and tasks != 1:
        raise ValueError(f"a single-task model has 1 task, not {tasks}")
    torch.manual_seed(seed)
    encoder = Encoder(backbone, spec.bfloat16)
    if spec.kind in POOLED:
        return PooledModel(encoder, tasks)
    if spec.mask not in FORMS:
        raise ValueError(f"form of masks is {spec.mask!r}; known: {', '.join(FORMS)}")
    form = FORMS[spec.mask](backbone.width, tasks, spec.hidden)
    return MaskedModel(encoder, tasks, form)


def masked_bce(logit: Tensor, label: Tensor) -> Tensor:
    """Return the binary cross-entropy over the labels that exist.

    Parameters
    ----------
    logit : Tensor of shape (molecule, task)
        Log odds.
    label : Tensor of shape (molecule, task)
        0, 1 or NaN.

    Returns
    -------
    Tensor of shape ()
        In nats a label; 0 if there are no labels.
    """
    labelled = torch.isfinite(label)
    if not labelled.any():
        return logit.sum() * 0
    return functional.binary_cross_entropy_with_logits(logit[labelled], label[labelled])
