"""Chemical language models: converted once to safetensors, loaded from a folder, cut in depth.

The published files are pickles with the weights of a whole pretraining model. Of them only the
encoder is kept: neither the pooler nor the head of the pretraining task is used here.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from triptych.toxicity.bert import FAMILIES, Backbone, EncoderConfig
from triptych.training.tensors import unprefixed

WEIGHTS, PICKLE, CONFIG = "model.safetensors", "pytorch_model.bin", "config.json"
"""Files of a published model's folder; only the first and the last are in a converted one."""
TOKENIZER_FILES = ("vocab.txt", "vocab.json", "merges.txt", "tokenizer.json")


@dataclass(frozen=True)
class BackboneSpec:
    """Which encoder to build from a converted folder.

    Attributes
    ----------
    n_layers : int
        Depth: the first layers of BERT and RoBERTa, repetitions of ALBERT's shared one.
    pretrained : bool
        False gives the same architecture with random weights.
    dropout : float
        Of the hidden states. The attention probabilities have none.
    """

    n_layers: int
    pretrained: bool
    dropout: float


def convert(source: Path, target: Path) -> None:
    """Write the encoder of a published model as safetensors with its configuration and vocabulary.

    Twice the same source gives the same bytes.

    Parameters
    ----------
    source : Path
        Folder with ``pytorch_model.bin`` or ``model.safetensors``, ``config.json`` and the
        tokenizer's files.
    target : Path
        An empty folder; it is made if there is none.

    Raises
    ------
    ValueError
        If a file is missing, if the pickle holds anything but tensors by name, or if the model has
        another architecture than is known here.
    """
    config = json.loads(_file(source, CONFIG).read_text())
    state = read_tensors(source)
    if "model_type" not in config:
        config["model_type"] = _family(state, source)
    family = EncoderConfig.of(config, source / CONFIG).model_type
    encoder = encoder_tensors(state, family)
    if not encoder:
        raise ValueError(f"{source}: no tensor of a {family} encoder in it")
    copied = [name for name in TOKENIZER_FILES if (source / name).exists()]
    if not copied:
        raise ValueError(f"{source}: no vocabulary; looked for {', '.join(TOKENIZER_FILES)}")
    target.mkdir(parents=True, exist_ok=True)
    save_file(encoder, target / WEIGHTS, metadata={"format": "pt"})
    (target / CONFIG).write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    for name in copied:
        shutil.copyfile(source / name, target / name)


def read_tensors(folder: Path) -> dict[str, Tensor]:
    """Return the tensors of a model's folder; a pickle is read without running what is in it.

    Parameters
    ----------
    folder : Path
        With ``model.safetensors`` or ``pytorch_model.bin``.

    Returns
    -------
    dict of str to Tensor
        By name, on the CPU.

    Raises
    ------
    ValueError
        If there is no weights file, or it holds anything but tensors by name.
    """
    path = folder / WEIGHTS
    if path.exists():
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} is not a safetensors file: {error}") from error
    path = _file(folder, PICKLE)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path} is not a plain file of weights: {error}") from error
    only_tensors = isinstance(state, dict) and all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in state.items()
    )
    if not only_tensors:
        raise ValueError(f"{path} is not a plain file of weights: it holds a {type(state)}")
    return state


def encoder_tensors(state: dict[str, Tensor], family: str) -> dict[str, Tensor]:
    """Return the encoder's tensors by their names in the bare model; no pooler, no head.

    Parameters
    ----------
    state : dict of str to Tensor
        By name, with or without the family's prefix.
    family : str
        One of :data:`FAMILIES`.

    Returns
    -------
    dict of str to Tensor
        Copies of the floating-point tensors, sorted by name; empty if there is none.
    """
    prefix = f"{family}."
    inner = unprefixed(state, prefix) if any(name.startswith(prefix) for name in state) else state
    return {
        name: value.clone().contiguous()
        for name, value in sorted(inner.items())
        if name.startswith(("embeddings.", "encoder.")) and value.is_floating_point()
    }


def load_backbone(folder: Path, spec: BackboneSpec, seed: int) -> Backbone:
    """Return a backbone from a converted folder, with the depth and dropout of ``spec``.

    Parameters
    ----------
    folder : Path
        As :func:`convert` writes it.
    spec : BackboneSpec
    seed : int
        Of the random weights, without ``spec.pretrained``.

    Returns
    -------
    Backbone
        In float32, on the CPU.

    Raises
    ------
    ValueError
        If ``n_layers`` is not between 1 and the published depth, or the folder lacks weights that
        the architecture needs.
    """
    path = _file(folder, CONFIG)
    published = EncoderConfig.of(json.loads(path.read_text()), path)
    depth = published.num_hidden_layers
    if not 1 <= spec.n_layers <= depth:
        raise ValueError(f"n_layers is {spec.n_layers}; {folder.name} has 1 to {depth}")
    torch.manual_seed(seed)
    backbone = Backbone(
        replace(published, num_hidden_layers=spec.n_layers, hidden_dropout_prob=spec.dropout)
    )
    if spec.pretrained:
        # The layers that are cut are left in the file.
        missing = backbone.load_state_dict(read_tensors(folder), strict=False).missing_keys
        if missing:
            raise ValueError(f"{folder}: weights missing: {sorted(missing)}")
    return backbone


def _family(state: dict[str, Tensor], source: Path) -> str:
    """Return the family by the prefix of the tensors' names; older configurations leave it out."""
    families = [name for name in FAMILIES if any(key.startswith(f"{name}.") for key in state)]
    if len(families) != 1:
        raise ValueError(f"{source / CONFIG}: no model_type, and the weights do not tell it")
    return families[0]


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.exists():
        raise ValueError(f"{folder}: no {name} in it")
    return path
