from __future__ import annotations

import pytest
import torch

from triptych.toxicity.masks import (
    FORMS,
    Gates,
    NoisyOr,
    gates,
    mean_gate,
    shares,
)


@pytest.fixture
def gated():
    mask = torch.ones(4, 9, dtype=torch.bool)
    mask[:, 0] = mask[:, -1] = mask[2, 4:] = False
    return mask


def form(name, tasks=3):
    torch.manual_seed(0)
    return FORMS[name](width=6, tasks=tasks, hidden=4)


def masked(net, evidence, gated, states=None, bias=None):
    """Return logits and shares of a form."""
    share = shares(gates(net.scores(states, evidence), gated))
    bias = torch.zeros(evidence.shape[-1]) if bias is None else bias
    return net.logit(evidence, share, gated, bias), share


def test_all_tasks_at_once_equal_a_loop_over_tasks(gated):
    torch.manual_seed(0)
    net = Gates(width=6, tasks=5, hidden=3)
    states, evidence = torch.randn(4, 9, 6), torch.randn(4, 9, 5)
    gate = gates(net.scores(states, evidence), gated)
    logit, _ = masked(net, evidence, gated, states)
    weight = net.attention.inner.weight.view(5, 3, 6)
    bias = net.attention.inner.bias.view(5, 3)
    for t in range(5):
        for m in range(4):
            allowed = torch.nonzero(gated[m]).flatten()
            score = torch.stack(
                [net.attention.outer[t] @ torch.tanh(weight[t] @ states[m, i] + bias[t])
                 for i in allowed]
            )  # fmt: skip
            g = torch.exp(score - score.max())
            torch.testing.assert_close(gate[m, allowed, t], g, rtol=0, atol=1e-6)
            expected = (g * evidence[m, allowed, t]).sum() / g.sum()
            torch.testing.assert_close(logit[m, t], expected, rtol=0, atol=1e-6)


def test_tied_scores_are_the_evidence_times_a_sharpness(gated):
    net, evidence = form("tied"), torch.randn(4, 9, 3)
    with torch.no_grad():
        net.log_sharpness[:] = torch.tensor([2.0, 0.5, 8.0]).log()
    _, share = masked(net, evidence, gated)
    allowed = gated[1]
    expected = torch.softmax(8.0 * evidence[1, allowed, 2], 0)
    torch.testing.assert_close(share[1, allowed, 2], expected)


def test_a_noisy_or_multiplies_the_chances_that_nothing_is_positive(gated):
    net, evidence = NoisyOr(6, 3, 4), 4 + torch.randn(4, 9, 3)
    bias = torch.tensor([-1.0, 0.0, 1.0])
    logit, share = masked(net, evidence, gated, bias=bias)
    offset = net.offset.detach()
    for m in range(4):
        token = torch.sigmoid(evidence[m, gated[m]] + offset)
        survival = (1 - token).prod(0) * (1 - torch.sigmoid(bias + offset))
        torch.testing.assert_close(torch.sigmoid(logit[m]), 1 - survival)
        odds = token / (1 - token)
        torch.testing.assert_close(share[m, gated[m]], odds / odds.sum(0))


@pytest.mark.parametrize("level", [-60.0, -20.0, 30.0])
def test_a_noisy_or_is_finite_where_probabilities_are_not_told_from_0_or_1(gated, level):
    net = NoisyOr(6, 3, 4)
    evidence = torch.full((4, 9, 3), level).requires_grad_()
    logit, share = masked(net, evidence, gated, bias=torch.full((3,), level))
    (gradient,) = torch.autograd.grad(logit.sum() + share[:, 1].sum(), evidence)
    assert torch.isfinite(logit).all()
    assert torch.isfinite(gradient).all()
    count = gated.sum(1)[:, None] + 1.0
    known = count.log() if level < 0 else count  # both sums of like terms
    expected = level - 4 + known if level < 0 else count * (level - 4)
    torch.testing.assert_close(logit, expected.expand(-1, 3), rtol=1e-5, atol=1e-3)


def test_the_mask_is_the_gradient_of_the_logit_along_the_evidence(gated):
    net, evidence = NoisyOr(6, 3, 4), (-8.0 + torch.randn(4, 9, 3)).requires_grad_()
    logit, share = masked(net, evidence, gated)
    (gradient,) = torch.autograd.grad(logit.sum(), evidence)
    expected = gradient / gradient.sum(1, keepdim=True)
    torch.testing.assert_close(expected, share, rtol=1e-3, atol=1e-5)


def test_gates_peak_at_1_and_are_closed_elsewhere(gated):
    gate = gates(10 * torch.randn(4, 9, 3), gated)
    assert torch.equal(gate.amax(1), torch.ones(4, 3))
    assert not gate[~gated].any()
    torch.testing.assert_close(shares(gate).sum(1), torch.ones(4, 3))


def test_a_common_offset_changes_neither_prediction_nor_penalty(gated):
    """The trap: were the scale of the gates free, the penalty would be paid by it."""
    scores = torch.randn(4, 9, 3)
    gate, shifted = gates(scores, gated), gates(scores - 4.0, gated)
    torch.testing.assert_close(shifted, gate)
    torch.testing.assert_close(mean_gate(shifted, gated), mean_gate(gate, gated))


def test_mean_gate_lies_between_one_token_and_all(gated):
    count = gated.sum(1).float()
    even = mean_gate(gates(torch.zeros(4, 9, 2), gated), gated)
    assert even.item() == pytest.approx(1.0)
    peaked = torch.zeros(4, 9, 2)
    peaked[:, 2] = 50.0
    mean = mean_gate(gates(peaked, gated), gated)
    assert mean.item() == pytest.approx((1 / count).mean().item())


def test_a_noisy_or_tells_tokens_apart_where_all_are_nearly_sure(gated):
    evidence = torch.full((4, 9, 3), 14.0)
    evidence[:, 2] = 17.0
    _, share = masked(NoisyOr(6, 3, 4), evidence, gated)
    rest = gated.sum(1)[:, None] - 1
    expected = (1 / (1 + rest * torch.exp(torch.tensor(-3.0)))).expand(-1, 3)
    torch.testing.assert_close(share[:, 2], expected)


def test_the_penalty_has_no_gradient_along_a_common_offset(gated):
    scores = torch.randn(4, 9, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(mean_gate(gates(scores, gated), gated), scores)
    torch.testing.assert_close(gradient.sum(1), torch.zeros(4, 3, dtype=torch.float64))
    assert gradient.abs().max() > 1e-3


@pytest.mark.parametrize("name", FORMS)
def test_padding_does_not_matter(gated, name):
    net = form(name)
    states, evidence = torch.randn(4, 9, 6), torch.randn(4, 9, 3)
    longer = torch.cat([gated, torch.zeros(4, 7, dtype=torch.bool)], 1)
    more_states = torch.cat([states, torch.full((4, 7, 6), 1e3)], 1)
    more_evidence = torch.cat([evidence, torch.full((4, 7, 3), 99.0)], 1)
    logit, share = masked(net, evidence, gated, states)
    padded, longer_share = masked(net, more_evidence, longer, more_states)
    torch.testing.assert_close(padded, logit)
    torch.testing.assert_close(longer_share[:, :9], share)
    assert not longer_share[:, 9:].any()
