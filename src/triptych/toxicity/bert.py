"""BERT, RoBERTa and ALBERT on packed molecules: embeddings and layers, without pooler or head.

The equations are those of Vaswani et al. 2017 (arXiv:1706.03762), Devlin et al. 2019
(arXiv:1810.04805), Liu et al. 2019 (arXiv:1907.11692) and Lan et al. 2020 (arXiv:1909.11942).
Modules have the names of the published files, so that their tensors fit as they are.
``transformers`` computes the same, on padded molecules, and is the reference in the tests: to
import it costs a job several seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from triptych.toxicity.kernels import ByteDropout, softmax_attention
from triptych.toxicity.packing import Packing

BERT, ROBERTA, ALBERT = "bert", "roberta", "albert"
FAMILIES = (BERT, ALBERT, ROBERTA)
"""Architectures that are known here; files of whole models name an encoder's tensors by them."""

FAMILY_DEFAULTS: dict[str, dict[str, Any]] = {
    BERT: {},
    ROBERTA: {"pad_token_id": 1},
    ALBERT: {"hidden_act": "gelu_new", "embedding_size": 128},
}
"""What a family's configurations leave out where it is usual."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": functional.gelu,
    "gelu_new": partial(functional.gelu, approximate="tanh"),
    "relu": functional.relu,
}


@dataclass(frozen=True)
class EncoderConfig:
    """An architecture, under the names that published configurations have for its parts.

    Attributes
    ----------
    model_type : str
        One of :data:`FAMILIES`.
    vocab_size, max_position_embeddings : int
        Rows of the embeddings of words and of positions.
    type_vocab_size : int, optional
        Rows of the embedding of types.
    embedding_size : int, optional
        Width of the three embeddings; that of the states if None.
    hidden_size, num_attention_heads, intermediate_size : int
        Width of the states, heads of their attention, width within a layer.
    num_hidden_layers : int
        Depth: repetitions, where layers share their weights.
    pad_token_id : int, optional
        Place of the padding in the vocabulary; positions of RoBERTa count from beyond it.
    hidden_act : str, optional
        One of :data:`ACTIVATIONS`.
    hidden_dropout_prob : float, optional
        Dropout of the states. The attention probabilities have none.
    layer_norm_eps : float, optional
        What is added to the variance where states are normalised.
    initializer_range : float, optional
        Standard deviation of random weights.
    num_hidden_groups, inner_group_num : int, optional
        ALBERT's sets of shared layers and the layers of one; 1 is known here.
    position_embedding_type : str, optional
        ``absolute`` is known here.
    is_decoder : bool, optional
        Whether tokens attend to those before them only; False is known here.
    """

    model_type: str
    vocab_size: int
    max_position_embeddings: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    embedding_size: int | None = None
    type_vocab_size: int = 2
    pad_token_id: int = 0
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    layer_norm_eps: float = 1e-12
    initializer_range: float = 0.02
    num_hidden_groups: int = 1
    inner_group_num: int = 1
    position_embedding_type: str = "absolute"
    is_decoder: bool = False

    @classmethod
    def of(cls, published: Mapping[str, Any], path: Path) -> EncoderConfig:
        """Return the architecture that a published configuration describes.

        Parameters
        ----------
        published : mapping of str to object
            The configuration; keys that are no part of the architecture are passed over.
        path : Path
            Where it stands, for messages.

        Raises
        ------
        ValueError
            If it is of no known family, lacks a key, or has a value that is not known here.
        """
        family = published.get("model_type")
        if family not in FAMILIES:
            raise ValueError(f"{path}: model_type {family!r}; known: {', '.join(FAMILIES)}")
        names = {field.name for field in fields(cls)}
        values = FAMILY_DEFAULTS[family] | {
            name: value for name, value in published.items() if name in names and value is not None
        }
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        if missing := sorted(needed - values.keys()):
            raise ValueError(f"{path}: no {', '.join(missing)}")
        config = cls(**values)
        for name, known in (
            ("hidden_act", tuple(ACTIVATIONS)),
            ("num_hidden_groups", (1,)),
            ("inner_group_num", (1,)),
            ("position_embedding_type", ("absolute",)),
            ("is_decoder", (False,)),
        ):
            if (value := getattr(config, name)) not in known:
                raise ValueError(f"{path}: {name} {value!r}; known: {', '.join(map(str, known))}")
        if config.hidden_size % config.num_attention_heads:
            raise ValueError(
                f"{path}: hidden_size {config.hidden_size} is no multiple of num_attention_heads"
                f" {config.num_attention_heads}"
            )
        return config


class _Embeddings(nn.Module):
    """Words, positions and types, added; a molecule is all of type 0."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size, pad = config.embedding_size or config.hidden_size, config.pad_token_id
        self.word_embeddings = nn.Embedding(config.vocab_size, size, padding_idx=pad)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, size)
        self.LayerNorm = nn.LayerNorm(size, eps=config.layer_norm_eps)
        self.dropout = ByteDropout(config.hidden_dropout_prob)
        # RoBERTa counts from beyond its padding.
        self.first_position = pad + 1 if config.model_type == ROBERTA else 0

    def forward(self, token: Tensor, position: Tensor) -> Tensor:
        """Return (token, size) of tokens and their positions, both (token,)."""
        words = self.word_embeddings(token) + self.token_type_embeddings(torch.zeros_like(token))
        states = words + self.position_embeddings(position + self.first_position)
        normed: Tensor = self.dropout(self.LayerNorm(states))
        return normed


class _Attention(nn.Module):
    """Every token attends to those of its molecule; (token, width) to the same."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.heads = config.num_attention_heads
        width = config.hidden_size
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return (token, width), what each token gathers of states (token, width), head by head."""
        query, key, value = (
            packing.pad(project(states).unflatten(-1, (self.heads, -1))).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        output = softmax_attention(query, key, value, packing.bias(query.dtype))
        return packing.pack(output).flatten(1)


class _Residual(nn.Module):
    """A linear map with dropout, added to what came before, and normalised."""

    def __init__(self, config: EncoderConfig, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = ByteDropout(config.hidden_dropout_prob)

    def forward(self, values: Tensor, before: Tensor) -> Tensor:
        """Return (token, width) of values, (token, inputs), and states, (token, width)."""
        normed: Tensor = self.LayerNorm(self.dropout(self.dense(values)) + before)
        return normed


class _BertLayer(nn.Module):
    """A layer of BERT and RoBERTa."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.attention = nn.ModuleDict(
            {"self": _Attention(config), "output": _Residual(config, width)}
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(width, inner)})
        self.output = _Residual(config, inner)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return the next states, (token, width)."""
        states = self.attention["output"](self.attention["self"](states, packing), states)
        after: Tensor = self.output(self.activation(self.intermediate["dense"](states)), states)
        return after


class _AlbertAttention(_Attention):
    """Attention with what follows it."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__(config)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = ByteDropout(config.hidden_dropout_prob)

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return the states after attention, (token, width)."""
        gathered = self.dropout(self.dense(super().forward(states, packing)))
        normed: Tensor = self.LayerNorm(states + gathered)
        return normed


class _AlbertLayer(nn.Module):
    """The layer that ALBERT repeats; it has no dropout after its second half."""

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        width, inner = config.hidden_size, config.intermediate_size
        self.full_layer_layer_norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.attention = _AlbertAttention(config)
        self.ffn, self.ffn_output = nn.Linear(width, inner), nn.Linear(inner, width)
        self.activation = ACTIVATIONS[config.hidden_act]

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return the next states, (token, width)."""
        states = self.attention(states, packing)
        inner = self.ffn_output(self.activation(self.ffn(states)))
        normed: Tensor = self.full_layer_layer_norm(inner + states)
        return normed


class _BertLayers(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_BertLayer(config) for _ in range(config.num_hidden_layers))

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return the last states of the first ones, both (token, width)."""
        for layer in self.layer:
            states = layer(states, packing)
        return states


class _AlbertLayers(nn.Module):
    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        size = config.embedding_size or config.hidden_size
        self.embedding_hidden_mapping_in = nn.Linear(size, config.hidden_size)
        layers = nn.ModuleList([_AlbertLayer(config)])
        self.albert_layer_groups = nn.ModuleList([nn.ModuleDict({"albert_layers": layers})])
        self.repetitions = config.num_hidden_layers

    def forward(self, states: Tensor, packing: Packing) -> Tensor:
        """Return the last states, (token, width), of the embeddings, (token, size)."""
        states = self.embedding_hidden_mapping_in(states)
        layer = self.get_submodule("albert_layer_groups.0.albert_layers.0")
        for _ in range(self.repetitions):
            states = layer(states, packing)
        return states


class Backbone(nn.Module):
    """An encoder of one of the three families, with random weights from torch's own seed.

    Parameters
    ----------
    config : EncoderConfig
    """

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.embeddings = _Embeddings(config)
        self.encoder = (_AlbertLayers if config.model_type == ALBERT else _BertLayers)(config)
        self.apply(self._initialise)

    @property
    def width(self) -> int:
        """Size of a token's state."""
        return self.config.hidden_size

    def forward(self, token: Tensor, packing: Packing) -> Tensor:
        """Return the last states of a batch's tokens.

        Parameters
        ----------
        token : Tensor of shape (token,)
            Places in the vocabulary, packed.
        packing : Packing
            Where they are in their molecules.

        Returns
        -------
        Tensor of shape (token, width)

        Raises
        ------
        ValueError
            If a molecule is longer than the encoder has positions.
        """
        longest = packing.real.shape[1]
        positions = self.config.max_position_embeddings - self.embeddings.first_position
        if longest > positions:
            raise ValueError(
                f"molecules of {longest} tokens; the encoder has {positions} positions"
            )
        states: Tensor = self.encoder(self.embeddings(token, packing.position), packing)
        return states

    def _initialise(self, module: nn.Module) -> None:
        """Draw normal weights, which Devlin et al. truncated; the padding's embedding is 0."""
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
        if isinstance(module, nn.Embedding) and module.padding_idx is not None:
            with torch.no_grad():
                module.weight[module.padding_idx].zero_()
