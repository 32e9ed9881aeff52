"""Paper 3, fine-tuning: packed molecules in bfloat16 against padded ones in float32.

One pass over molecules of the lengths of Tox21; both forms have the same architecture and batches
of as many molecules.
"""

from __future__ import annotations

import json
from statistics import median

import numpy as np
import pytest
import torch
from readings import faster
from reference_encoder import PaddedEncoder
from transformers import AutoModel, BertConfig

from triptych.config.model import Config
from triptych.toxicity.backbones import BackboneSpec, convert, load_backbone
from triptych.toxicity.batches import Encoded, buckets
from triptych.toxicity.models import ModelSpec, build_model, masked_bce

MOLECULES, LONGEST, BATCH, TASKS, TOKENS = 256, 128, 16, 12, 591
SUBJECT = "fine-tuning"
LAPTOP = Config().toxicity.training
MASK = Config().toxicity.model.mask

SIZES = {
    "model_type": "bert",
    "vocab_size": TOKENS,
    "hidden_size": 256,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "intermediate_size": 512,
    "max_position_embeddings": 512,
}


@pytest.fixture(scope="module")
def molecules():
    """Return molecules of the lengths of Tox21: median 28 tokens, 95th percentile 65."""
    rng = np.random.default_rng(0)
    length = np.clip(rng.lognormal(np.log(28), 0.51, MOLECULES).astype(int), 4, LONGEST)
    token = rng.integers(15, 60, (MOLECULES, LONGEST))
    inner = (np.arange(LONGEST) > 0) & (np.arange(LONGEST) < length[:, None] - 1)
    atoms = inner & (rng.random(inner.shape) < 0.6)
    where = np.full(atoms.shape, -1)
    for row, place in zip(where, atoms, strict=True):
        row[: place.sum()] = np.flatnonzero(place)
    spelled = (each[:, None] for each in (token, length, where, atoms.astype(np.int16)))
    label = rng.integers(0, 2, (MOLECULES, TASKS)).astype(np.float32)
    return Encoded(*map(torch.as_tensor, (*spelled, label)))


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """Return a converted folder of the laptop scale's architecture, with random weights."""
    source = tmp_path_factory.mktemp("published")
    torch.manual_seed(0)
    model = AutoModel.from_config(BertConfig(**SIZES))
    torch.save(model.state_dict(), source / "pytorch_model.bin")
    (source / "config.json").write_text(json.dumps(SIZES))
    (source / "vocab.txt").write_text("\n".join(map(str, range(TOKENS))))
    convert(source, source / "converted")
    return source / "converted"


def model_spec(kind):
    return ModelSpec(kind, MASK, LAPTOP.hidden, LAPTOP.bfloat16)


def one_pass(model, batches):
    """Return a function that trains on every batch once."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    model.train()

    def run():
        for batch in batches:
            loss = masked_bce(model(batch).logit, batch.label)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    return run


@pytest.mark.parametrize("threads", [1, 2], indirect=True)
@pytest.mark.parametrize("kind", ["mtl", "sparse"])
def test_one_pass(measure, molecules, backbone, kind):
    whole = BackboneSpec(n_layers=4, pretrained=True, dropout=LAPTOP.dropout)
    model = build_model(model_spec(kind), TASKS, load_backbone(backbone, whole, 0), 0)
    runs = buckets(molecules.length[:, 0].numpy(), BATCH, np.random.default_rng(0))
    ours = one_pass(model, [molecules.batch(index) for index in runs])
    slow, fast = measure(padded_in_float32(molecules, backbone), ours, least=3)
    case = f"{kind}, 4 layers, batch {BATCH}"
    note = f"{MOLECULES} molecules of the lengths of Tox21"
    measure.reads(SUBJECT, case, "rate", "molecules/s", MOLECULES / median(fast), note=note)
    measure.reads(
        SUBJECT, case, "against a padded multi-task model in float32", "speed-up",
        faster(slow, fast), target=3,
    )  # fmt: skip


def padded_in_float32(molecules, backbone):
    """As ``transformers`` does it: its own attention and dropout, all batches of one length."""
    own = AutoModel.from_pretrained(backbone, add_pooling_layer=False)
    whole = BackboneSpec(n_layers=4, pretrained=True, dropout=LAPTOP.dropout)
    model = build_model(model_spec("mtl"), TASKS, load_backbone(backbone, whole, 0), 0)
    model.encoder = PaddedEncoder(own)
    order = np.random.default_rng(0).permutation(MOLECULES)
    starts = range(0, MOLECULES, BATCH)
    return one_pass(model, [padded(molecules, order[start : start + BATCH]) for start in starts])


def padded(molecules, index):
    """Return a batch as long as the longest molecule of the whole set."""
    longest = int(molecules.length[:, 0].argmax())
    batch = molecules.batch(np.append(index, longest))
    return type(batch)(*(getattr(batch, n)[:-1] for n in ("token", "real", "gated", "label")))
