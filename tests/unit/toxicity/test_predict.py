from __future__ import annotations

import numpy as np
import pytest
import torch
from transformers import AutoModel, BertConfig

from triptych.toxicity.batches import Encoded, atoms_of_tokens
from triptych.toxicity.kernels import speed_up
from triptych.toxicity.models import ModelSpec, build_model
from triptych.toxicity.predict import attribute, gradient_times_input, onto_atoms, predict

CPU = torch.device("cpu")


def model(kind, tasks=2):
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=20, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=32,
    )  # fmt: skip
    backbone = AutoModel.from_config(config, add_pooling_layer=False)
    speed_up(backbone)
    return build_model(ModelSpec(kind, tasks, "gates", hidden=4, bfloat16=False), backbone, 0)


@pytest.fixture
def molecules():
    """Three molecules; the first has two atoms in one token, the last has none at all."""
    where = np.array([[1, 1, 4, -1], [2, 3, 5, 7], [-1, -1, -1, -1]], np.int16)
    token = torch.as_tensor(np.random.default_rng(0).integers(5, 20, (3, 16)))
    atoms = torch.as_tensor(atoms_of_tokens(where, 16))
    length = torch.tensor([6, 10, 5])
    return Encoded(token, length, atoms, torch.zeros(3, 2)), where


def test_shares_of_tokens_become_shares_of_atoms():
    share = torch.tensor([[0.0, 0.6, 0.4, 0.0]])[..., None]
    where = np.array([[2, 1, 1, -1]])
    mask = onto_atoms(share, torch.tensor([[0, 2, 1, 0]]), where)
    np.testing.assert_allclose(mask, [[[0.4, 0.3, 0.3, np.nan]]], rtol=1e-6)


def test_masks_sum_to_1_over_a_molecule_and_are_nan_beyond(molecules):
    encoded, where = molecules
    logit, mask = predict(model("sparse"), encoded, where, CPU)
    assert logit.shape == (3, 2)
    assert np.isfinite(logit).all()
    assert mask.shape == (3, 2, 4)
    np.testing.assert_allclose(np.nansum(mask, -1)[:2], 1, rtol=1e-5)
    assert (mask[:2][:, :, :3] >= 0).all()
    assert np.array_equal(np.isnan(mask), np.broadcast_to((where < 0)[:, None], mask.shape))


def test_predictions_come_in_the_order_of_the_molecules(molecules):
    encoded, where = molecules
    net = model("attention")
    logit, mask = predict(net, encoded, where, CPU)
    for i in range(3):
        alone, its_mask = predict(net, encoded.select(np.array([i])), where[[i]], CPU)
        np.testing.assert_allclose(alone[0], logit[i], atol=1e-5)
        np.testing.assert_allclose(its_mask[0], mask[i], atol=1e-5)


def test_attributions_are_normalised_like_masks(molecules):
    encoded, where = molecules
    attribution = attribute(model("mtl"), encoded, where, CPU)
    np.testing.assert_allclose(np.nansum(attribution, -1)[:2], 1, rtol=1e-5)
    assert (attribution[:2][:, :, :3] >= 0).all()
    assert not np.allclose(attribution[:, 0], attribution[:, 1], equal_nan=True)


def test_gradient_times_input_is_the_change_when_a_token_grows(molecules):
    """Against a central difference: the word embedding of one token scaled by 1 ± h."""
    encoded, _ = molecules
    net = model("mtl").eval()
    batch = encoded.batch(np.array([0]))
    size = gradient_times_input(net, batch, 2)
    embedding, h = net.encoder.backbone.get_input_embeddings(), 1e-2
    for position in (1, 3, 5):
        logits = []
        for sign in (1, -1):

            def scale(_module, _inputs, output, sign=sign, position=position):
                factor = torch.ones_like(output)
                factor[:, position] = 1 + sign * h
                return output * factor

            hook = embedding.register_forward_hook(scale)
            with torch.no_grad():
                logits.append(net(batch).logit[0])
            hook.remove()
        slope = ((logits[0] - logits[1]) / (2 * h)).abs()
        torch.testing.assert_close(size[0, position], slope, rtol=0.02, atol=2e-5)
