from __future__ import annotations

import json

import pytest
import torch
from pickles import Executed
from torch import nn
from toxicity_specs import backbone_spec
from transformers import AutoModel, BertConfig, BertForMaskedLM
from transformers.models.albert import AlbertConfig, AlbertForMaskedLM

from triptych.toxicity.backbones import convert, encoder_tensors, load_backbone
from triptych.toxicity.kernels import ByteDropout, softmax_attention
from triptych.toxicity.packing import Packing

SIZES = {
    "vocab_size": 20,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
}


@pytest.fixture(params=["bert", "albert"])
def published(request, tmp_path):
    """Return a folder as the packages have it: a pickle, a configuration, a vocabulary."""
    torch.manual_seed(0)
    if request.param == "bert":
        model = BertForMaskedLM(BertConfig(**SIZES))
    else:
        model = AlbertForMaskedLM(AlbertConfig(**SIZES, embedding_size=8))
    folder = tmp_path / "published"
    folder.mkdir()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    config = dict(SIZES, hidden_act="gelu")
    if request.param == "albert":
        config |= {"model_type": "albert", "embedding_size": 8}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(f"t{i}" for i in range(20)))
    return folder, model.base_model


def states(backbone, token, real):
    """Return a backbone's states, (molecule, position, width)."""
    packing = Packing.of(real)
    return packing.pad(backbone(packing.pack(token), packing))


def test_conversion_keeps_the_encoder_and_nothing_else(published, tmp_path):
    folder, encoder = published
    convert(folder, tmp_path / "out")
    loaded = AutoModel.from_pretrained(tmp_path / "out", add_pooling_layer=False)
    expected = encoder_tensors(dict(encoder.state_dict()), encoder.config.model_type)
    state = loaded.state_dict()
    assert expected.keys() == state.keys()
    for name, value in expected.items():
        assert torch.equal(state[name], value), name


def test_a_bare_encoder_is_converted_if_its_configuration_tells_the_family(published, tmp_path):
    folder, encoder = published
    torch.save(encoder.state_dict(), folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text())
    config.pop("model_type", None)
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="no model_type, and the weights do not tell it"):
        convert(folder, tmp_path / "out")
    config["model_type"] = encoder.config.model_type
    (folder / "config.json").write_text(json.dumps(config))
    convert(folder, tmp_path / "out")
    loaded = load_backbone(tmp_path / "out", backbone_spec(), 0)
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(loaded.state_dict()[name], encoder.state_dict()[name])


def test_conversion_gives_the_same_bytes_twice(published, tmp_path):
    folder, _ = published
    for name in ("a", "b"):
        convert(folder, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_backbone_of_full_depth_computes_what_the_published_one_does(published, tmp_path):
    folder, encoder = published
    convert(folder, tmp_path / "out")
    backbone = load_backbone(tmp_path / "out", backbone_spec(), 0).eval()
    token = torch.randint(0, 20, (3, 9))
    real = torch.ones(3, 9, dtype=torch.bool)
    real[1, 6:] = False
    with torch.no_grad():
        output = states(backbone, token, real)
        expected = encoder.eval()(input_ids=token, attention_mask=real).last_hidden_state
    torch.testing.assert_close(output[real], expected[real], rtol=0, atol=1e-5)
    assert (backbone.width, backbone.config.num_hidden_layers) == (16, 3)


def test_depth_is_cut_to_the_first_layers(published, tmp_path):
    folder, encoder = published
    convert(folder, tmp_path / "out")
    cut = load_backbone(tmp_path / "out", backbone_spec(n_layers=2), 0).eval()
    token = torch.randint(0, 20, (2, 7))
    real = torch.ones(2, 7, dtype=torch.bool)
    with torch.no_grad():
        output = states(cut, token, real)
        whole = encoder.eval()(token, attention_mask=real, output_hidden_states=True)
    torch.testing.assert_close(output, whole.hidden_states[2], rtol=0, atol=1e-5)
    for layers in (0, 4):
        with pytest.raises(ValueError, match=rf"n_layers is {layers}; out has 1 to 3"):
            load_backbone(tmp_path / "out", backbone_spec(n_layers=layers), 0)


def test_molecules_longer_than_the_encoder_has_positions_are_refused(published, tmp_path):
    folder, _ = published
    convert(folder, tmp_path / "out")
    backbone = load_backbone(tmp_path / "out", backbone_spec(), 0)
    for tokens in (40, 41):
        token, real = torch.zeros(1, tokens, dtype=torch.int64), torch.ones(1, tokens, dtype=bool)
        if tokens == 40:
            assert states(backbone, token, real).shape == (1, 40, 16)
        else:
            with pytest.raises(ValueError, match="41 tokens; the encoder has 40 positions"):
                states(backbone, token, real)


def test_scratch_has_the_architecture_and_weights_of_its_seed(published, tmp_path):
    folder, _ = published
    convert(folder, tmp_path / "out")
    first, again, other = (
        load_backbone(tmp_path / "out", backbone_spec(pretrained=False), seed) for seed in (1, 1, 2)
    )
    taught = load_backbone(tmp_path / "out", backbone_spec(), 1)
    name = "embeddings.word_embeddings.weight"
    assert first.state_dict().keys() == taught.state_dict().keys()
    assert torch.equal(first.state_dict()[name], again.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], other.state_dict()[name])
    assert not torch.equal(first.state_dict()[name], taught.state_dict()[name])


def test_bad_files_are_refused(published, tmp_path):
    folder, _ = published
    weights = folder / "pytorch_model.bin"
    good = weights.read_bytes()
    for content in (
        {"x": Executed(tmp_path / "executed")},
        nn.Linear(2, 2),
        [torch.zeros(2)],
        {"x": 3},
    ):
        torch.save(content, weights)
        with pytest.raises(ValueError, match="not a plain file of weights"):
            convert(folder, tmp_path / "out")
    assert not (tmp_path / "executed").exists()
    weights.write_bytes(good[:1000])
    with pytest.raises(ValueError, match="not a plain file of weights"):
        convert(folder, tmp_path / "out")
    weights.write_bytes(good)
    (folder / "vocab.txt").unlink()
    with pytest.raises(ValueError, match=r"no vocabulary; looked for vocab\.txt"):
        convert(folder, tmp_path / "out")
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "gpt2"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match=r"gpt2.*known: bert, albert, roberta"):
        convert(folder, tmp_path / "out")
    weights.unlink()
    with pytest.raises(ValueError, match=r"no pytorch_model\.bin"):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_weights_that_are_missing_are_named(published, tmp_path):
    folder, _ = published
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    lost = next(name for name in state if "word_embeddings" in name)
    torch.save({k: v for k, v in state.items() if k != lost}, folder / "pytorch_model.bin")
    convert(folder, tmp_path / "out")
    with pytest.raises(ValueError, match=r"weights missing.*word_embeddings"):
        load_backbone(tmp_path / "out", backbone_spec(), 0)


def test_a_loaded_backbone_has_the_dropout_that_was_asked_for(published, tmp_path):
    folder, _ = published
    convert(folder, tmp_path / "out")
    backbone = load_backbone(tmp_path / "out", backbone_spec(dropout=0.25), 0)
    assert {m.threshold for m in backbone.modules() if isinstance(m, ByteDropout)} == {64}


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hidden_act", "swish", "hidden_act 'swish'; known: gelu, gelu_new, relu"),
        ("num_hidden_groups", 2, "num_hidden_groups 2; known: 1"),
        ("position_embedding_type", "relative_key", "position_embedding_type 'relative_key'"),
        ("is_decoder", True, "is_decoder True; known: False"),
        ("hidden_size", 15, "hidden_size 15 is no multiple of num_attention_heads 2"),
        ("vocab_size", None, "no vocab_size"),
    ],
)
def test_an_architecture_that_is_not_known_is_refused(published, tmp_path, key, value, message):
    folder, _ = published
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ValueError, match=f"{path}: {message}"):
        convert(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_dropout_has_its_rate_and_keeps_the_mean():
    dropout = ByteDropout(0.25)
    x = torch.ones(1001, 999, requires_grad=True)
    y = dropout(x)
    share = (y == 0).float().mean().item()
    assert share == pytest.approx(0.25, abs=3e-3)
    assert y.mean().item() == pytest.approx(1.0, abs=4e-3)
    by_byte = (y.detach().flatten()[: 1001 * 999 // 8 * 8].view(-1, 8) == 0).float().mean(0)
    assert by_byte.sub(0.25).abs().max().item() < 0.01  # no byte of a word is special
    y.sum().backward()
    assert torch.equal(x.grad, y.detach())
    assert dropout.eval()(x) is x


def test_softmax_attention_is_the_fused_one():
    query, key, value = torch.randn(3, 2, 4, 7, 5)
    bias = torch.zeros(2, 1, 1, 7)
    bias[0, ..., 5:] = torch.finfo(torch.float32).min
    output = softmax_attention(query, key, value, bias)
    fused = nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=bias.expand(2, 1, 7, 7)
    )
    torch.testing.assert_close(output, fused.transpose(1, 2))
