from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from toxicity_specs import tiny_backbone

from triptych.toxicity.attribution import attribute, gradient_times_input, integrated_gradients
from triptych.toxicity.batches import SPELLED, Encoded, atoms_of_tokens
from triptych.toxicity.models import ModelSpec, build_model
from triptych.toxicity.predict import onto_atoms, predict
from triptych.training.tensors import count_parameters

CPU = torch.device("cpu")


def model(kind, tasks=2):
    spec = ModelSpec(kind, "gates", hidden=4, bfloat16=False)
    return build_model(spec, tasks, tiny_backbone(), 0)


@pytest.fixture
def molecules():
    """Three molecules; the first has two atoms in one token, the last has but one."""
    where = np.array([[1, 1, 4, -1], [2, 3, 5, 7], [2, -1, -1, -1]], np.int16)
    token = torch.as_tensor(np.random.default_rng(0).integers(5, 20, (3, 16)))
    atoms = torch.as_tensor(atoms_of_tokens(where, 16))
    length = torch.tensor([6, 10, 5])
    where = torch.as_tensor(where, dtype=torch.int64)
    spelled = (x[:, None] for x in (token, length, where, atoms))
    return Encoded(*spelled, torch.tensor([[1.0, 0], [1, 1], [0, 0]]))


@pytest.fixture
def spelled(molecules):
    """Return the first molecule in two spellings, each alone and both together."""
    order = torch.tensor([0, 5, 3, 4, 1, 2, *range(6, 16)])  # of the first: atoms at 4, 4 and 1
    moved = replace(
        molecules,
        token=molecules.token[:1][..., order],
        length=molecules.length[:1],
        token_of_atom=torch.tensor([[[4, 4, 3, -1]]]),
        atoms=molecules.atoms[:1][..., order],
        label=molecules.label[:1],
    )
    first = molecules.select(np.array([0]))
    both = (torch.cat([getattr(m, n) for m in (first, moved)], 1) for n in SPELLED)
    return first, moved, Encoded(*both, first.label)


def test_what_tokens_have_is_given_to_their_atoms():
    value = torch.tensor([[0.0, 0.6, 0.4, 0.0]])[..., None]
    given = onto_atoms(value, torch.tensor([[2, 1, 1, -1]]))
    np.testing.assert_allclose(given, [[[0.4, 0.6, 0.6, np.nan]]], rtol=1e-6)


def test_atoms_of_one_token_have_equal_parts_of_its_mask_and_its_whole_evidence(molecules):
    net = model("sparse")
    said = predict(net, molecules, CPU)
    assert np.array_equal(said.mask[0, :, 0], said.mask[0, :, 1])
    assert np.array_equal(said.evidence[0, :, 0], said.evidence[0, :, 1])
    mean = np.nansum(said.mask * said.evidence, -1) + net.heads.bias.detach().numpy()
    np.testing.assert_allclose(mean, said.logit, atol=1e-5)


def test_masks_sum_to_1_over_a_molecule_and_are_nan_beyond(molecules):
    logit, mask, evidence = predict(model("sparse"), molecules, CPU)
    assert logit.shape == (3, 2)
    assert np.isfinite(logit).all()
    assert mask.shape == evidence.shape == (3, 2, 4)
    np.testing.assert_allclose(np.nansum(mask, -1), 1, rtol=1e-5)
    assert np.nanmin(mask) >= 0
    beyond = np.broadcast_to((molecules.token_of_atom < 0).numpy(), mask.shape)
    assert np.array_equal(np.isnan(mask), beyond)
    assert np.array_equal(np.isnan(evidence), beyond)


def test_predictions_come_in_the_order_of_the_molecules(molecules):
    net = model("attention")
    together = predict(net, molecules, CPU)
    for i in range(3):
        alone = predict(net, molecules.select(np.array([i])), CPU)
        for a, b in zip(alone, together, strict=True):
            np.testing.assert_allclose(a[0], b[i], atol=1e-5)


def test_spellings_meet_at_the_atoms(spelled):
    """Predictions and attributions of both are the means over them, atom by atom."""
    *alone, both = spelled
    sparse, plain = model("sparse"), model("mtl")
    ways = (
        lambda given: predict(sparse, given, CPU),
        lambda given: [attribute(plain, given, CPU, gradient_times_input)],
    )
    for way in ways:
        first, second = map(way, alone)
        for a, b, mean in zip(first, second, way(both), strict=True):
            assert not np.allclose(a, b, atol=1e-4, equal_nan=True)
            np.testing.assert_allclose(mean, (a + b) / 2, atol=1e-5)


def test_attributions_are_taken_where_a_label_is_1_and_normalised_like_masks(molecules):
    attribution = attribute(model("mtl"), molecules, CPU, gradient_times_input)
    positive = (molecules.label == 1).numpy()
    np.testing.assert_allclose(np.nansum(attribution, -1)[positive], 1, rtol=1e-5)
    assert np.isnan(attribution[~positive]).all()
    assert np.array_equal(np.isnan(attribution[0, 0]), [False] * 3 + [True])
    assert (attribution[1] >= 0).all()
    assert not np.allclose(attribution[1, 0], attribution[1, 1])


def test_attributions_do_not_depend_on_how_many_molecules_are_attributed_at_once(
    molecules, monkeypatch
):
    net = model("mtl")
    together = attribute(net, molecules, CPU, gradient_times_input)
    monkeypatch.setattr("triptych.toxicity.attribution.ATTRIBUTION_BATCH_SIZE", 1)
    alone = attribute(net, molecules, CPU, gradient_times_input)
    assert np.isfinite(together).any()
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_attributions_leave_the_parameters_as_they_were(molecules):
    net = model("mtl")
    fixed = next(net.parameters()).requires_grad_(False)
    trained = count_parameters(net)
    seen = []

    def attribution(*asked):
        seen.append(count_parameters(net))
        return gradient_times_input(*asked)

    attribute(net, molecules, CPU, attribution)
    assert set(seen) == {0}
    assert count_parameters(net) == trained
    assert not fixed.requires_grad
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize("points", [1, 3])
def test_integrated_gradients_add_up_changes_on_the_way_from_nothing(molecules, points):
    """Against central differences: one token's embedding moved at each point of the way."""
    net = model("mtl").eval()
    batch, task, h = molecules.batch(np.array([0, 1])), np.array([1, 0]), 1e-2
    size = integrated_gradients(net, batch, task, points)
    assert not size[~batch.real].any()
    for row, position in ((0, 1), (0, 4), (1, 7)):
        packed = position + (6 if row else 0)  # the first molecule has 6 tokens
        change = 0.0
        for alpha in (np.arange(points) + 0.5) / points:
            moved = [scaled_logit(net, batch, alpha, packed, sign * h) for sign in (1, -1)]
            change += (moved[0] - moved[1])[row, task[row]] / (2 * h)
        expected = torch.as_tensor(change / points).abs()
        torch.testing.assert_close(size[row, position], expected, rtol=0.02, atol=2e-5)


def scaled_logit(net, batch, alpha, token, more):
    """Return logits with all word embeddings times alpha, and those of one token times more."""

    def scale(_module, _inputs, output):
        factor = torch.full_like(output, alpha)
        factor[token] += more
        return output * factor

    hook = net.encoder.backbone.embeddings.word_embeddings.register_forward_hook(scale)
    with torch.no_grad():
        logit = net(batch).logit
    hook.remove()
    return logit


def test_gradient_times_input_is_the_change_when_a_token_grows(molecules):
    """Against a central difference: the word embedding of one token scaled by 1 ± h."""
    net, h = model("mtl").eval(), 1e-2
    batch = molecules.batch(np.array([0]))
    for task in (0, 1):
        size = gradient_times_input(net, batch, np.array([task]))
        for position in (1, 3, 5):
            moved = [scaled_logit(net, batch, 1.0, position, sign * h)[0, task] for sign in (1, -1)]
            slope = ((moved[0] - moved[1]) / (2 * h)).abs()
            torch.testing.assert_close(size[0, position], slope, rtol=0.02, atol=2e-5)
