"""Small settings for the tests of paper 3: the science has no defaults, so all are told."""

from __future__ import annotations

from typing import Any

import torch

from triptych.toxicity.backbones import BackboneSpec
from triptych.toxicity.bert import Backbone, EncoderConfig
from triptych.toxicity.runs import Record
from triptych.toxicity.scoring import Scoring
from triptych.toxicity.training import TrainingSpec


def toxicity_training(**changes: Any) -> TrainingSpec:
    """Return a short training of a language model."""
    values: dict[str, Any] = {
        "epochs": 2,
        "batch_size": 8,
        "encoder_rate": 1e-4,
        "head_rate": 1e-3,
        "penalty": 0.0,
        "warmup": 0.1,
        "clip": 1.0,
        "decay": 0.01,
    }
    return TrainingSpec(**{**values, **changes})


def backbone_spec(**changes: Any) -> BackboneSpec:
    """Return a pretrained encoder of three layers."""
    values: dict[str, Any] = {"n_layers": 3, "pretrained": True, "dropout": 0.1}
    return BackboneSpec(**{**values, **changes})


def tiny_backbone(seed: int = 0, **changes: Any) -> Backbone:
    """Return a BERT of one layer with random weights."""
    values: dict[str, Any] = {
        "model_type": "bert",
        "vocab_size": 20,
        "max_position_embeddings": 64,
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 24,
    }
    torch.manual_seed(seed)
    return Backbone(EncoderConfig(**{**values, **changes}))


def scoring(**changes: Any) -> Scoring:
    """Return a scoring with few resamples."""
    values: dict[str, Any] = {
        "record": Record("bert", "gates", 0.1),
        "bins": 10,
        "resamples": 50,
        "seed": 0,
    }
    return Scoring(**{**values, **changes})
