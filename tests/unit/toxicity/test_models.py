from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from reference_encoder import PaddedEncoder
from torch.nn import functional
from toxicity_specs import tiny_backbone
from transformers import AlbertConfig, AutoModel, BertConfig, RobertaConfig

from triptych.toxicity.batches import Batch
from triptych.toxicity.bert import Backbone, EncoderConfig
from triptych.toxicity.masks import FORMS
from triptych.toxicity.models import ModelSpec, build_model, masked_bce
from triptych.toxicity.names import LANGUAGE_MODELS
from triptych.training.tensors import count_parameters


def published(family):
    torch.manual_seed(0)
    config = family(
        vocab_size=20, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=64, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    return AutoModel.from_config(config, add_pooling_layer=False)


def own(model):
    """Return the encoder that has the architecture and the weights of one of ``transformers``."""
    backbone = Backbone(EncoderConfig.of(model.config.to_dict(), Path("config.json")))
    backbone.load_state_dict(model.state_dict())
    return backbone


def backbone():
    return tiny_backbone(num_hidden_layers=2, hidden_dropout_prob=0.0)


def model(kind, tasks=3, bfloat16=False, mask="gates"):
    tasks = 1 if kind == "stl" else tasks
    return build_model(ModelSpec(kind, mask, hidden=4, bfloat16=bfloat16), tasks, backbone(), 0)


def batch(tasks=3, lengths=(5, 9, 14), padded=16):
    generator = torch.Generator().manual_seed(1)
    label = torch.randint(0, 2, (len(lengths), tasks), generator=generator).float()
    token = torch.randint(5, 20, (len(lengths), padded), generator=generator)
    position = torch.arange(padded)
    end = torch.tensor(lengths)[:, None]
    gated = (position > 0) & (position < end - 1) & (position % 2 == 1)
    label[0, 0] = torch.nan
    return Batch(token, position < end, gated, label)


def gradients(net, given, penalty=0.1):
    net.zero_grad()
    output = net(given)
    (masked_bce(output.logit, given.label) + penalty * output.mean_gate).backward()
    return {n: p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("family", [BertConfig, AlbertConfig, RobertaConfig])
@pytest.mark.parametrize("lengths", [(5, 9, 14), (16,), tuple(range(4, 17)) * 2])
def test_packed_molecules_have_the_outputs_and_gradients_of_padded_ones(family, lengths):
    spec = ModelSpec("sparse", "gates", 4, False)
    packed, padded = (build_model(spec, 3, own(published(family)), 0) for _ in range(2))
    padded.encoder = PaddedEncoder(published(family))
    given = batch(lengths=lengths)
    a, b = packed(given), padded(given)
    torch.testing.assert_close(a.logit, b.logit, rtol=0, atol=1e-6)
    torch.testing.assert_close(a.share, b.share, rtol=0, atol=1e-6)
    first, second = gradients(packed, given), gradients(padded, given)
    assert first.keys() == second.keys()
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=0, atol=1e-6, msg=name)


@pytest.mark.parametrize(
    ("kind", "mask"),
    [*((kind, "gates") for kind in LANGUAGE_MODELS), *(("sparse", form) for form in FORMS)],
)
def test_padding_changes_neither_outputs_nor_gradients(kind, mask):
    net = model(kind, mask=mask)
    tasks = 1 if kind == "stl" else 3
    short, long = batch(tasks), batch(tasks, padded=40)
    long = replace(long, token=torch.full_like(long.token, 7))
    long.token[:, :16] = short.token
    a, b = net(short), net(long)
    torch.testing.assert_close(b.logit, a.logit, rtol=0, atol=1e-5)
    torch.testing.assert_close(b.share[:, :16], a.share, rtol=0, atol=1e-5)
    real = short.real  # beyond it stands whatever fills the row up
    torch.testing.assert_close(b.evidence[:, :16][real], a.evidence[real], rtol=0, atol=1e-5)
    assert not b.share[:, 16:].any()
    first, second = gradients(net, short), gradients(net, long)
    assert first.keys() == second.keys()
    for name in first:
        torch.testing.assert_close(second[name], first[name], rtol=0, atol=1e-5, msg=name)


def test_with_even_scores_the_masked_model_is_the_pooled_one():
    pooled, masked = model("mtl"), model("attention")
    masked.encoder, masked.heads = pooled.encoder, pooled.heads
    torch.nn.init.zeros_(masked.form.attention.outer)
    torch.testing.assert_close(masked(batch()).logit, pooled(batch()).logit, rtol=0, atol=1e-6)
    torch.testing.assert_close(masked(batch()).share, pooled(batch()).share)


@pytest.mark.parametrize("mask", FORMS)
def test_only_gated_tokens_are_pooled(mask):
    for kind in ("mtl", "sparse"):
        share = model(kind, mask=mask)(batch()).share
        assert not share[~batch().gated].any()
        torch.testing.assert_close(share.sum(1), torch.ones(3, 3))


@pytest.mark.parametrize("mask", FORMS)
def test_a_head_sees_its_own_task_only(mask):
    net = model("sparse", mask=mask)
    gradient = torch.autograd.grad(net(batch()).logit[:, 1].sum(), net.heads.weight)[0]
    assert gradient[1].abs().max() > 0
    assert not gradient[[0, 2]].any()


def test_loss_is_the_mean_over_the_labels_that_exist():
    logit = torch.tensor([[0.3, -1.0], [2.0, 0.1]])
    label = torch.tensor([[1.0, torch.nan], [0.0, 1.0]])
    known = torch.stack(
        [functional.softplus(-logit[0, 0]), functional.softplus(logit[1, 0]),
         functional.softplus(-logit[1, 1])]
    )  # fmt: skip
    torch.testing.assert_close(masked_bce(logit, label), known.mean())
    assert masked_bce(logit, torch.full_like(label, torch.nan)).item() == 0


def test_outputs_are_float32_and_near_when_the_encoder_is_in_bfloat16(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    full, half = model("sparse"), model("sparse", bfloat16=True)
    a, b = full(batch()), half(batch())
    assert b.logit.dtype == b.share.dtype == torch.float32
    assert not torch.equal(a.logit, b.logit)
    torch.testing.assert_close(b.logit, a.logit, rtol=0, atol=0.05)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")
    assert torch.equal(half(batch()).logit, a.logit)  # emulated, it would be slower


def test_kinds_are_checked():
    with pytest.raises(ValueError, match=r"'gru'; known: stl, mtl, attention, sparse"):
        build_model(ModelSpec("gru", "gates", 4, False), 2, backbone(), 0)
    with pytest.raises(ValueError, match="1 task, not 2"):
        build_model(ModelSpec("stl", "gates", 4, False), 2, backbone(), 0)
    with pytest.raises(ValueError, match=r"None; known: gates, tied, noisy_or"):
        build_model(ModelSpec("sparse", None, 4, False), 2, backbone(), 0)
    with pytest.raises(ValueError, match=r"'top'; known: gates, tied, noisy_or"):
        build_model(ModelSpec("sparse", "top", 4, False), 2, backbone(), 0)


def test_parameters_are_counted():
    extra = count_parameters(model("sparse")) - count_parameters(model("mtl"))
    assert extra == 3 * (16 * 4 + 4 + 4)  # scores of three tasks: matrix, offsets, last product


@pytest.mark.parametrize("kind", LANGUAGE_MODELS)
def test_what_stands_in_the_padding_does_not_matter(kind):
    net = model(kind)
    given = batch(1 if kind == "stl" else 3)
    other = replace(given, token=torch.where(given.real, given.token, 3))
    torch.testing.assert_close(net(other).logit, net(given).logit, rtol=0, atol=1e-6)


def test_the_logit_of_averaging_forms_is_the_mean_of_the_evidence_under_the_mask():
    for kind, mask in (("mtl", "gates"), ("sparse", "gates"), ("sparse", "tied")):
        net = model(kind, mask=mask)
        output = net(batch())
        mean = (output.share * output.evidence).sum(1) + net.heads.bias
        torch.testing.assert_close(output.logit, mean)
