"""An encoder as ``transformers`` runs it: every batch padded, its own attention and dropout."""

from __future__ import annotations

from torch import Tensor, nn
from transformers import PreTrainedModel

from triptych.toxicity.batches import Batch
from triptych.toxicity.packing import Packing


class PaddedEncoder(nn.Module):
    """What :class:`triptych.toxicity.models.Encoder` computes, in float32, padding and all."""

    def __init__(self, backbone: PreTrainedModel) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, batch: Batch) -> tuple[Tensor, Packing]:
        token = batch.token.where(batch.real, self.backbone.config.pad_token_id)
        states = self.backbone(input_ids=token, attention_mask=batch.real).last_hidden_state
        packing = Packing.of(batch.real)
        return packing.pack(states), packing
